import type { CallOptions, InstanceNow } from "../../ports/index.js";
import { partTag, restoreTag, type RestoreMarks } from "./instance-marks.js";
import type { InstanceRestoreOptions } from "./instance-options.js";
import type { RestoreFinding } from "../plan/restore-finding.js";
import type { PlannedInstanceVolume, PlannedSwap } from "./instance-plan.js";
import type { InstanceTarget, SwapTarget } from "./instance-target.js";

/** AWS's limit; an instance that is restored in place carries two more for a while. */
const maxTags = 50;

/** What is asked of an instance that is to be stopped for its volumes to be exchanged. */
export interface StopQuestion {
  readonly target: SwapTarget;
  readonly now: InstanceNow;
  readonly marks: RestoreMarks;
  /** The option by which the instance was named. */
  readonly path: string;
  /** What else can be done. */
  readonly otherwise: string;
}

/** What EC2 would not let happen, or another restore that is in the way. */
export async function refusalsInPlace({ target, now, marks, path, otherwise }: StopQuestion, call: CallOptions): Promise<RestoreFinding[]> {
  const findings: RestoreFinding[] = [];
  const refuse = (code: string, message: string, remedy = otherwise): void => {
    findings.push({ severity: "error", code, path, message, remedy });
  };
  const part = marks.partOf(now.tags);
  const other = now.tags[restoreTag];
  if (part === undefined && other !== undefined && now.tags[partTag]?.startsWith("instance:") === true) {
    refuse("RestoreUnderWay", `${now.instanceId} is in the middle of the restore ${other}.`, `Go on with that (id: "${other}"), or undo it (undoInstance).`);
  }
  if (now.isSpot) refuse("SpotInstance", `${now.instanceId} is a spot instance, which cannot be stopped to change its volumes.`);
  if (!now.isEbsRooted) refuse("InstanceStoreRoot", `${now.instanceId} has an instance store for its root, which cannot be replaced.`);
  if (part === undefined && now.state !== "running" && now.state !== "stopped") refuse("InstanceBusy", `${now.instanceId} is ${now.state}.`, "Wait until it is running or stopped.");
  if ((now.state === "running" || now.state === "pending") && (await target.instances.protection(now.instanceId, call)).stop) {
    refuse("StopProtected", `${now.instanceId} is protected against being stopped.`, "Stop it yourself or take its protection away (disableApiStop), or restore to something new.");
  }
  if (part === undefined && Object.keys(now.tags).length + 2 > maxTags) refuse("NoRoomForTags", `${now.instanceId} has ${String(Object.keys(now.tags).length)} tags, and the restore needs two more.`, "Remove tags, or restore to something new.");
  const group = now.tags["aws:autoscaling:groupName"];
  if (group !== undefined) findings.push({ severity: "warning", code: "InAutoScalingGroup", path, message: `${now.instanceId} is in the Auto Scaling group ${group}, which may replace it as soon as it stops.`, remedy: "Put it into standby before the restore." });
  return findings;
}

interface InPlaceQuestion {
  readonly target: InstanceTarget;
  readonly now: InstanceNow;
  readonly volumes: readonly PlannedInstanceVolume[];
  readonly options: InstanceRestoreOptions;
  readonly marks: RestoreMarks;
}

/** Decides what is replaced of an instance that is there, and finds what EC2 would not let happen. */
export async function planInPlace({ target, now, volumes, options, marks }: InPlaceQuestion, call: CallOptions): Promise<{ readonly inPlace: PlannedSwap; readonly findings: readonly RestoreFinding[] }> {
  const path = "to";
  const findings = await refusalsInPlace({ target, now, marks, path, otherwise: "Restore to a new instance: to: { … }." }, call);
  const part = marks.partOf(now.tags);
  const former = new Set(volumes.map(({ deviceName }) => deviceName));
  for (const { deviceName, volumeId } of now.volumes) {
    if (!former.has(deviceName)) findings.push({ severity: "warning", code: "VolumeStays", path, message: `${volumeId} (${deviceName}) is not in the restore point: it stays attached as it is.`, remedy: "Detach it before the restore where it must not be there." });
  }
  const inPlace: PlannedSwap = {
    instanceId: now.instanceId,
    state: part?.kind === "instance" ? part.was : now.state === "stopped" ? "stopped" : "running",
    availabilityZone: now.availabilityZone,
    volumes: volumes.map(({ deviceName, sourceVolume }) => {
      const attached = now.volumes.find((volume) => volume.deviceName === deviceName)?.volumeId;
      return { deviceName, sourceVolume, ...(attached !== undefined && { replaces: attached }) };
    }),
    replaced: options.replaced ?? "keep",
  };
  return { inPlace, findings };
}
