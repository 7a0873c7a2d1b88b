import type { Volume } from "@aws-sdk/client-ec2";
import type { VolumeDescription } from "../../../ports/index.js";
import { gibToBytes, present, tagsOf } from "./ec2-answer.js";

/** The part that is in CreateVolume's answer as well as in DescribeVolumes'. */
export type AnsweredVolume = Pick<Volume, "VolumeId" | "Size" | "AvailabilityZone" | "VolumeType" | "Iops" | "Throughput" | "Encrypted" | "KmsKeyId" | "Tags" | "Attachments">;

/** A volume as the engine sees it. */
export function describeVolume(volume: AnsweredVolume, operation: string): VolumeDescription {
  const attachment = volume.Attachments?.find(({ State: state }) => state === undefined || state === "attached" || state === "attaching" || state === "busy");
  const isAttached = attachment?.InstanceId !== undefined && attachment.Device !== undefined;
  return {
    volumeId: present(volume.VolumeId, "VolumeId", operation),
    sizeBytes: gibToBytes(volume.Size, operation),
    availabilityZone: present(volume.AvailabilityZone, "AvailabilityZone", operation),
    volumeType: present(volume.VolumeType, "VolumeType", operation),
    iops: volume.Iops,
    throughputMiBps: volume.Throughput,
    encrypted: volume.Encrypted ?? false,
    kmsKeyId: volume.KmsKeyId,
    tags: tagsOf(volume.Tags),
    attachment: isAttached ? { instanceId: attachment.InstanceId ?? "", deviceName: attachment.Device ?? "", ...(attachment.DeleteOnTermination !== undefined && { deleteOnTermination: attachment.DeleteOnTermination }) } : undefined,
  };
}
