import type { InstanceNow, LaunchVolume, Tags } from "../../ports/index.js";
import { ownVolumes, type InstanceJob } from "./instance-job.js";
import { sourceTag } from "./instance-marks.js";
import type { PlannedInstance } from "./instance-plan.js";
import { makeSnapshots, } from "./make-snapshots.js";
import { makeVolumes, snapshotOf } from "./make-volumes.js";
import { findMade } from "./plan-instance.js";
import { ownTags } from "./plan-volumes.js";
import { bringToRun, bringToStop, swapVolume } from "./swap-volumes.js";
import { removeOrLeave, tidySnapshots } from "./tidy.js";

/** Steps 1 to 7 of a restore to a new instance (docs/instance-restore.md): each looks what is there, and does what is missing. */
export async function restoreNew(job: InstanceJob, planned: PlannedInstance): Promise<InstanceNow> {
  const { run, target, marks } = job;
  const snapshots = await makeSnapshots(job);
  const volumes = planned.way === "swap" ? await makeVolumes(job, snapshots, planned.availabilityZone) : undefined;
  const made = await findMade(target, marks, run);
  const instanceId = made?.instanceId ?? (await launch(job, planned, volumes === undefined ? await ensureImage(job, snapshots) : undefined, volumes));
  if (volumes === undefined) await bringToRun(job, await lookAt(job, instanceId));
  else await swapAll(job, planned, instanceId, volumes);
  await setAll(job, planned, instanceId);
  const now = await lookAt(job, instanceId);
  await target.instances.tag([instanceId, ...now.volumes.map(({ volumeId }) => volumeId), ...(await ownInterfaces(job))], marks.of({ kind: "done", isNew: true }), run);
  return now;
}

/** The image over the snapshots: its name is an account's once, so that one of an earlier attempt is found. */
async function ensureImage({ run, target, marks, decision, point }: InstanceJob, snapshots: ReadonlyMap<string, string>): Promise<string> {
  const [there] = await target.instances.imagesByTags(marks.all, run);
  if (there !== undefined) return there.imageId;
  const volumes = decision.volumes.map((volume): LaunchVolume => ({ ...volume, snapshotId: snapshotOf(snapshots, volume) }));
  const imageId = await target.instances.registerImage(
    {
      name: `holdfast-${marks.id}`,
      description: `holdfast restore of ${target.captured.instanceId}, restore point ${point.id}`,
      captured: target.attributes,
      rootDeviceName: target.captured.rootDeviceName ?? "",
      volumes,
      tags: marks.made({ kind: "image" }),
    },
    run,
  );
  run.session.emit({ type: "image:registered", imageId });
  return imageId;
}

/** Launches the instance out of the registered image, or, without that, out of the one that brings the licences along. */
async function launch({ run, target, marks, options }: InstanceJob, planned: PlannedInstance, registered: string | undefined, volumes: ReadonlyMap<string, string> | undefined): Promise<string> {
  const { instances, attributes, isHome } = target;
  const imageId = registered ?? planned.imageId ?? "";
  const stub = registered === undefined ? await instances.image(imageId, run) : undefined;
  // each of these is made once: so the token is new whenever the instance is to be
  const unique = registered ?? [...(volumes?.values() ?? [])][0] ?? "";
  const instanceId = await instances.launch(
    {
      captured: attributes,
      isHome,
      imageId,
      instanceType: planned.instanceType,
      availabilityZone: planned.availabilityZone,
      keyName: planned.keyName,
      instanceProfile: planned.instanceProfile,
      // the image that comes first must not do what the original does at its first boot
      userData: registered === undefined ? undefined : userDataOf(options),
      interfaces: planned.interfaces,
      omittedDevices: (stub?.deviceNames ?? []).filter((name) => name !== stub?.rootDeviceName),
      instanceTags: marks.made({ kind: "made" }, planned.tags),
      partTags: marks.made({ kind: "made" }),
      clientToken: `${marks.id}-${unique}`,
    },
    run,
  );
  run.session.emit({ type: "instance:launched", instanceId });
  return instanceId;
}

/** The volumes of the image that came first go, the restored ones take their place. */
async function swapAll(job: InstanceJob, planned: PlannedInstance, instanceId: string, volumes: ReadonlyMap<string, string>): Promise<void> {
  const { run, target, options, decision } = job;
  const { instances } = target;
  let now = await lookAt(job, instanceId);
  // the root belongs where this instance has its root, whatever the original called it
  const places = [...volumes].map(([deviceName, volumeId]) => ({ deviceName: deviceName === target.captured.rootDeviceName ? (now.rootDeviceName ?? deviceName) : deviceName, volumeId, former: deviceName }));
  const isSwapped = (): boolean => places.every(({ deviceName, volumeId }) => now.volumes.some((volume) => volume.deviceName === deviceName && volume.volumeId === volumeId));
  if (!isSwapped()) {
    await bringToStop(job, now);
    for (const place of places) await swapVolume(job, await lookAt(job, instanceId), place);
    now = await lookAt(job, instanceId);
  }
  for (const { deviceName, former } of places) {
    const isDeleted = decision.volumes.find((volume) => volume.deviceName === former)?.deleteOnTermination ?? false;
    if (now.volumes.find((volume) => volume.deviceName === deviceName)?.deleteOnTermination !== isDeleted) await instances.setDeleteOnTermination(instanceId, deviceName, isDeleted, run);
  }
  const userData = userDataOf(options);
  if (now.state !== "running" && now.state !== "pending" && planned.hasUserData && userData !== undefined) await instances.setUserData(instanceId, userData === "captured" ? { captured: target.attributes } : userData, run);
  for (const { volume, part } of await ownVolumes(job)) {
    if (part.kind === "made" && volume.attachment === undefined) await target.compute.deleteVolume(volume.volumeId, run);
  }
  await bringToRun(job, now);
}

/** What a launch cannot set: tags of each part, source/destination checks, elastic addresses, and protection last of all. */
async function setAll(job: InstanceJob, planned: PlannedInstance, instanceId: string): Promise<void> {
  const { run, target, decision } = job;
  const { instances, captured } = target;
  const now = await lookAt(job, instanceId);
  for (const { volumeId, deviceName } of now.volumes) {
    const volume = decision.volumes.find((candidate) => candidate.deviceName === deviceName || (deviceName === now.rootDeviceName && candidate.deviceName === captured.rootDeviceName));
    if (volume !== undefined && planned.way === "image") await instances.tag([volumeId], { ...volume.tags, [sourceTag]: volume.sourceVolume }, run);
  }
  const fresh = new Set(planned.interfaces.filter(({ existingId }) => existingId === undefined).map(({ deviceIndex }) => deviceIndex));
  for (const { interfaceId, deviceIndex, isSourceDestChecked } of now.interfaces) {
    const tags: Tags = fresh.has(deviceIndex) ? ownTags(captured.interfaces.find((one) => one.deviceIndex === deviceIndex)?.tags) : {};
    if (Object.keys(tags).length > 0) await instances.tag([interfaceId], tags, run);
    if (isSourceDestChecked && planned.uncheckedDeviceIndexes.includes(deviceIndex)) await instances.setSourceDestCheck(interfaceId, false, run);
  }
  for (const { allocationId, deviceIndex, privateIp } of planned.elasticIps) {
    const place = now.interfaces.find((one) => one.deviceIndex === deviceIndex);
    const isFixed = planned.interfaces.some((one) => one.deviceIndex === deviceIndex && one.privateIp === privateIp);
    if (place !== undefined) await instances.associateAddress(allocationId, place.interfaceId, isFixed ? privateIp : undefined, run);
  }
  const { isTerminationProtected: termination, isStopProtected: stop } = planned;
  if (termination || stop) await instances.setProtection(instanceId, { ...(termination && { termination }), ...(stop && { stop }) }, run);
}

/** Step 8: the image and the snapshots go. */
export async function tidyNew(job: InstanceJob): Promise<readonly string[]> {
  const { target, marks, run } = job;
  await removeOrLeave(job, `an image with the tag holdfast:restore = ${marks.id}, if there is one`, async () => {
    for (const { imageId } of await target.instances.imagesByTags(marks.all)) {
      await target.instances.deregisterImage(imageId);
      run.session.emit({ type: "image:removed", imageId });
    }
  });
  return await tidySnapshots(job);
}

async function ownInterfaces({ target, marks, run }: InstanceJob): Promise<string[]> {
  const ids: string[] = [];
  for await (const { id } of target.instances.interfacesByTags(marks.all, run)) ids.push(id);
  return ids;
}

function userDataOf({ to }: InstanceJob["options"]): "captured" | { readonly base64: string } | undefined {
  if (to === "original" || to.userData === undefined) return "captured";
  return to.userData === null ? undefined : { base64: Buffer.from(to.userData, "utf8").toString("base64") };
}

async function lookAt({ target, run }: InstanceJob, instanceId: string): Promise<InstanceNow> {
  return (await target.instances.find(instanceId, run)) ?? (await target.instances.waitUntilRunning(instanceId, run));
}
