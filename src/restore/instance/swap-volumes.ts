import type { InstanceNow } from "../../ports/index.js";
import type { SwapJob } from "./instance-job.js";

/** A stopped instance gets a volume at a device, whatever is there now. */
export async function swapVolume({ run, target }: Pick<SwapJob, "run" | "target">, now: InstanceNow, place: { readonly deviceName: string; readonly volumeId: string }): Promise<void> {
  const { instances } = target;
  const { signal, session } = run;
  const { deviceName, volumeId } = place;
  const attached = now.volumes.find((volume) => volume.deviceName === deviceName);
  if (attached?.volumeId === volumeId) return;
  if (attached !== undefined) await instances.detach(attached.volumeId, { signal });
  await instances.attach(volumeId, now.instanceId, deviceName, { signal });
  session.emit({ type: "volume:swapped", instanceId: now.instanceId, deviceName, volumeId, ...(attached !== undefined && { replaced: attached.volumeId }) });
}

/** Brings an instance to a stop, wherever it is on its way. */
export async function bringToStop({ run, target }: Pick<SwapJob, "run" | "target">, now: InstanceNow): Promise<void> {
  const { signal, session } = run;
  if (now.state === "stopped") return;
  if (now.state === "pending") await target.instances.waitUntilRunning(now.instanceId, { signal });
  await target.instances.stop(now.instanceId, { signal });
  session.emit({ type: "instance:stopped", instanceId: now.instanceId });
}

/** Brings an instance to run, wherever it is on its way. */
export async function bringToRun({ run, target }: Pick<SwapJob, "run" | "target">, now: InstanceNow): Promise<void> {
  const { signal, session } = run;
  if (now.state === "pending") await target.instances.waitUntilRunning(now.instanceId, { signal });
  else if (now.state !== "running") {
    if (now.state === "stopping") await target.instances.stop(now.instanceId, { signal });
    await target.instances.start(now.instanceId, { signal });
  }
  session.emit({ type: "instance:running", instanceId: now.instanceId });
}
