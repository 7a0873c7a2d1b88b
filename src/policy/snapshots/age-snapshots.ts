import { HoldfastError } from "../../errors/index.js";
import type { CloudAccount, SnapshotDescription, SnapshotLockRequest, Tags } from "../../ports/index.js";
import type { PointFacts } from "../../repository/points/point-facts.js";
import { asError } from "../../session/index.js";
import type { ResolvedPolicyOptions } from "../policy-options.js";
import { replicaPolicyTags, replicaResourceTag, replicaSourceTag } from "./replica-tags.js";
import { carriesTags } from "../selection/carries-tags.js";
import { errorFacts, type ErrorFacts } from "../session-result.js";
import { lockable, owedLocks, type LockableSnapshot } from "./owed-locks.js";
import { locksAmong, waitingReason } from "./snapshot-locks.js";
import { reachAccounts, roleAccount } from "../selection/reach-accounts.js";
import { policyTags, resourceTag } from "./snapshot-tags.js";

/** A native snapshot or replica that is needed no more. JSON. */
export interface AgedSnapshot {
  readonly snapshotId: string;
  readonly region: string;
  readonly resource: string;
  readonly reason: string;
}

/** What a retention did, or would do, about the snapshots and replicas of all resources that have any. JSON. */
export interface SnapshotRetention {
  /** What is needed no more. */
  readonly remove: readonly AgedSnapshot[];
  /** What is needed no more and is locked still: the reason says until when. A later retention removes it. */
  readonly waiting: readonly AgedSnapshot[];
  /** What was to be locked and is not, for the run that made it ended before: a retention locks it. */
  readonly lock: readonly AgedSnapshot[];
  /** The ids of those that were removed; of a dry run, none. */
  readonly removed: readonly string[];
  /** What should have been removed or locked and could not be, or a region that could not be asked (`snapshotId` is `*` then): the next retention tries again. */
  readonly left: readonly { readonly snapshotId: string; readonly account: string; readonly region: string; readonly error: ErrorFacts }[];
}

/** Snapshots of a resource without any point may be those of its first backup, which is under way or was cut short: they stay for so long. */
const pointlessDays = 30;
const dayMs = 86_400_000;
const clockToleranceMs = 3_600_000;

/**
 * Removes the snapshots and replicas whose restore point is gone and that are not locked, of every resource, also of those that the policy selects no more: no run comes
 * across them. The newest point's stay, and whatever is younger than it: a run may be making the next point of it. Locks that are owed to what stays are set.
 */
export async function ageSnapshots(options: ResolvedPolicyOptions, points: readonly PointFacts[], { now, isDryRun, signal }: { readonly now: Date; readonly isDryRun: boolean; readonly signal?: AbortSignal | undefined }): Promise<SnapshotRetention> {
  const line = { policy: options.name, repositoryId: options.repository.id };
  const byResource = new Map<string, PointFacts[]>();
  for (const point of points) byResource.set(point.resource, [...(byResource.get(point.resource) ?? []), point]);
  const removed: string[] = [];
  const left: SnapshotRetention["left"][number][] = [];
  const remove: AgedSnapshot[] = [];
  const waiting: AgedSnapshot[] = [];
  const lock: AgedSnapshot[] = [];
  const pass = async ({ accountId, account, region, wanted, tag, agedOf, lockableOf, policyLock }: Pass): Promise<void> => {
    const tried = async (snapshotId: string, work: () => Promise<unknown>): Promise<boolean> => {
      signal?.throwIfAborted();
      try {
        await work();
        return true;
      } catch (thrown) {
        signal?.throwIfAborted();
        left.push({ snapshotId, account: accountId, region, error: errorFacts(asError(thrown)) });
        return false;
      }
    };
    try {
      const compute = account.compute(region);
      const lines = new Map<string, SnapshotDescription[]>();
      for await (const snapshot of compute.snapshotsByTags(wanted, { signal })) {
        const resource = snapshot.tags[tag];
        // what is removed is decided by the tags on the snapshot itself, not by how the provider reads a filter
        if (resource !== undefined && carriesTags(snapshot.tags, wanted)) lines.set(resource, [...(lines.get(resource) ?? []), snapshot]);
      }
      for (const [resource, snapshots] of lines) {
        const points = byResource.get(resource) ?? [];
        const aged = agedOf(snapshots, points, now);
        const whole = lockableOf(snapshots, points);
        const locks = await locksAmong(compute, [...aged, ...lockable(whole, policyLock, now)], { signal });
        for (const { snapshotId, reason } of aged) {
          const held = locks.get(snapshotId);
          if (held !== undefined) {
            waiting.push({ snapshotId, region, resource, reason: waitingReason(held, reason) });
            continue;
          }
          remove.push({ snapshotId, region, resource, reason });
          if (!isDryRun && (await tried(snapshotId, async () => await compute.deleteSnapshot(snapshotId, { signal })))) removed.push(snapshotId);
        }
        for (const owed of owedLocks(compute, whole, policyLock, { locks, now })) {
          lock.push({ snapshotId: owed.snapshotId, region, resource, reason: "the run that made it ended before it could lock it" });
          if (!isDryRun) await tried(owed.snapshotId, async () => await compute.lockSnapshot(owed.snapshotId, owed.lock, { signal }));
        }
      }
    } catch (thrown) {
      signal?.throwIfAborted();
      if (!HoldfastError.isInstance(thrown)) throw thrown;
      left.push({ snapshotId: "*", account: accountId, region, error: errorFacts(thrown) });
    }
  };
  const { places, unreachable } = await reachAccounts(options.accounts, { signal });
  for (const { resource, error } of unreachable) left.push({ snapshotId: "*", account: resource.split("/")[0] ?? "", region: "*", error: errorFacts(error) });
  const ofSnapshots = { wanted: policyTags(line), tag: resourceTag, agedOf: agedSnapshots, lockableOf: snapshotsOfPoints, policyLock: options.lockSnapshots };
  for (const { account, accountId, regions } of places) for (const region of regions) await pass({ accountId, account, region, ...ofSnapshots });
  for (const { region, account: holder, lock: policyLock } of options.replicas) {
    const holders = holder === undefined ? places : [{ account: holder, accountId: roleAccount(holder) ?? "replicas" }];
    for (const { account, accountId } of holders) await pass({ accountId, account, region, wanted: replicaPolicyTags(line), tag: replicaResourceTag, agedOf: agedReplicas, lockableOf: replicasOfPoints, policyLock });
  }
  return { remove, waiting, lock, removed, left };
}

/** What is gone through in one place: the policy's own snapshots, or its replicas. */
interface Pass {
  readonly accountId: string;
  readonly account: CloudAccount;
  readonly region: string;
  readonly wanted: Tags;
  readonly tag: string;
  readonly agedOf: typeof agedSnapshots;
  readonly lockableOf: typeof snapshotsOfPoints;
  readonly policyLock: SnapshotLockRequest | undefined;
}

/** The snapshots that points name. */
function snapshotsOfPoints(snapshots: readonly SnapshotDescription[], points: readonly PointFacts[]): LockableSnapshot[] {
  const since = new Map(points.flatMap(({ snapshotIds, createdAt }) => snapshotIds.map((snapshotId) => [snapshotId, createdAt] as const)));
  return snapshots.flatMap(({ snapshotId, tags }) => {
    const at = since.get(snapshotId);
    return at === undefined ? [] : [{ snapshotId, tags, since: at }];
  });
}

/** The finished replicas of what points name. */
function replicasOfPoints(snapshots: readonly SnapshotDescription[], points: readonly PointFacts[]): LockableSnapshot[] {
  const named = new Set(points.flatMap(({ snapshotIds }) => snapshotIds));
  return snapshots.filter(({ state, tags }) => state === "completed" && named.has(tags[replicaSourceTag] ?? "")).map(({ snapshotId, tags, startedAt }) => ({ snapshotId, tags, since: startedAt }));
}

type Aged = readonly (Pick<SnapshotDescription, "snapshotId" | "tags"> & { readonly reason: string })[];

/** Of the policy's own snapshots, those that no point names and that are older than the newest point. */
function agedSnapshots(snapshots: readonly SnapshotDescription[], points: readonly PointFacts[], now: Date): Aged {
  const beforeMs = olderThan(snapshots, points, now);
  const named = new Set(points.flatMap(({ snapshotIds }) => snapshotIds));
  const reason = points.length === 0 ? "its resource has no restore point" : "its restore point is gone";
  return snapshots.filter(({ snapshotId, startedAt }) => !named.has(snapshotId) && startedAt.getTime() < beforeMs).map(({ snapshotId, tags }) => ({ snapshotId, tags, reason }));
}

/** Of replicas, those whose source no point names. Those that do not tell their source are left to the number that is kept. */
function agedReplicas(snapshots: readonly SnapshotDescription[], points: readonly PointFacts[], now: Date): Aged {
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
