import type { CallOptions, InstanceNow, VolumeDescription } from "../../ports/index.js";
import type { RestoreSource } from "../find-source.js";
import { replacedTag, type RestoreMarks, type RestorePart } from "../instance/instance-marks.js";
import type { RestoreFinding } from "../plan/restore-finding.js";
import type { PlannedSwap } from "../instance/instance-plan.js";
import type { SwapVolume } from "../instance/instance-job.js";
import type { SwapTarget } from "../instance/instance-target.js";
import { refusalsInPlace } from "../instance/plan-in-place.js";
import { ownTags } from "../instance/plan-volumes.js";
import { snapshotSizeBytes } from "../restore-plan.js";
import { takes } from "../volume-rules.js";
import type { ReplaceVolumeOptions } from "./replace-options.js";

/** What is replaced by what. */
export interface ReplacementDecision {
  readonly restorePoint: string;
  readonly present: VolumeDescription;
  readonly volumes: readonly [SwapVolume];
  /** Where the present volume is attached. */
  readonly inPlace?: PlannedSwap | undefined;
  readonly findings: readonly RestoreFinding[];
}

export interface ReplacementQuestion {
  readonly source: RestoreSource;
  readonly target: SwapTarget;
  readonly options: ReplaceVolumeOptions;
  readonly marks: RestoreMarks;
}

/** A restore gives what it makes four tags of its own, and AWS allows fifty. */
const maxTags = 46;

/** Decides everything by looking, and changes nothing. */
export async function decideReplacement({ source, target, options, marks }: ReplacementQuestion, call: CallOptions): Promise<ReplacementDecision> {
  const path = "volumeId";
  const { volumeId } = options;
  const present = await target.compute.volume(volumeId, call);
  const part = marks.partOf(present.tags);
  const holder = await findHolder(target, marks, present, part, call);
  const tags = ownTags(present.tags);
  const findings: RestoreFinding[] = [];
  if (Object.keys(tags).length > maxTags) findings.push({ severity: "error", code: "NoRoomForTags", path, message: `${volumeId} has ${String(Object.keys(tags).length)} tags, and the restore needs four more.`, remedy: "Remove tags, or restore to a new volume (restore.volume)." });
  if (present.tags[replacedTag] === marks.id) findings.push({ severity: "error", code: "AlreadyReplaced", path, message: `${volumeId} was replaced by this very restore.`, remedy: "Take another id." });
  if (holder === undefined) findings.push({ severity: "warning", code: "NotAttached", path, message: `${volumeId} is attached to nothing: it stays as it is, and the new volume is attached to nothing either.`, remedy: "Attach the new volume where it is wanted." });
  else findings.push(...(await refusalsInPlace({ target, now: holder.now, marks, path, otherwise: "Restore to a new volume (restore.volume)." }, call)));
  const sourceVolume = source.volumeId;
  const sizeBytes = snapshotSizeBytes(source);
  const { volumeType, iops, throughputMiBps } = present;
  const volume: SwapVolume = {
    sourceVolume,
    deviceName: holder?.deviceName ?? "",
    sizeBytes,
    ...(present.sizeBytes > sizeBytes && { volumeSizeBytes: present.sizeBytes }),
    volumeType,
    ...(iops !== undefined && takes(volumeType, "iops") && { iops }),
    ...(throughputMiBps !== undefined && takes(volumeType, "throughputMiBps") && { throughputMiBps }),
    ...(await encryptionOf(source, present, call)),
    deleteOnTermination: holder?.deleteOnTermination ?? false,
    tags,
  };
  return { restorePoint: source.point.id, present, volumes: [volume], ...(holder !== undefined && { inPlace: swapOf(holder, sourceVolume, options, marks) }), findings };
}

interface Holder {
  readonly now: InstanceNow;
  readonly deviceName: string;
  readonly deleteOnTermination: boolean;
}

/** The instance that has the volume, or had it before this restore took it away. */
async function findHolder({ instances }: SwapTarget, marks: RestoreMarks, { attachment }: VolumeDescription, part: RestorePart | undefined, call: CallOptions): Promise<Holder | undefined> {
  const known = part?.kind === "old" ? part : undefined;
  const place = known ?? (attachment === undefined ? undefined : { deviceName: attachment.deviceName, deleteOnTermination: attachment.deleteOnTermination === true });
  if (place === undefined) return undefined;
  let now = attachment === undefined ? undefined : await instances.find(attachment.instanceId, call);
  if (now === undefined) for await (const marked of instances.byTags(marks.all, call)) if (marks.partOf(marked.tags)?.kind === "instance") now = marked;
  return now === undefined ? undefined : { now, deviceName: place.deviceName, deleteOnTermination: place.deleteOnTermination };
}

function swapOf({ now, deviceName }: Holder, sourceVolume: string, { volumeId, replaced }: ReplaceVolumeOptions, marks: RestoreMarks): PlannedSwap {
  const part = marks.partOf(now.tags);
  const state = part?.kind === "instance" ? part.was : now.state === "stopped" ? "stopped" : "running";
  return { instanceId: now.instanceId, state, availabilityZone: now.availabilityZone, volumes: [{ deviceName, sourceVolume, replaces: volumeId }], replaced: replaced ?? "keep" };
}

/** As the present volume, so that it can be written over; but what was encrypted when it was backed up never becomes readable. */
async function encryptionOf({ point, volumeId }: RestoreSource, present: VolumeDescription, { signal }: CallOptions): Promise<Pick<SwapVolume, "encrypted" | "kmsKeyId">> {
  const { encrypted, kmsKeyId } = present;
  if (encrypted) return { encrypted, ...(kmsKeyId !== undefined && { kmsKeyId }) };
  return (await point.volumeAttributes(volumeId, { signal }))?.["encrypted"] === true ? { encrypted: true } : {};
}
