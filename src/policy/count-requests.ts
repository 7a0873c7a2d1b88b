import { StoreRequests } from "../repository/requests/counting-object-store.js";
import { addRequests, noRequests } from "../repository/requests/request-counts.js";
import type { ResolvedPolicyOptions } from "./policy-options.js";
import type { SessionResult } from "./session-result.js";

/**
 * What the end of a run asks for once its result is told: its record is put, older ones are looked for, the alerts are read, and for them whether packs are in quarantine and verifications found damage.
 * Not in it: an alert that is raised or resolved, and what `alerts` and `compliance` of the policy look at besides.
 */
const closing = { ...noRequests, puts: 1, gets: 1, lists: 3, deletes: 1 };

/** The policy's options with its repositories counted, for one run. */
export function countRequests(options: ResolvedPolicyOptions): { readonly options: ResolvedPolicyOptions; readonly requests: () => SessionResult["requests"] } {
  const [repository, archive] = [new StoreRequests(), new StoreRequests()];
  return {
    options: { ...options, repository: options.repository.counting(repository), archive: options.archive && { ...options.archive, repository: options.archive.repository.counting(archive) } },
    requests: () => ({ repository: addRequests(repository.counts, closing), ...(options.archive !== undefined && { archive: archive.counts }) }),
  };
}
