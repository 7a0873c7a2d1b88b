import type { Compute, SnapshotDescription, SnapshotLockRequest } from "../../ports/index.js";
import type { PointFacts } from "../../repository/points/point-facts.js";
import type { Repository } from "../../repository/repository.js";
import { asError } from "../../session/index.js";
import { carriesTags } from "../selection/carries-tags.js";
import type { EarlierPoint } from "./earlier-point.js";
import { lockable, owedLocks, type LockableSnapshot, type OwedLock } from "./owed-locks.js";
import { locksAmong, waitingReason } from "./snapshot-locks.js";
import { lineTags, sessionTag, type SnapshotLine } from "./snapshot-tags.js";

/** Hears what became of the snapshots. */
export interface SnapshotCleanerEvents {
  readonly removed: (snapshotId: string, reason: string) => void;
  readonly left: (snapshotId: string, error: Error) => void;
  /** Locked still. */
  readonly waiting: (snapshotId: string, reason: string) => void;
}

/** What stays, and of which locks. */
interface RetireOptions {
  readonly keep: number;
  readonly lock: SnapshotLockRequest | undefined;
  readonly now: Date;
  /** Whether the point before this run's own needs its snapshots still. */
  readonly isNeeded?: ((earlier: EarlierPoint) => Promise<boolean>) | undefined;
}

/** The clocks of the provider and of this machine may differ: points are looked for from this long before the oldest snapshot. */
const clockToleranceMs = 24 * 3_600_000;

/** Removes the snapshots of one resource that are needed no more. It takes no signal: after an abort, too, it tidies up. */
export class SnapshotCleaner {
  readonly #compute: Compute;
  readonly #line: SnapshotLine;
  readonly #session: string;
  readonly #events: SnapshotCleanerEvents;

  constructor(compute: Compute, line: SnapshotLine, session: string, events: SnapshotCleanerEvents) {
    this.#compute = compute;
    this.#line = line;
    this.#session = session;
    this.#events = events;
  }

  /**
   * After a failure: removes what this run took, but for `bases`, the snapshots of volumes whose record was written. Such a
   * volume's next increment is told from there, whether or not the restore point came to be. None of them is locked: that comes after the commit.
   */
  async discard(known: readonly string[], bases: ReadonlySet<string>): Promise<void> {
    const taken = new Set(known);
    // a reply may have been lost: then a snapshot is there that nobody was told of
    for (const { snapshotId, tags } of await this.#list()) if (tags[sessionTag] === this.#session) taken.add(snapshotId);
    for (const snapshotId of taken) if (!bases.has(snapshotId)) await this.#remove(snapshotId, "its backup failed");
  }

  /**
   * After a commit: keeps the snapshots of the newest `keep` restore points, of the newest one always, and removes older
   * ones and those that a failed or killed run left. A run that still works from such a snapshot is an overtaken one: its
   * records' places are taken, it cannot commit any more. Gives the locks that earlier points' snapshots are owed: these stay. So do those of the point before, where `isNeeded` says so.
   */
  async retire(repository: Repository, committed: readonly SnapshotDescription[], { keep, lock, now, isNeeded }: RetireOptions): Promise<OwedLock[]> {
    const own = new Set(committed.map(({ snapshotId }) => snapshotId));
    const begunMs = Math.max(...committed.map(({ startedAt }) => startedAt.getTime()));
    const others = (await this.#list()).filter(({ snapshotId, startedAt, tags }) => !own.has(snapshotId) && (tags[sessionTag] === this.#session || startedAt.getTime() <= begunMs));
    if (others.length === 0) return [];
    const sinceMs = Math.min(...others.map(({ startedAt }) => startedAt.getTime())) - clockToleranceMs;
    const present = new Map(others.map((snapshot) => [snapshot.snapshotId, snapshot]));
    const older: (readonly string[])[] = [];
    let earlier: EarlierPoint | undefined;
    const whole: LockableSnapshot[] = [];
    for await (const point of repository.pointFacts({ resource: this.#line.resource, since: new Date(sinceMs) })) {
      const snapshots = point.snapshotIds.filter((snapshotId) => present.has(snapshotId));
      if (snapshots.length > 0) older.unshift(snapshots);
      earlier = earlierPoint(point, present) ?? earlier;
      whole.push(...snapshots.map((snapshotId) => ({ snapshotId, tags: present.get(snapshotId)?.tags ?? {}, since: point.createdAt })));
    }
    const ofPoints = new Set(older.flat());
    const kept = new Set(older.slice(0, Math.max(0, keep - 1)).flat());
    const needless = others.filter(({ snapshotId }) => !kept.has(snapshotId));
    const locks = await locksAmong(this.#compute, [...needless, ...lockable(whole, lock, now)]);
    const owed = owedLocks(this.#compute, whole, lock, { locks, now });
    const stays = new Set(owed.map(({ snapshotId }) => snapshotId));
    if (earlier !== undefined && (await isNeeded?.(earlier)) === true) for (const { snapshotId } of earlier.snapshots) stays.add(snapshotId);
    for (const { snapshotId } of needless) {
      if (stays.has(snapshotId)) continue;
      const reason = ofPoints.has(snapshotId) ? `of this policy's snapshots the newest ${String(Math.max(1, keep))} are kept` : "a run that made no restore point left it";
      const held = locks.get(snapshotId);
      if (held === undefined) await this.#remove(snapshotId, reason);
      else this.#events.waiting(snapshotId, waitingReason(held, reason));
    }
    return owed;
  }

  async #list(): Promise<SnapshotDescription[]> {
    const wanted = lineTags(this.#line);
    const found: SnapshotDescription[] = [];
    // what is removed is decided by the tags on the snapshot itself, not by how the provider reads a filter
    for await (const snapshot of this.#compute.snapshotsByTags(wanted)) if (carriesTags(snapshot.tags, wanted)) found.push(snapshot);
    return found;
  }

  async #remove(snapshotId: string, reason: string): Promise<void> {
    try {
      await this.#compute.deleteSnapshot(snapshotId);
      this.#events.removed(snapshotId, reason);
    } catch (error) {
      this.#events.left(snapshotId, asError(error));
    }
  }
}

/** A point whose snapshots are all there, taken by one run. */
function earlierPoint({ id, snapshotIds }: PointFacts, present: ReadonlyMap<string, SnapshotDescription>): EarlierPoint | undefined {
  const snapshots = snapshotIds.flatMap((snapshotId) => present.get(snapshotId) ?? []);
  const [session, ...others] = new Set(snapshots.map(({ tags }) => tags[sessionTag]));
  return session === undefined || others.length > 0 || snapshots.length < snapshotIds.length ? undefined : { point: id, session, snapshots };
}
