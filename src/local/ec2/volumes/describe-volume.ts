import type * as ec2 from "@aws-sdk/client-ec2";
import type { VolumeFacts } from "../block-resources.js";
import type { Ec2Environment } from "../ec2-environment.js";
import { requireZone } from "../regions/zones.js";
import { describeTagList } from "../tags/tag-rules.js";
import { describeAttachment } from "./attachment.js";

/** A volume as EC2 shows it. */
export function describeVolume(environment: Ec2Environment, volume: VolumeFacts): ec2.Volume {
  const attachment = environment.tables.attachments.get(volume.volumeId);
  const state = environment.blocks.volumeState(volume);
  return {
    VolumeId: volume.volumeId,
    AvailabilityZone: volume.availabilityZone,
    AvailabilityZoneId: requireZone(volume.region, { name: volume.availabilityZone }).id,
    State: attachment === undefined ? state : "in-use",
    Size: volume.sizeGib,
    // A volume from no snapshot has an empty id here rather than none.
    SnapshotId: volume.snapshotId ?? "",
    VolumeType: volume.volumeType as ec2.VolumeType,
    Iops: volume.iops,
    Throughput: volume.throughputMiBps,
    VolumeInitializationRate: volume.initializationRateMiBps,
    Encrypted: volume.encrypted,
    KmsKeyId: volume.kmsKeyId,
    CreateTime: new Date(volume.createdAt),
    MultiAttachEnabled: false,
    Attachments: attachment === undefined ? [] : [describeAttachment(attachment, "attached")],
    Tags: describeTagList(volume.tags),
  };
}
