import type { CallOptions, Tags } from "../../ports/index.js";
import type { RestorePoint } from "../../repository/points/restore-point.js";
import type { InstanceRestoreOptions } from "./instance-options.js";
import type { RestoreFinding } from "../plan/restore-finding.js";
import type { PlannedInstanceVolume } from "./instance-plan.js";
import type { InstanceTarget } from "./instance-target.js";

const gib = 2 ** 30;
/** EC2 takes IOPS for these types only, and for others calls them an error, though it tells their IOPS when asked. */
const typesWithIops: readonly string[] = ["gp3", "io1", "io2"];

/** The volumes that the instance will have: as they were, at the devices at which they were. */
export async function planVolumes(point: RestorePoint, target: InstanceTarget, options: InstanceRestoreOptions, call: CallOptions): Promise<{ readonly volumes: readonly PlannedInstanceVolume[]; readonly findings: readonly RestoreFinding[] }> {
  const volumes: PlannedInstanceVolume[] = [];
  const findings: RestoreFinding[] = [];
  for (const { volumeId, deviceName, sizeBytes } of point.volumes) {
    const original = (await point.volumeAttributes(volumeId, { signal: call.signal })) ?? {};
    if (deviceName === undefined) {
      findings.push({ severity: "warning", code: "VolumeWithoutDevice", path: "to", message: `${volumeId} was attached to nothing when it was backed up: it is left out.`, remedy: "Restore it by itself with restore.volume." });
      continue;
    }
    volumes.push({ sourceVolume: volumeId, deviceName, sizeBytes: Math.max(1, Math.ceil(sizeBytes / gib)) * gib, ...shapeOf(original), ...encryptionOf(original, target, options), tags: ownTags(original["tags"]) });
  }
  if (!volumes.some(({ deviceName }) => deviceName === target.captured.rootDeviceName)) {
    findings.push({ severity: "error", code: "RootNotInPoint", path: "to", message: `The root volume (${target.captured.rootDeviceName ?? "unknown"}) is not in the restore point: no instance can begin from it.`, remedy: "Restore the volumes by themselves with restore.volume, or take another restore point." });
  }
  return { volumes: volumes.sort((a, b) => (a.deviceName < b.deviceName ? -1 : 1)), findings };
}

function shapeOf(original: Readonly<Record<string, unknown>>): Pick<PlannedInstanceVolume, "volumeType" | "iops" | "throughputMiBps" | "deleteOnTermination"> {
  const { volumeType, iops, throughputMiBps, attachment } = original;
  const type = typeof volumeType === "string" ? volumeType : "gp3";
  const flag = typeof attachment === "object" && attachment !== null && "deleteOnTermination" in attachment ? attachment.deleteOnTermination : undefined;
  return {
    volumeType: type,
    ...(typeof iops === "number" && typesWithIops.includes(type) && { iops }),
    ...(typeof throughputMiBps === "number" && type === "gp3" && { throughputMiBps }),
    // what is not known must not cost data
    deleteOnTermination: flag === true,
  };
}

/** At home under the original's key; elsewhere under the account's own, where no other is named. What was encrypted never becomes readable. */
function encryptionOf(original: Readonly<Record<string, unknown>>, { isHome }: InstanceTarget, { to }: InstanceRestoreOptions): Pick<PlannedInstanceVolume, "encrypted" | "kmsKeyId"> {
  const given = to === "original" ? undefined : to.kmsKeyId;
  const { encrypted, kmsKeyId } = original;
  const key = given ?? (isHome && encrypted === true && typeof kmsKeyId === "string" ? kmsKeyId : undefined);
  return { ...((encrypted === true || key !== undefined) && { encrypted: true }), ...(key !== undefined && { kmsKeyId: key }) };
}

/** The owner's tags: neither AWS's, nor those by which the engine marks what it makes. */
export function ownTags(tags: unknown): Tags {
  if (typeof tags !== "object" || tags === null) return {};
  return Object.fromEntries(Object.entries(tags).filter((entry): entry is [string, string] => typeof entry[1] === "string" && !entry[0].startsWith("aws:") && !entry[0].startsWith("holdfast:")));
}
