import type * as ec2 from "@aws-sdk/client-ec2";
import type { Ec2Environment } from "../ec2-environment.js";
import type { ModificationRecord } from "./modification-record.js";

export function describeModification(environment: Ec2Environment, record: ModificationRecord): ec2.VolumeModification {
  const { volumeId, original, target, startedAt, settlesAt } = record;
  const isDone = environment.hasPassed(settlesAt);
  return {
    VolumeId: volumeId,
    ModificationState: isDone ? "completed" : "modifying",
    Progress: isDone ? 100 : 0,
    StartTime: new Date(startedAt),
    EndTime: isDone ? new Date(settlesAt) : undefined,
    OriginalSize: original.sizeGib,
    OriginalVolumeType: original.volumeType as ec2.VolumeType,
    OriginalIops: original.iops,
    OriginalThroughput: original.throughputMiBps,
    OriginalMultiAttachEnabled: false,
    TargetSize: target.sizeGib,
    TargetVolumeType: target.volumeType as ec2.VolumeType,
    TargetIops: target.iops,
    TargetThroughput: target.throughputMiBps,
    TargetMultiAttachEnabled: false,
  };
}
