import type { RequestCount } from "../ports/index.js";
import { StoreRequests } from "../repository/requests/counting-object-store.js";
import { addRequests, noRequests, type RequestCounts } from "../repository/requests/request-counts.js";
import { sumRequests } from "../session/index.js";
import type { ResolvedPolicyOptions } from "./policy-options.js";
import type { ResourceResult, SessionResult } from "./session-result.js";

/** What a run asked for: of `asked`, what its own process was told to have asked, and of the stores what was counted here; each with what workers elsewhere say in their results. */
export type RunRequests = (asked: readonly RequestCount[] | undefined, resources: readonly ResourceResult[]) => Pick<SessionResult, "requests" | "storeRequests">;

/** The policy's options with its repositories counted, for one run. */
export function countRequests(options: ResolvedPolicyOptions): { readonly options: ResolvedPolicyOptions; readonly requests: RunRequests } {
  const [repository, archive] = [new StoreRequests(), new StoreRequests()];
  return {
    options: { ...options, repository: options.repository.counting(repository), archive: options.archive && { ...options.archive, repository: options.archive.repository.counting(archive) } },
    requests: (asked, resources) => {
      const elsewhere = resources.flatMap(({ volumes }) => volumes.flatMap(({ worker }) => worker ?? []));
      const requests = asked === undefined && elsewhere.length === 0 ? undefined : sumRequests([...(asked ?? []), ...elsewhere.flatMap((worker) => worker.requests)]);
      const ofWorkers = elsewhere.reduce<RequestCounts>((sum, worker) => addRequests(sum, worker.storeRequests), noRequests);
      return { ...(requests !== undefined && { requests }), storeRequests: { repository: addRequests(repository.counts, ofWorkers), ...(options.archive !== undefined && { archive: archive.counts }) } };
    },
  };
}
