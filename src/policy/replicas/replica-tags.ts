import type { SnapshotDescription, Tags } from "../../ports/index.js";
import type { SnapshotLine } from "../snapshots/snapshot-tags.js";

/** Of how many volumes a restore point's replicas are: fewer of them are the leftovers of a run that did not come to its end. */
export const countTag = "holdfast:replica-volumes";

/** The tags that all replicas of a resource have. None of the tags of the policy's own snapshots: those who clean up there must not find these. */
export function replicaTags({ policy, repositoryId, resource }: SnapshotLine): Tags {
  return { "holdfast:replica-policy": policy, "holdfast:replica-repository": repositoryId, "holdfast:replica-resource": resource };
}

/** Whether the replicas of one run are those of all volumes. */
export function isWholeReplica(set: readonly SnapshotDescription[]): boolean {
  return String(set.length) === set[0]?.tags[countTag];
}
