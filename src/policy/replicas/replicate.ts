import { HoldfastError } from "../../errors/index.js";
import type { Compute, SnapshotDescription, SnapshotLock, SnapshotLockRequest, Tags } from "../../ports/index.js";
import { asError } from "../../session/index.js";
import type { ResolvedReplica } from "../policy-options.js";
import type { PolicyRun, ResourceAttempts } from "../policy-run.js";
import { carriesTags } from "../selection/carries-tags.js";
import { errorFacts, type CaughtUpReplica, type ReplicaResult, type SessionWarning } from "../session-result.js";
import { caughtUpTags, countTag, isWholeReplica, replicaSourceTag, replicaTags, replicaTime, replicaVolumeTag } from "../snapshots/replica-tags.js";
import type { EarlierPoint } from "../snapshots/earlier-point.js";
import { replicaSets } from "./replica-sets.js";
import type { ReplicaSource } from "./replica-source.js";
import { lockable, owedLocks, type OwedLock } from "../snapshots/owed-locks.js";
import { lockTags } from "../snapshots/lock-tags.js";
import { keepWaiting, locksAmong, waitingReason } from "../snapshots/snapshot-locks.js";
import { lineTags, sessionTag, type SnapshotLine } from "../snapshots/snapshot-tags.js";

/** Copies the snapshots of a restore point, waits until they can be used, and removes the replicas of points beyond the number that is kept. */
export async function replicate(run: PolicyRun, source: ReplicaSource, replica: ResolvedReplica, state: ResourceAttempts): Promise<ReplicaResult> {
  const { session } = run;
  const { warnings } = state;
  const { resource } = source.line;
  const { region } = replica;
  const place = await placeOf(run, source, replica);
  const { target, accountId } = place;
  session.emit({ type: "replica:started", resource, region, accountId });
  if (place.isOtherAccount) await endLeftSharing(run, place.here, source.line, accountId, warnings);
  return await copying(run, source, place, warnings, async (copy) => {
    const snapshots: ReplicaResult["snapshots"][number][] = [];
    for (const { volumeId, snapshotId } of source.snapshots) snapshots.push({ volumeId, snapshotId: await copy(snapshotId, tagsOf(source, replica, { volumeId, snapshotId }, session.id)) });
    for (const { snapshotId } of snapshots) await target.waitForSnapshot(snapshotId, { signal: run.run.signal });
    session.emit({ type: "replica:completed", resource, region, accountId, snapshots });
    const left = (snapshotId: string, error: Error): void => {
      warnings.push({ code: "ReplicaLeft", message: `${snapshotId} in ${region} could not be removed: ${error.message} The next run tries again.` });
      session.emit({ type: "snapshot:left", resource, snapshotId, error: errorFacts(error) });
    };
    const owed = await retire(target, source.line, session.id, { keep: replica.keep, lock: replica.lock, now: run.clock.now() }, { removed: (snapshotId, reason) => session.emit({ type: "snapshot:removed", resource, snapshotId, reason }), left, waiting: (snapshotId, reason) => keepWaiting(run, resource, { region, snapshotId, reason }, state) });
    state.owedLocks.push(...owed);
    return { region, accountId, snapshots };
  });
}

/**
 * Makes up for a replica of an earlier point that is missing, before this run's own: what its run had begun to copy is gone on with, so that nothing is copied twice. `undefined` where the snapshots are gone by now. Its session
 * is the earlier run's, so that it is one replica with what that run made, whichever process comes next.
 */
export async function catchUp(run: PolicyRun, source: ReplicaSource, replica: ResolvedReplica, earlier: EarlierPoint, { warnings }: ResourceAttempts): Promise<CaughtUpReplica | undefined> {
  const { signal } = run.run;
  const place = await placeOf(run, source, replica);
  const { target, accountId } = place;
  const since = new Date(Math.min(...earlier.snapshots.map(({ startedAt }) => startedAt.getTime())));
  const begun = new Map<string, string>();
  for (const { snapshotId, state, tags } of (await replicaSets(target, source.line)).get(earlier.session) ?? []) {
    if (state === "error") await target.deleteSnapshot(snapshotId);
    else begun.set(tags[replicaSourceTag] ?? "", snapshotId);
  }
  try {
    return await copying(run, { ...source, snapshots: earlier.snapshots }, place, warnings, async (copy) => {
      const snapshots: ReplicaResult["snapshots"][number][] = [];
      for (const { volumeId, snapshotId } of earlier.snapshots) {
        const tags = { ...tagsOf({ ...source, snapshots: earlier.snapshots }, replica, { volumeId, snapshotId }, earlier.session), ...caughtUpTags(since) };
        snapshots.push({ volumeId, snapshotId: begun.get(snapshotId) ?? (await copy(snapshotId, tags)) });
      }
      for (const { snapshotId } of snapshots) await target.waitForSnapshot(snapshotId, { signal });
      const caughtUp = { point: earlier.point, session: earlier.session, region: replica.region, accountId, snapshots };
      const { session: ofSession, ...facts } = caughtUp;
      run.session.emit({ type: "replica:caught-up", resource: source.line.resource, ofSession, ...facts });
      return caughtUp;
    });
  } catch (error) {
    if (!(HoldfastError.isInstance(error) && error.code === "SnapshotNotFound")) throw error;
    run.logger.warn("a replica that was missed cannot be made up for: its snapshots are gone", { session: run.session.id, point: earlier.point, region: replica.region, error: error.message });
    return undefined;
  }
}

/** Where a replica comes to be. */
interface ReplicaPlace {
  readonly here: Compute;
  readonly target: Compute;
  readonly accountId: string;
  readonly isOtherAccount: boolean;
  readonly kmsKeyId: string | undefined;
}

async function placeOf(run: PolicyRun, source: ReplicaSource, replica: ResolvedReplica): Promise<ReplicaPlace> {
  const account = replica.account ?? source.account;
  const accountId = await account.accountId({ signal: run.run.signal });
  return { here: source.account.compute(source.region), target: account.compute(replica.region), accountId, isOtherAccount: account !== source.account, kmsKeyId: replica.kmsKeyId };
}

function tagsOf({ line, snapshots }: ReplicaSource, replica: ResolvedReplica, { volumeId, snapshotId }: ReplicaSource["snapshots"][number], session: string): Tags {
  return { ...replica.tags, ...replicaTags(line), [sessionTag]: session, [countTag]: String(snapshots.length), [replicaVolumeTag]: volumeId, [replicaSourceTag]: snapshotId, ...lockTags(replica.lock) };
}

/** Copies snapshots, which are shared with another account as long as that takes. After a failure what was copied is removed again. */
async function copying<Result>(run: PolicyRun, { line, region, snapshots }: ReplicaSource, place: ReplicaPlace, warnings: SessionWarning[], work: (copy: (snapshotId: string, tags: Tags) => Promise<string>) => Promise<Result>): Promise<Result> {
  const { here, target, accountId, isOtherAccount, kmsKeyId } = place;
  const { signal } = run.run;
  const made: string[] = [];
  try {
    return await work(async (snapshotId, tags) => {
      if (isOtherAccount) await here.shareSnapshot(snapshotId, accountId, true, { signal });
      const copy = await target.copySnapshot({ snapshotId, sourceRegion: region, description: `holdfast replica of ${snapshotId}, ${line.resource}`.slice(0, 255), tags, kmsKeyId }, { signal });
      made.push(copy);
      return copy;
    });
  } catch (error) {
    for (const snapshotId of made) await discard(run, target, snapshotId);
    throw error;
  } finally {
    if (isOtherAccount) for (const { snapshotId } of snapshots) await endSharing(here, snapshotId, accountId, warnings);
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
  const sets = await replicaSets(target, line);
  const begunMs = (set: readonly SnapshotDescription[]): number => Math.max(...set.map((snapshot) => replicaTime(snapshot).getTime()));
  const own = begunMs(sets.get(session) ?? []);
  return [...sets].filter(([id, set]) => id !== session && begunMs(set) <= own).map(([, set]) => set).sort((a, b) => begunMs(b) - begunMs(a));
}
