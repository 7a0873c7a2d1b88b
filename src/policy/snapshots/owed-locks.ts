import type { Compute, SnapshotDescription, SnapshotLock, SnapshotLockRequest } from "../../ports/index.js";
import { lockedDays } from "./lock-tags.js";

/** A lock that a snapshot was to have and has not: the run that made it ended before, or could not set it. */
export interface OwedLock {
  readonly compute: Compute;
  readonly snapshotId: string;
  /** How it is to be locked now. */
  readonly lock: SnapshotLockRequest;
}

/** A completed snapshot or replica of a restore point that is there. */
export interface LockableSnapshot extends Pick<SnapshotDescription, "snapshotId" | "tags"> {
  /** From when its days count: when its point was committed, or its copy begun. */
  readonly since: Date;
}

const dayMs = 86_400_000;

/** Those of these snapshots that carry the mark of a lock, whose time is not over. Only they need be asked for their locks. */
export function lockable<Snapshot extends LockableSnapshot>(snapshots: readonly Snapshot[], lock: SnapshotLockRequest | undefined, now: Date): Snapshot[] {
  return lock === undefined ? [] : snapshots.filter((snapshot) => restOf(snapshot, lock, now) !== undefined);
}

/**
 * What is owed to these snapshots, of which `locks` are those that hold: what the policy locks with now, for what is left of the days that were
 * promised, rounded up. It is told by the snapshots alone, so that whichever process comes next finds it, also after several that died.
 */
export function owedLocks(compute: Compute, snapshots: readonly LockableSnapshot[], lock: SnapshotLockRequest | undefined, { locks, now }: { readonly locks: ReadonlyMap<string, SnapshotLock>; readonly now: Date }): OwedLock[] {
  if (lock === undefined) return [];
  return snapshots.flatMap((snapshot) => {
    const rest = locks.has(snapshot.snapshotId) ? undefined : restOf(snapshot, lock, now);
    return rest === undefined ? [] : [{ compute, snapshotId: snapshot.snapshotId, lock: rest }];
  });
}

/** What was promised is on the snapshot; a policy that asks for less since then is taken at its word. */
function restOf({ tags, since }: LockableSnapshot, lock: SnapshotLockRequest, now: Date): SnapshotLockRequest | undefined {
  const promisedDays = lockedDays(tags);
  if (promisedDays === undefined) return undefined;
  const leftMs = since.getTime() + Math.min(promisedDays, lock.days) * dayMs - now.getTime();
  return leftMs <= 0 ? undefined : { ...lock, days: Math.min(lock.days, Math.ceil(leftMs / dayMs)) };
}
