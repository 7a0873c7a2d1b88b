import type { SnapshotDescription, Tags } from "../../ports/index.js";
import type { SnapshotLine } from "./snapshot-tags.js";

/** Of how many volumes a restore point's replicas are: fewer of them are the leftovers of a run that did not come to its end. */
export const countTag = "holdfast:replica-volumes";

/** The tag that names the resource of a replica. */
export const replicaResourceTag = "holdfast:replica-resource";

/** The tag that names the snapshot of which a replica is a copy. */
export const replicaSourceTag = "holdfast:replica-source";

/** The tag that names the volume of which a replica is. */
export const replicaVolumeTag = "holdfast:replica-volume";

/** The tag of a replica that was made up for by a later run: when the snapshot was begun that it is of, which its own beginning does not tell. */
const replicaOfTimeTag = "holdfast:replica-of-time";

/** What a replica carries that is made up for. */
export function caughtUpTags(since: Date): Tags {
  return { [replicaOfTimeTag]: since.toISOString() };
}

/** From when a replica is: the beginning of its copy, or, of one that was made up for, of its source. */
export function replicaTime({ tags, startedAt }: Pick<SnapshotDescription, "tags" | "startedAt">): Date {
  const since = new Date(tags[replicaOfTimeTag] ?? Number.NaN);
  return since < startedAt ? since : startedAt;
}

/** The tags that all replicas of a policy have. None of the tags of the policy's own snapshots: those who clean up there must not find these. */
export function replicaPolicyTags({ policy, repositoryId }: Pick<SnapshotLine, "policy" | "repositoryId">): Tags {
  return { "holdfast:replica-policy": policy, "holdfast:replica-repository": repositoryId };
}

/** The tags that all replicas of a resource have. */
export function replicaTags(line: SnapshotLine): Tags {
  return { ...replicaPolicyTags(line), [replicaResourceTag]: line.resource };
}

/** Whether the replicas of one run are those of all volumes. A copy that failed is none; what an attempt before left beside another's copy of the same volume is no more. */
export function isWholeReplica(set: readonly SnapshotDescription[], states: readonly SnapshotDescription["state"][] = ["completed"]): boolean {
  const volumes = new Set(set.filter(({ state }) => states.includes(state)).map(({ snapshotId, tags }) => tags[replicaVolumeTag] ?? snapshotId));
  return String(volumes.size) === set[0]?.tags[countTag];
}
