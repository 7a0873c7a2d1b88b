import { ConflictError, HoldfastError } from "../../errors/index.js";
import type { CallOptions, InstanceNow } from "../../ports/index.js";
import { asError } from "../../session/index.js";
import { snapshotDiffers } from "../compare-snapshot.js";
import { isLost } from "../restore-run.js";
import { ownSnapshots, ownVolumes, type SwapJob } from "./instance-job.js";
import { partTag, replacedTag, restoreTag, type RestoreMarks } from "./instance-marks.js";
import type { InstanceTarget } from "./instance-target.js";
import { UndoTally } from "./undo-tally.js";

/** What an undo did. JSON. */
export interface InstanceUndone {
  readonly id: string;
  /** `done`: the restore was through; only what it needed no more was removed. `nothing`: there was nothing of it. */
  readonly outcome: "undone" | "done" | "nothing";
  /** The instance that has its old volumes again. */
  readonly putBack?: string | undefined;
  readonly removed: readonly string[];
  /** What could not be removed or put back, and why: call again. */
  readonly left: readonly { readonly what: string; readonly message: string }[];
}

export interface UndoJob {
  readonly target: Pick<InstanceTarget, "compute" | "instances">;
  readonly marks: RestoreMarks;
  readonly call: CallOptions;
}

/** Takes a restore back by what is there. It can be killed and called again; what is done for good it leaves alone. */
export async function undoInstance(job: UndoJob): Promise<InstanceUndone> {
  const { marks } = job;
  const tally = new UndoTally(job.call);
  const found = await undoInstances(job, tally);
  const isStuck = tally.left.length > 0;
  const isDone = await undoVolumes(job, tally, { isDone: found.isDone, isStuck });
  await undoRest(job, tally, isDone);
  const { putBack } = found;
  // the mark of the instance goes last: by it an undo that was cut short is found again
  if (putBack !== undefined && tally.left.length === 0) await tally.attempt(putBack, async () => await unmark(job, putBack, {}));
  const { removed, left } = tally;
  const outcome = isDone ? "done" : removed.length > 0 || putBack !== undefined || left.length > 0 ? "undone" : "nothing";
  return { id: marks.id, outcome, ...(putBack !== undefined && { putBack }), removed, left };
}

/** Terminates an instance that was made, and gives one that was there its old volumes back. */
async function undoInstances(job: UndoJob, tally: UndoTally): Promise<{ readonly isDone: boolean; readonly putBack: string | undefined }> {
  const { target: { instances }, marks, call } = job;
  let isDone = false;
  let putBack: string | undefined;
  const found: InstanceNow[] = [];
  for await (const now of instances.byTags(marks.all, call)) found.push(now);
  for (const { instanceId, tags } of found) {
    const part = marks.partOf(tags);
    if (part?.kind === "done") isDone = true;
    if (part?.kind === "made") {
      await tally.remove(instanceId, async () => {
        await instances.setProtection(instanceId, { termination: false }, call);
        await instances.terminate(instanceId, call);
      });
    }
    if (part?.kind === "instance") {
      await tally.attempt(instanceId, async () => {
        await putVolumesBack(job, instanceId, part);
        putBack = instanceId;
      });
    }
  }
  return { isDone, putBack };
}

/** Removes the new volumes that nothing holds, and takes the marks off the old ones. Gives whether the restore was through: of a volume that was attached to nothing, the new one alone says so. */
async function undoVolumes(job: UndoJob, tally: UndoTally, { isDone: wasDone, isStuck }: { readonly isDone: boolean; readonly isStuck: boolean }): Promise<boolean> {
  const { target, marks, call } = job;
  const { instances, compute } = target;
  const volumes = await ownVolumes({ target, marks, run: { signal: call.signal } });
  const isDone = wasDone || volumes.some(({ part }) => part.kind === "done");
  for (const { volume: { volumeId, attachment }, part } of volumes) {
    const isNew = part.kind === "volume" || part.kind === "made";
    if (isNew && attachment === undefined) {
      await tally.remove(volumeId, async () => {
        // one that its instance is about to let go of cannot be removed yet
        await instances.detach(volumeId, call);
        await compute.deleteVolume(volumeId, call);
      });
    } else if (isNew && !isDone) tally.left.push({ what: volumeId, message: `it is attached to ${attachment?.instanceId ?? "an instance"}` });
    // of a restore that is done the old volumes stay, under a tag of their own
    if (part.kind === "old" && (isDone || !isStuck)) await tally.attempt(volumeId, async () => await unmark(job, volumeId, isDone ? { [replacedTag]: marks.id } : {}));
  }
  return isDone;
}

/** Removes interfaces that nothing uses, images, and snapshots. */
async function undoRest({ target, marks, call }: UndoJob, tally: UndoTally, isDone: boolean): Promise<void> {
  const { instances, compute } = target;
  for await (const { id, isAttached } of instances.interfacesByTags({ ...marks.all }, call)) if (!isAttached && !isDone) await tally.remove(id, async () => await instances.deleteInterface(id, call));
  for (const { imageId } of await instances.imagesByTags(marks.all, call)) await tally.remove(imageId, async () => await instances.deregisterImage(imageId, call));
  for (const { snapshot: { snapshotId } } of await ownSnapshots({ target, marks, run: { signal: call.signal } })) await tally.remove(snapshotId, async () => await compute.deleteSnapshot(snapshotId, call));
}

async function unmark({ target, call }: UndoJob, resourceId: string, instead: Readonly<Record<string, string>>): Promise<void> {
  await target.instances.tag([resourceId], instead, call);
  await target.instances.untag([resourceId], [restoreTag, partTag], call);
}

/** The old volumes come back to their devices, and the instance to the state that it was in. */
async function putVolumesBack(job: UndoJob, instanceId: string, { was, replaces }: { readonly was: "running" | "stopped"; readonly replaces: number }): Promise<void> {
  const { target, marks, call } = job;
  const { instances } = target;
  const volumes = await ownVolumes({ target, marks, run: { signal: call.signal } });
  const lookAt = async (): Promise<InstanceNow> => (await instances.find(instanceId, call)) ?? (await instances.waitUntilRunning(instanceId, call));
  const isHere = ({ volume }: (typeof volumes)[number]): boolean => volume.attachment?.instanceId === instanceId;
  const fresh = volumes.filter((one) => one.part.kind === "volume" && isHere(one));
  const missing = volumes.filter((one) => one.part.kind === "old" && !isHere(one));
  const olds = volumes.filter(({ part }) => part.kind === "old").length;
  if (fresh.length > 0 && olds < replaces) {
    throw new ConflictError(`Of the ${String(replaces)} volumes that ${instanceId} had before the restore ${marks.id}, ${String(replaces - olds)} are gone: it keeps what it has. Go on with the restore instead.`, { code: "OldVolumesGone", context: { instance: instanceId, restore: marks.id } });
  }
  if (fresh.length > 0 || missing.length > 0) {
    const now = await lookAt();
    if (now.state === "pending") await instances.waitUntilRunning(instanceId, call);
    if (now.state !== "stopped") await instances.stop(instanceId, call);
    for (const { volume } of fresh) await instances.detach(volume.volumeId, call);
    for (const { volume, part } of missing) if (part.kind === "old") await instances.attach(volume.volumeId, instanceId, part.deviceName, call);
  }
  const now = await lookAt();
  for (const { volume, part } of volumes) {
    if (part.kind !== "old") continue;
    const attached = now.volumes.find(({ volumeId }) => volumeId === volume.volumeId);
    if (attached !== undefined && attached.deleteOnTermination !== part.deleteOnTermination) await instances.setDeleteOnTermination(instanceId, part.deviceName, part.deleteOnTermination, call);
  }
  if (was === "stopped" || now.state === "running") return;
  if (now.state === "pending") {
    await instances.waitUntilRunning(instanceId, call);
    return;
  }
  if (now.state === "stopping") await instances.stop(instanceId, call);
  await instances.start(instanceId, call);
}

/** After a failure: undoes what was done, or leaves it to be gone on with. */
export async function undoOrLeave(job: SwapJob, failure: unknown): Promise<void> {
  if (await isLost(job.run)) return;
  // what is made of a snapshot that is no good must not be gone on with
  const isNoGood = HoldfastError.isInstance(failure) && failure.code === snapshotDiffers;
  if (job.options.undo !== false || isNoGood) await undoAfterFailure(job);
  else job.run.note?.doubt();
}

/** For a restore that failed: nothing here hides why. */
async function undoAfterFailure(job: SwapJob): Promise<void> {
  const { run, target, marks } = job;
  try {
    const undone = await undoInstance({ target, marks, call: {} });
    if (undone.left.length > 0) run.note?.doubt();
    for (const { what, message } of undone.left) run.session.emit({ type: "restore:left", what, message });
    run.session.emit({ type: "restore:undone", id: marks.id, removed: undone.removed, ...(undone.putBack !== undefined && { putBack: undone.putBack }) });
  } catch (error) {
    run.note?.doubt();
    const { message } = asError(error);
    run.session.emit({ type: "restore:left", what: `what has the tag holdfast:restore = ${marks.id}`, message });
    run.logger.warn("a restore of an instance could not be undone: call undoInstance", { restore: marks.id, error: message });
  }
}
