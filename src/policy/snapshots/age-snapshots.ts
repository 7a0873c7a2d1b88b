import { HoldfastError } from "../../errors/index.js";
import type { CloudAccount, SnapshotDescription, SnapshotLockRequest, Tags } from "../../ports/index.js";
import type { PointFacts } from "../../repository/points/point-facts.js";
import { asError } from "../../session/index.js";
import type { ResolvedPolicyOptions } from "../policy-options.js";
import { replicaPolicyTags, replicaResourceTag } from "./replica-tags.js";
import { carriesTags } from "../selection/carries-tags.js";
import { errorFacts, type ErrorFacts } from "../session-result.js";
import { agedReplicas, agedSnapshots, replicasOfPoints, snapshotsOfPoints } from "./aged-snapshots.js";
import { lockable, owedLocks } from "./owed-locks.js";
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

/** What a pass goes by. */
interface AgeOptions {
  readonly now: Date;
  readonly isDryRun: boolean;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Removes the snapshots and replicas whose restore point is gone and that are not locked, of every resource, also of those that the policy selects no more: no run comes
 * across them. The newest point's stay, and whatever is younger than it: a run may be making the next point of it. Locks that are owed to what stays are set.
 */
export async function ageSnapshots(options: ResolvedPolicyOptions, points: readonly PointFacts[], given: AgeOptions): Promise<SnapshotRetention> {
  const line = { policy: options.name, repositoryId: options.repository.id };
  const ageing = new SnapshotAgeing(points, given);
  const { places, unreachable } = await reachAccounts(options.accounts, { signal: given.signal });
  for (const { resource, error } of unreachable) ageing.left.push({ snapshotId: "*", account: resource.split("/")[0] ?? "", region: "*", error: errorFacts(error) });
  const ofSnapshots = { wanted: policyTags(line), tag: resourceTag, agedOf: agedSnapshots, lockableOf: snapshotsOfPoints, policyLock: options.lockSnapshots };
  for (const { account, accountId, regions } of places) for (const region of regions) await ageing.pass({ accountId, account, region, ...ofSnapshots });
  for (const { region, account: holder, lock: policyLock } of options.replicas) {
    const holders = holder === undefined ? places : [{ account: holder, accountId: roleAccount(holder) ?? "replicas" }];
    for (const { account, accountId } of holders) await ageing.pass({ accountId, account, region, wanted: replicaPolicyTags(line), tag: replicaResourceTag, agedOf: agedReplicas, lockableOf: replicasOfPoints, policyLock });
  }
  const { remove, waiting, lock, removed, left } = ageing;
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

/** Goes through the snapshots of one place after the other, and notes what it did and found. */
class SnapshotAgeing implements SnapshotRetention {
  readonly remove: AgedSnapshot[] = [];
  readonly waiting: AgedSnapshot[] = [];
  readonly lock: AgedSnapshot[] = [];
  readonly removed: string[] = [];
  readonly left: SnapshotRetention["left"][number][] = [];
  readonly #options: AgeOptions;
  readonly #points = new Map<string, PointFacts[]>();

  constructor(points: readonly PointFacts[], options: AgeOptions) {
    this.#options = options;
    for (const point of points) this.#points.set(point.resource, [...(this.#points.get(point.resource) ?? []), point]);
  }

  /** A region that cannot be asked is noted as left, and the others are gone through. */
  async pass(place: Pass): Promise<void> {
    const { signal } = this.#options;
    const { account, accountId, region, wanted, tag } = place;
    try {
      const lines = new Map<string, SnapshotDescription[]>();
      for await (const snapshot of account.compute(region).snapshotsByTags(wanted, { signal })) {
        const resource = snapshot.tags[tag];
        // what is removed is decided by the tags on the snapshot itself, not by how the provider reads a filter
        if (resource !== undefined && carriesTags(snapshot.tags, wanted)) lines.set(resource, [...(lines.get(resource) ?? []), snapshot]);
      }
      for (const [resource, snapshots] of lines) await this.#passLine(place, resource, snapshots);
    } catch (thrown) {
      signal?.throwIfAborted();
      if (!HoldfastError.isInstance(thrown)) throw thrown;
      this.left.push({ snapshotId: "*", account: accountId, region, error: errorFacts(thrown) });
    }
  }

  /** The snapshots of one resource. */
  async #passLine(place: Pass, resource: string, snapshots: readonly SnapshotDescription[]): Promise<void> {
    const { now, isDryRun, signal } = this.#options;
    const { account, region, agedOf, lockableOf, policyLock } = place;
    const compute = account.compute(region);
    const points = this.#points.get(resource) ?? [];
    const aged = agedOf(snapshots, points, now);
    const whole = lockableOf(snapshots, points);
    const locks = await locksAmong(compute, [...aged, ...lockable(whole, policyLock, now)], { signal });
    for (const { snapshotId, reason } of aged) {
      const held = locks.get(snapshotId);
      if (held !== undefined) {
        this.waiting.push({ snapshotId, region, resource, reason: waitingReason(held, reason) });
        continue;
      }
      this.remove.push({ snapshotId, region, resource, reason });
      if (!isDryRun && (await this.#isDone(place, snapshotId, async () => await compute.deleteSnapshot(snapshotId, { signal })))) this.removed.push(snapshotId);
    }
    for (const owed of owedLocks(compute, whole, policyLock, { locks, now })) {
      this.lock.push({ snapshotId: owed.snapshotId, region, resource, reason: "the run that made it ended before it could lock it" });
      if (!isDryRun) await this.#isDone(place, owed.snapshotId, async () => await compute.lockSnapshot(owed.snapshotId, owed.lock, { signal }));
    }
  }

  /** What fails is left to the next retention. */
  async #isDone({ accountId, region }: Pass, snapshotId: string, work: () => Promise<unknown>): Promise<boolean> {
    const { signal } = this.#options;
    signal?.throwIfAborted();
    try {
      await work();
      return true;
    } catch (thrown) {
      signal?.throwIfAborted();
      this.left.push({ snapshotId, account: accountId, region, error: errorFacts(asError(thrown)) });
      return false;
    }
  }
}
