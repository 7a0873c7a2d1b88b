import type { Compute, SnapshotDescription, SnapshotLock, SnapshotLockRequest } from "../../ports/index.js";
import { asError } from "../../session/index.js";
import type { ResolvedReplica } from "../policy-options.js";
import type { PolicyRun, ResourceAttempts } from "../policy-run.js";
import { carriesTags } from "../selection/carries-tags.js";
import { errorFacts, type ReplicaResult, type SessionWarning } from "../session-result.js";
import { countTag, isWholeReplica, replicaSourceTag, replicaTags, replicaVolumeTag } from "../snapshots/replica-tags.js";
import type { ReplicaSource } from "./replica-source.js";
import { lockable, owedLocks, type OwedLock } from "../snapshots/owed-locks.js";
import { lockTags } from "../snapshots/lock-tags.js";
import { keepWaiting, locksAmong, waitingReason } from "../snapshots/snapshot-locks.js";
import { lineTags, sessionTag, type SnapshotLine } from "../snapshots/snapshot-tags.js";

/** Copies the snapshots of a restore point, waits until they can be used, and removes the replicas of points beyond the number that is kept. */
export async function replicate(run: PolicyRun, source: ReplicaSource, replica: ResolvedReplica, state: ResourceAttempts): Promise<ReplicaResult> {
  const { session } = run;
  const { warnings } = state;
  const { signal } = run.run;
  const { resource } = source.line;
  const { region } = replica;
  const account = replica.account ?? source.account;
  const isOtherAccount = account !== source.account;
  const target = account.compute(region);
  const targetAccountId = await account.accountId({ signal });
  session.emit({ type: "replica:started", resource, region, accountId: targetAccountId });
  const here = source.account.compute(source.region);
  const made: string[] = [];
  if (isOtherAccount) await endLeftSharing(run, here, source.line, targetAccountId, warnings);
  try {
    const snapshots: ReplicaResult["snapshots"][number][] = [];
    for (const { volumeId, snapshotId } of source.snapshots) {
      if (isOtherAccount) await here.shareSnapshot(snapshotId, targetAccountId, true, { signal });
      const tags = { ...replica.tags, ...replicaTags(source.line), [sessionTag]: session.id, [countTag]: String(source.snapshots.length), [replicaVolumeTag]: volumeId, [replicaSourceTag]: snapshotId, ...lockTags(replica.lock) };
      const copy = await target.copySnapshot({ snapshotId, sourceRegion: source.region, description: `holdfast replica of ${snapshotId}, ${resource}`.slice(0, 255), tags, kmsKeyId: replica.kmsKeyId }, { signal });
      made.push(copy);
      snapshots.push({ volumeId, snapshotId: copy });
    }
    for (const { snapshotId } of snapshots) await target.waitForSnapshot(snapshotId, { signal });
    session.emit({ type: "replica:completed", resource, region, accountId: targetAccountId, snapshots });
    const left = (snapshotId: string, error: Error): void => {
      warnings.push({ code: "ReplicaLeft", message: `${snapshotId} in ${region} could not be removed: ${error.message} The next run tries again.` });
      session.emit({ type: "snapshot:left", resource, snapshotId, error: errorFacts(error) });
    };
    const owed = await retire(target, source.line, session.id, { keep: replica.keep, lock: replica.lock, now: run.clock.now() }, { removed: (snapshotId, reason) => session.emit({ type: "snapshot:removed", resource, snapshotId, reason }), left, waiting: (snapshotId, reason) => keepWaiting(run, resource, { region, snapshotId, reason }, state) });
    state.owedLocks.push(...owed);
    return { region, accountId: targetAccountId, snapshots };
  } catch (error) {
    for (const snapshotId of made) await discard(run, target, snapshotId);
    throw error;
  } finally {
    if (isOtherAccount) for (const { snapshotId } of source.snapshots) await endSharing(here, snapshotId, targetAccountId, warnings);
  }
}

async function discard(run: PolicyRun, target: Compute, snapshotId: string): Promise<void> {
  try {
    await target.deleteSnapshot(snapshotId);
  } catch (error) {
    // the next run finds it by its tags: its set is not whole, or beyond the number
    run.logger.warn("a replica that was not finished could not be removed", { session: run.session.id, snapshotId, error: asError(error).message });
  }
}

/** What a run that was killed while it copied left shared is so no longer: such snapshots may stay for long. */
async function endLeftSharing({ run: { signal } }: PolicyRun, here: Compute, line: SnapshotLine, accountId: string, warnings: SessionWarning[]): Promise<void> {
  const wanted = lineTags(line);
  try {
    for await (const { snapshotId, tags } of here.snapshotsByTags(wanted, { sharedWith: accountId, signal })) if (carriesTags(tags, wanted)) await endSharing(here, snapshotId, accountId, warnings);
  } catch (error) {
    signal.throwIfAborted();
    warnings.push({ code: "StillShared", message: `Whether earlier snapshots are still shared with account ${accountId} could not be asked: ${asError(error).message} The next run asks again.` });
  }
}

async function endSharing(here: Compute, snapshotId: string, accountId: string, warnings: SessionWarning[]): Promise<void> {
  try {
    await here.shareSnapshot(snapshotId, accountId, false);
  } catch (error) {
    warnings.push({ code: "StillShared", message: `${snapshotId} is still shared with account ${accountId}: ${asError(error).message} End that by hand, or wait until the snapshot is removed.` });
  }
}

interface Hearer {
  readonly removed: (snapshotId: string, reason: string) => void;
  readonly left: (snapshotId: string, error: Error) => void;
  readonly waiting: (snapshotId: string, reason: string) => void;
}

interface Keeping {
  readonly keep: number;
  readonly lock: SnapshotLockRequest | undefined;
  readonly now: Date;
}

/** Keeps the replicas of the newest `keep` sessions; removes older ones and those that are not whole, but for those that are locked. Gives the locks that whole ones are owed: these stay. */
async function retire(target: Compute, line: SnapshotLine, session: string, { keep, lock, now }: Keeping, hearer: Hearer): Promise<OwedLock[]> {
  let needless: readonly SnapshotDescription[][];
  let locks: ReadonlyMap<string, SnapshotLock>;
  let owed: OwedLock[];
  try {
    const sets = await otherSets(target, line, session);
    // what a killed run began may be whole once it is completed: until then it counts for nothing, and stays
    const kept = new Set([...sets.filter((set) => isWholeReplica(set)).slice(0, keep - 1), ...sets.filter((set) => !isWholeReplica(set) && isWholeReplica(set, ["completed", "pending"]))]);
    needless = sets.filter((set) => !kept.has(set));
    const whole = sets.filter((set) => isWholeReplica(set)).flatMap((set) => set.filter(({ state }) => state === "completed").map(({ snapshotId, tags, startedAt }) => ({ snapshotId, tags, since: startedAt })));
    locks = await locksAmong(target, [...needless.flat(), ...lockable(whole, lock, now)]);
    owed = owedLocks(target, whole, lock, { locks, now });
  } catch (error) {
    hearer.left("replicas that are needed no more", asError(error));
    return [];
  }
  const stays = new Set(owed.map(({ snapshotId }) => snapshotId));
  for (const set of needless) {
    const reason = isWholeReplica(set) ? `of this replica the newest ${String(keep)} are kept` : "a run that did not finish its replica left it";
    for (const { snapshotId } of set) {
      if (stays.has(snapshotId)) continue;
      const held = locks.get(snapshotId);
      if (held !== undefined) {
        hearer.waiting(snapshotId, waitingReason(held, reason));
        continue;
      }
      try {
        await target.deleteSnapshot(snapshotId);
        hearer.removed(snapshotId, reason);
      } catch (error) {
        hearer.left(snapshotId, asError(error));
      }
    }
  }
  return owed;
}

/** The replicas of other sessions than this one, each session's together, newest first. What is younger than this session's own is another run's. */
async function otherSets(target: Compute, line: SnapshotLine, session: string): Promise<SnapshotDescription[][]> {
  const wanted = replicaTags(line);
  const sets = new Map<string, SnapshotDescription[]>();
  for await (const snapshot of target.snapshotsByTags(wanted)) {
    if (!carriesTags(snapshot.tags, wanted)) continue;
    const of = snapshot.tags[sessionTag] ?? "";
    sets.set(of, [...(sets.get(of) ?? []), snapshot]);
  }
  const begunMs = (set: readonly SnapshotDescription[]): number => Math.max(...set.map(({ startedAt }) => startedAt.getTime()));
  const own = begunMs(sets.get(session) ?? []);
  return [...sets].filter(([id, set]) => id !== session && begunMs(set) <= own).map(([, set]) => set).sort((a, b) => begunMs(b) - begunMs(a));
}
