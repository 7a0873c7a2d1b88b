import { HoldfastError } from "../../errors/index.js";
import type { SnapshotDescription, Tags } from "../../ports/index.js";
import { ownSignal } from "../../session/index.js";
import { compareSnapshot } from "../compare-snapshot.js";
import type { SnapshotMethod, SnapshotWritten } from "../delta/snapshot-written.js";
import { writeDelta } from "../delta/write-delta.js";
import { resumableForMinutes } from "../earlier-attempt.js";
import { judgeLeft, type BegunSnapshot, type LeftSnapshots } from "../left-snapshots.js";
import { beginSnapshot, moveBlocks } from "../restore-run.js";
import { WrittenMark } from "../written-mark.js";
import { ownSnapshots, type SwapJob } from "./instance-job.js";
import { pointTag, sourceTag } from "../../workers/tags/restore-tags.js";
import type { PlannedInstanceVolume } from "./instance-plan.js";

/** Of volumes of the point by their ids: the volume that is there now, over a snapshot of which the restored one is written where that can be, or why it is not. */
export type PresentVolumes = ReadonlyMap<string, PresentVolume | { readonly why: string }>;

/** `mayRead`: whether all of it may be read to find out what differs. */
export interface PresentVolume {
  readonly volumeId: string;
  readonly mayRead: boolean;
}

/** A snapshot of each volume, by volume: those of an earlier attempt that are complete, and new ones for the rest, together. */
export async function makeSnapshots(job: SwapJob, present: PresentVolumes = new Map()): Promise<ReadonlyMap<string, string>> {
  const { run, decision } = job;
  const { parents, left } = await takeLeft(job);
  const snapshots = new Map<string, string>();
  for (const [volume, { completedSnapshotId }] of left) if (completedSnapshotId !== undefined) snapshots.set(volume, completedSnapshotId);
  const missing = decision.volumes.filter(({ sourceVolume }) => !snapshots.has(sourceVolume));
  const stop = new AbortController();
  const signal = ownSignal([run.signal, stop.signal]);
  const work = missing.map(async (volume) => {
    try {
      const over = { present: present.get(volume.sourceVolume), parent: parents.get(volume.sourceVolume), begun: left.get(volume.sourceVolume)?.begun };
      snapshots.set(volume.sourceVolume, await writeSnapshot({ ...job, run: { ...run, signal } }, volume, over));
    } catch (error) {
      stop.abort(error);
      throw error;
    }
  });
  await Promise.allSettled(work);
  // the signal holds what came first: the abort from outside, or the first volume's failure
  signal.throwIfAborted();
  if (job.options.compare === true) await compareAll(job, snapshots);
  return snapshots;
}

/** What earlier attempts left, by volume of the point; what serves nobody is removed. */
async function takeLeft(job: SwapJob): Promise<{ readonly parents: ReadonlyMap<string, string>; readonly left: ReadonlyMap<string, LeftSnapshots> }> {
  const { run, target, decision } = job;
  const parents = new Map<string, string>();
  const useless: string[] = [];
  const byVolume = new Map<string, SnapshotDescription[]>(decision.volumes.map(({ sourceVolume }) => [sourceVolume, []]));
  for (const { snapshot, isParent } of await ownSnapshots(job)) {
    const volume = snapshot.tags[sourceTag] ?? "";
    // EC2 goes on with a parent by itself
    if (isParent && snapshot.state !== "error" && byVolume.has(volume)) parents.set(volume, snapshot.snapshotId);
    else if (!isParent && byVolume.has(volume)) byVolume.get(volume)?.push(snapshot);
    else useless.push(snapshot.snapshotId);
  }
  const left = new Map([...byVolume].map(([volume, snapshots]) => [volume, judgeLeft(snapshots)]));
  for (const one of left.values()) useless.push(...one.useless);
  for (const snapshotId of useless) await target.compute.deleteSnapshot(snapshotId, { signal: run.signal });
  return { parents, left };
}

/** Also those of an earlier attempt: nobody says whether it compared them. */
async function compareAll({ run, point, target, decision }: SwapJob, snapshots: ReadonlyMap<string, string>): Promise<void> {
  const { region, account } = target;
  for (const { sourceVolume, sizeBytes } of decision.volumes) {
    const snapshotId = snapshots.get(sourceVolume);
    if (snapshotId === undefined) continue;
    const source = { point, volumeId: sourceVolume, map: await point.blockMap(sourceVolume, { signal: run.signal }) };
    await compareSnapshot(run, source, { region, snapshotId, volumeSizeBytes: sizeBytes }, account);
  }
}

/** What a snapshot may be written over: a present volume, and a snapshot of it that an earlier attempt took. */
interface Over {
  readonly present: PresentVolume | { readonly why: string } | undefined;
  readonly parent: string | undefined;
  /** What an earlier attempt left half written, over nothing. */
  readonly begun: BegunSnapshot | undefined;
}

async function writeSnapshot(job: SwapJob, volume: PlannedInstanceVolume, { present, parent, begun }: Over): Promise<string> {
  const { run, point, target, marks, moved, methods } = job;
  const { session, signal, repository, random } = run;
  const source = { point, volumeId: volume.sourceVolume, map: await point.blockMap(volume.sourceVolume, { signal }) };
  const request = {
    region: target.region,
    session: session.id,
    volumeSizeBytes: volume.sizeBytes,
    description: `holdfast restore of ${volume.sourceVolume}, restore point ${point.id}`,
    tags: marks.made({ kind: "snapshot" }, { ...poolTags(job), [sourceTag]: volume.sourceVolume, [pointTag]: point.id }),
    timeoutMinutes: resumableForMinutes,
    clientToken: `holdfast-${random.bytes(16).toString("hex")}`,
    ...(volume.encrypted !== undefined && { encrypted: volume.encrypted }),
    ...(volume.kmsKeyId !== undefined && { kmsKeyArn: volume.kmsKeyId }),
  };
  const writeAll = async (): Promise<{ readonly snapshotId: string; readonly blocks: number }> => {
    const goingOn = begun === undefined ? request : { ...request, snapshotId: begun.snapshotId };
    const writer = await beginSnapshot(run, target.account, goingOn);
    const mark = new WrittenMark({ snapshotId: writer.target, session: marks.id, instances: target.instances }, run);
    const remote = { repository, restorePoint: point.id, volumeId: volume.sourceVolume, resource: point.resource, account: target.account, target: goingOn, sessionId: session.id };
    const { made, blocks } = await moveBlocks(run, source, writer, { remote, startIndex: begun?.startIndex, mark });
    return { snapshotId: made.snapshotId, blocks };
  };
  const writeOver = async ({ volumeId, mayRead }: PresentVolume): Promise<SnapshotWritten | { readonly why: string }> => {
    const parentSnapshotId = await takeParent(job, volume, volumeId, parent);
    return await writeDelta(run, source, request, { planned: volume, parentSnapshotId, mayRead }, target.account);
  };
  let delta: SnapshotWritten | { readonly why: string } | undefined;
  if (begun !== undefined) session.emit({ type: "restore:resumed", sourceVolume: volume.sourceVolume, snapshotId: begun.snapshotId, startIndex: begun.startIndex });
  else if (present !== undefined) delta = "why" in present ? full(job, volume, present.why) : await unlessDenied(job, volume, async () => await writeOver(present));
  const { snapshotId, blocks, ...method } = delta !== undefined && "snapshotId" in delta ? delta : { ...(await writeAll()), ...fullMethod(delta?.why) };
  moved.blocks += blocks;
  methods.set(volume.sourceVolume, method);
  session.emit({ type: "snapshot:completed", snapshotId });
  return snapshotId;
}

function fullMethod(why: string | undefined): SnapshotMethod {
  return { method: "full", ...(why !== undefined && { fullReason: why }) };
}

/** A delta spares time and money, and nothing else: a role that may restore, but neither take a snapshot of what is there nor read it, restores all the same. */
async function unlessDenied<Result>(job: SwapJob, volume: PlannedInstanceVolume, work: () => Promise<Result>): Promise<Result | { readonly why: string }> {
  try {
    return await work();
  } catch (error) {
    if (!(HoldfastError.isInstance(error) && error.code === "AccessDenied")) throw error;
    return full(job, volume, error.message);
  }
}

function full({ run }: SwapJob, { sourceVolume }: PlannedInstanceVolume, why: string): { readonly why: string } {
  run.session.emit({ type: "restore:full", sourceVolume, reason: why });
  return { why };
}

/** The snapshot of the present volume: that of an earlier attempt serves as well, for whatever a parent holds, what differs from it is written. */
async function takeParent(job: SwapJob, { sourceVolume }: PlannedInstanceVolume, volumeId: string, parent: string | undefined): Promise<string> {
  const { run, target, marks } = job;
  const { signal, session } = run;
  const description = `holdfast restore ${marks.id}: ${volumeId} as it was before`;
  const snapshotId = parent ?? (await target.compute.snapshotVolume(volumeId, { description, tags: marks.made({ kind: "parent" }, { ...poolTags(job), [sourceTag]: sourceVolume }) }, { signal })).snapshotId;
  await target.compute.waitForSnapshot(snapshotId, { signal });
  session.emit({ type: "parent:taken", volumeId, snapshotId });
  return snapshotId;
}

/** What whoever moves data tags: what a restore makes on the way, as a backup's snapshots. */
function poolTags({ run, point, target }: SwapJob): Tags {
  return run.workers.tagsFor?.({ sessionId: run.session.id, resourceId: point.resource, region: target.region }) ?? {};
}
