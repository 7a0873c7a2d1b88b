import type { SnapshotDescription } from "../../ports/index.js";
import type { PointFacts } from "../../repository/points/point-facts.js";
import type { LockableSnapshot } from "./owed-locks.js";
import { replicaSourceTag } from "./replica-tags.js";

/** Snapshots of a resource without any point may be those of its first backup, which is under way or was cut short: they stay for so long. */
const pointlessDays = 30;
const dayMs = 86_400_000;
const clockToleranceMs = 3_600_000;

/** The snapshots that points name. */
export function snapshotsOfPoints(snapshots: readonly SnapshotDescription[], points: readonly PointFacts[]): LockableSnapshot[] {
  const since = new Map(points.flatMap(({ snapshotIds, createdAt }) => snapshotIds.map((snapshotId) => [snapshotId, createdAt] as const)));
  return snapshots.flatMap(({ snapshotId, tags }) => {
    const at = since.get(snapshotId);
    return at === undefined ? [] : [{ snapshotId, tags, since: at }];
  });
}

/** The finished replicas of what points name. */
export function replicasOfPoints(snapshots: readonly SnapshotDescription[], points: readonly PointFacts[]): LockableSnapshot[] {
  const named = new Set(points.flatMap(({ snapshotIds }) => snapshotIds));
  return snapshots.filter(({ state, tags }) => state === "completed" && named.has(tags[replicaSourceTag] ?? "")).map(({ snapshotId, tags, startedAt }) => ({ snapshotId, tags, since: startedAt }));
}

type Aged = readonly (Pick<SnapshotDescription, "snapshotId" | "tags"> & { readonly reason: string })[];

/** Of the policy's own snapshots, those that no point names and that are older than the newest point. */
export function agedSnapshots(snapshots: readonly SnapshotDescription[], points: readonly PointFacts[], now: Date): Aged {
  const beforeMs = olderThan(snapshots, points, now);
  const named = new Set(points.flatMap(({ snapshotIds }) => snapshotIds));
  const reason = points.length === 0 ? "its resource has no restore point" : "its restore point is gone";
  return snapshots.filter(({ snapshotId, startedAt }) => !named.has(snapshotId) && startedAt.getTime() < beforeMs).map(({ snapshotId, tags }) => ({ snapshotId, tags, reason }));
}

/** Of replicas, those whose source no point names. Those that do not tell their source are left to the number that is kept. */
export function agedReplicas(snapshots: readonly SnapshotDescription[], points: readonly PointFacts[], now: Date): Aged {
  const beforeMs = olderThan([], points, now);
  const named = new Set(points.flatMap(({ snapshotIds }) => snapshotIds));
  const isAged = ({ tags, startedAt }: SnapshotDescription): boolean => tags[replicaSourceTag] !== undefined && !named.has(tags[replicaSourceTag]) && startedAt.getTime() < beforeMs;
  return snapshots.filter(isAged).map(({ snapshotId, tags }) => ({ snapshotId, tags, reason: "the restore point that it is a replica of is gone" }));
}

/** What began before this is of no run that may still commit. By the newest point's own snapshots, or by its time, an hour off: AWS refuses whose clock is further from its own. */
function olderThan(snapshots: readonly SnapshotDescription[], points: readonly PointFacts[], now: Date): number {
  const newest = newestOf(points);
  if (newest === undefined) return now.getTime() - pointlessDays * dayMs;
  const begunMs = snapshots.filter(({ snapshotId }) => newest.snapshotIds.includes(snapshotId)).map(({ startedAt }) => startedAt.getTime());
  return begunMs.length === 0 ? newest.createdAt.getTime() - clockToleranceMs : Math.min(...begunMs);
}

function newestOf(points: readonly PointFacts[]): PointFacts | undefined {
  return points.reduce<PointFacts | undefined>((newest, point) => (newest === undefined || point.createdAt > newest.createdAt ? point : newest), undefined);
}
