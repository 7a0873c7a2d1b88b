import type { SnapshotDescription, Tags } from "../../ports/index.js";
import type { SnapshotLine } from "./snapshot-tags.js";

/** Of how many volumes a restore point's replicas are: fewer of them are the leftovers of a run that did not come to its end. */
export const countTag = "holdfast:replica-volumes";

/** The tag that names the resource of a replica. */
export const replicaResourceTag = "holdfast:replica-resource";

/** The tag that names the snapshot of which a replica is a copy. */
export const replicaSourceTag = "holdfast:replica-source";

/** The tags that all replicas of a policy have. None of the tags of the policy's own snapshots: those who clean up there must not find these. */
export function replicaPolicyTags({ policy, repositoryId }: Pick<SnapshotLine, "policy" | "repositoryId">): Tags {
  return { "holdfast:replica-policy": policy, "holdfast:replica-repository": repositoryId };
}

/** The tags that all replicas of a resource have. */
export function replicaTags(line: SnapshotLine): Tags {
  return { ...replicaPolicyTags(line), [replicaResourceTag]: line.resource };
}

/** Whether the replicas of one run are those of all volumes. */
export function isWholeReplica(set: readonly SnapshotDescription[]): boolean {
  return String(set.length) === set[0]?.tags[countTag];
}
