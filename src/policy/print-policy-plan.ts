import { printLines } from "../printing/printable.js";
import { bytesText } from "../printing/words.js";
import type { PolicyPlan } from "./plan-policy.js";

/** How a policy's plan prints: what would be backed up, left out and removed, each in a line. */
export function printPolicyPlan({ policy, resources, skipped, failures, replicas, retention, nextRuns }: PolicyPlan): string {
  const next = nextRuns[0] === undefined ? "" : `, next run ${nextRuns[0]}`;
  return printLines(`PolicyPlan of policy ${policy}: ${String(resources.length)} to back up, ${String(skipped.length)} skipped, ${String(failures.length)} that fail${next}`, [
    ...failures.map(({ resource, error }) => `fails ${resource}: ${error.message}`),
    ...resources.map(({ resource, name, selectedBy, volumes }) => `backs up ${resource}${name === undefined ? "" : ` "${name}"`} by ${selectedBy}: ${volumes.map(({ volumeId, sizeBytes }) => `${volumeId} ${bytesText(sizeBytes)}`).join(", ")}`),
    ...skipped.map(({ resource, reason }) => `skips ${resource}: ${reason}`),
    ...replicas.map(({ region, keep }) => `copies snapshots to ${region}, keeps ${String(keep)}`),
    ...retention.map(({ repository, plan }) => `in ${repository}: ${plan.summary}`),
  ]);
}
