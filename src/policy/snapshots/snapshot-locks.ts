import type { CallOptions, Compute, SnapshotDescription, SnapshotLock, SnapshotLockRequest } from "../../ports/index.js";
import { asError } from "../../session/index.js";
import type { PolicyRun, ResourceAttempts } from "../policy-run.js";
import { errorFacts, type WaitingSnapshot } from "../session-result.js";
import { lockTag } from "./lock-tags.js";
import type { OwedLock } from "./owed-locks.js";

/** The locks among snapshots that hold now, by the snapshot's id. */
export async function locksAmong(compute: Compute, snapshots: readonly Pick<SnapshotDescription, "snapshotId" | "tags">[], options: CallOptions = {}): Promise<ReadonlyMap<string, SnapshotLock>> {
  const marked = new Set(snapshots.filter(({ tags }) => tags[lockTag] !== undefined).map(({ snapshotId }) => snapshotId));
  const locks = marked.size === 0 ? [] : await compute.snapshotLocks([...marked], options);
  return new Map(locks.map((lock) => [lock.snapshotId, lock]));
}

/** Why a snapshot that is needed no more stays all the same. */
export function waitingReason({ mode, lockedUntil }: SnapshotLock, reason: string): string {
  return `${reason}; it waits for its ${mode} lock until ${lockedUntil.toISOString()}`;
}

/** Notes that a snapshot waits for the end of its lock, and tells it. */
export function keepWaiting({ session }: PolicyRun, resource: string, waiting: WaitingSnapshot, state: ResourceAttempts): void {
  state.waiting.set(waiting.snapshotId, waiting);
  session.emit({ type: "snapshot:waiting", resource, ...waiting });
}

/** Locks these completed snapshots of a point alike. */
export async function lockSnapshots(run: PolicyRun, compute: Compute, resource: string, snapshotIds: readonly string[], lock: SnapshotLockRequest, state: ResourceAttempts): Promise<Error[]> {
  return await setLocks(run, resource, snapshotIds.map((snapshotId) => ({ compute, snapshotId, lock })), state);
}

/** Locks completed snapshots, but for those that an earlier attempt locked. Each is tried; gives what failed. */
export async function setLocks(run: PolicyRun, resource: string, wanted: readonly OwedLock[], { locks }: ResourceAttempts): Promise<Error[]> {
  const { session } = run;
  const { signal } = run.run;
  const failures: Error[] = [];
  for (const { compute, snapshotId, lock } of wanted) {
    if (locks.has(snapshotId)) continue;
    const { region } = compute;
    try {
      const { mode, lockedUntil } = await compute.lockSnapshot(snapshotId, lock, { signal });
      const locked = { region, snapshotId, mode, lockedUntil: lockedUntil.toISOString() };
      locks.set(snapshotId, locked);
      session.emit({ type: "snapshot:locked", resource, ...locked });
    } catch (thrown) {
      signal.throwIfAborted();
      const error = asError(thrown);
      session.emit({ type: "lock:failed", resource, region, snapshotId, error: errorFacts(error) });
      failures.push(error);
    }
  }
  return failures;
}
