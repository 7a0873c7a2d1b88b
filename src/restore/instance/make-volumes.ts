import { ProviderError } from "../../errors/index.js";
import { ownVolumes, type SwapJob } from "./instance-job.js";
import { sourceTag } from "./instance-marks.js";
import type { PlannedInstanceVolume } from "./instance-plan.js";

/** A volume of each snapshot, in a zone, by the device at which it belongs: those of an earlier attempt, and new ones for the rest. */
export async function makeVolumes(job: SwapJob, snapshots: ReadonlyMap<string, string>, availabilityZone: string): Promise<ReadonlyMap<string, string>> {
  const { run, target, marks, decision } = job;
  const { compute } = target;
  const { signal, session } = run;
  const there = new Map((await ownVolumes(job)).filter(({ part }) => part.kind === "volume").map(({ volume }) => [volume.tags[sourceTag], volume.volumeId]));
  const volumes = new Map<string, string>();
  for (const planned of decision.volumes) {
    let volumeId = there.get(planned.sourceVolume);
    if (volumeId === undefined) {
      const snapshotId = snapshotOf(snapshots, planned);
      const { volumeType, iops, throughputMiBps, encrypted, kmsKeyId, volumeSizeBytes, tags } = planned;
      const made = await compute.createVolume(
        {
          snapshotId,
          availabilityZone,
          ...(volumeSizeBytes !== undefined && { sizeBytes: volumeSizeBytes }),
          volumeType,
          iops,
          throughputMiBps,
          encrypted,
          kmsKeyId,
          tags: marks.made({ kind: "volume" }, { ...tags, [sourceTag]: planned.sourceVolume }),
          // a snapshot is never made twice: so the token is new whenever the volume is to be
          clientToken: `${marks.id}-${snapshotId}`,
        },
        { signal },
      );
      volumeId = made.volumeId;
      session.emit({ type: "volume:created", volumeId });
    }
    volumes.set(planned.deviceName, volumeId);
  }
  for (const volumeId of volumes.values()) {
    await compute.waitForVolume(volumeId, { signal });
    session.emit({ type: "volume:available", volumeId });
  }
  return volumes;
}

/** The snapshot of a volume, which the step before has made. */
export function snapshotOf(snapshots: ReadonlyMap<string, string>, { sourceVolume }: PlannedInstanceVolume): string {
  const snapshotId = snapshots.get(sourceVolume);
  if (snapshotId !== undefined) return snapshotId;
  throw new ProviderError(`The snapshot of ${sourceVolume} is gone in the middle of the restore: somebody removed it. Call again with the same id.`, { code: "SnapshotGone", retryable: true, service: "ec2", operation: "DescribeSnapshots" });
}
