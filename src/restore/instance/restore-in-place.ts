import { ConflictError } from "../../errors/index.js";
import type { InstanceNow } from "../../ports/index.js";
import { ownVolumes, type SwapJob } from "./instance-job.js";
import { partTag, replacedTag, restoreTag } from "./instance-marks.js";
import type { PlannedSwap } from "./instance-plan.js";
import { makeSnapshots, type PresentVolumes } from "./make-snapshots.js";
import { makeVolumes } from "./make-volumes.js";
import { bringToRun, bringToStop, swapVolume } from "./swap-volumes.js";
import { removeOrLeave, tidySnapshots } from "./tidy.js";

/** Steps 1 to 8 of a restore in place (docs/instance-restore.md): each looks what is there, and does what is missing. `present`: volumes over which snapshots may be written. */
export async function restoreInPlace(job: SwapJob, inPlace: PlannedSwap, present: PresentVolumes): Promise<InstanceNow> {
  const { run, target, marks, decision } = job;
  const { instances } = target;
  const { signal } = run;
  const snapshots = await makeSnapshots(job, present);
  const volumes = await makeVolumes(job, snapshots, inPlace.availabilityZone);
  await markAll(job, inPlace);
  await bringToStop(job, await lookAt(job, inPlace.instanceId));
  for (const [deviceName, volumeId] of volumes) await swapVolume(job, await lookAt(job, inPlace.instanceId), { deviceName, volumeId });
  const now = await lookAt(job, inPlace.instanceId);
  for (const { deviceName, deleteOnTermination } of decision.volumes) {
    const attached = now.volumes.find((volume) => volume.deviceName === deviceName);
    if (attached !== undefined && attached.deleteOnTermination !== deleteOnTermination) await instances.setDeleteOnTermination(now.instanceId, deviceName, deleteOnTermination, { signal });
  }
  if (inPlace.state === "running") await bringToRun(job, await lookAt(job, inPlace.instanceId));
  await instances.tag([now.instanceId, ...volumes.values()], marks.of({ kind: "done", isNew: false }), { signal });
  return await lookAt(job, inPlace.instanceId);
}

/** What was there before is marked before it is touched: the instance first, then the volumes that go. */
async function markAll(job: SwapJob, inPlace: PlannedSwap): Promise<void> {
  const { run, target, marks, decision } = job;
  const { instances } = target;
  const { signal } = run;
  const now = await lookAt(job, inPlace.instanceId);
  const replaces = decision.volumes.filter(({ deviceName }) => now.volumes.some((volume) => volume.deviceName === deviceName)).length;
  if (marks.partOf(now.tags)?.kind !== "instance") await instances.tag([now.instanceId], marks.of({ kind: "instance", was: inPlace.state, replaces }), { signal });
  const own = new Set((await ownVolumes(job)).map(({ volume }) => volume.volumeId));
  for (const { deviceName } of decision.volumes) {
    const attached = now.volumes.find((volume) => volume.deviceName === deviceName);
    // one that this restore knows is marked already, or is the new one
    if (attached === undefined || own.has(attached.volumeId)) continue;
    await instances.tag([attached.volumeId], marks.of({ kind: "old", deviceName, deleteOnTermination: attached.deleteOnTermination }), { signal });
  }
}

async function lookAt({ target, run }: SwapJob, instanceId: string): Promise<InstanceNow> {
  const now = await target.instances.find(instanceId, { signal: run.signal });
  if (now !== undefined && now.state !== "terminated" && now.state !== "shutting-down") return now;
  throw new ConflictError(`${instanceId} was terminated in the middle of the restore. Call again with the same id to have it made anew.`, { code: "InstanceGone", context: { instance: instanceId } });
}

/** Step 9: old volumes go or are kept under a tag of their own, and the snapshots go. */
export async function tidyInPlace(job: SwapJob): Promise<{ readonly replaced: readonly string[]; readonly snapshots: readonly string[] }> {
  const { target, marks, options } = job;
  const replaced: string[] = [];
  for (const { volume, part } of await ownVolumes(job)) {
    if (part.kind !== "old") continue;
    const { volumeId } = volume;
    if (options.replaced === "remove") {
      await removeOrLeave(job, volumeId, async () => {
        await target.compute.deleteVolume(volumeId);
        job.run.session.emit({ type: "volume:removed", volumeId });
      });
      continue;
    }
    replaced.push(volumeId);
    await removeOrLeave(job, `the mark of ${volumeId}`, async () => {
      await target.instances.tag([volumeId], { [replacedTag]: marks.id });
      await target.instances.untag([volumeId], [restoreTag, partTag]);
    });
  }
  return { replaced, snapshots: await tidySnapshots(job) };
}
