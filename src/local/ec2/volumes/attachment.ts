import type * as ec2 from "@aws-sdk/client-ec2";
import type { Ec2Environment } from "../ec2-environment.js";
import { invalidValue } from "../ec2-error.js";
import type { AttachmentRecord } from "./attachment-record.js";

/** https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/device_naming.html */
const DEVICE = /^(\/dev\/)?(sd[a-z]([1-9]|1[0-5])?|xvd[a-z]{1,2}[1-9]?|hd[a-z]([1-9]|1[0-5])?)$/;

export function checkDeviceName(device: string): void {
  if (!DEVICE.test(device)) throw invalidValue(`Value (${device}) for parameter device is invalid. ${device} is not a valid EBS device name.`);
}

/** The volumes of an instance, in the order of their devices. */
export function attachmentsOf(environment: Ec2Environment, instanceId: string): AttachmentRecord[] {
  const attachments = [...environment.tables.attachments.values()].filter((attachment) => attachment.instanceId === instanceId);
  return attachments.sort((a, b) => (a.deviceName < b.deviceName ? -1 : 1));
}

export function describeAttachment(record: AttachmentRecord, state: ec2.VolumeAttachmentState): ec2.VolumeAttachment {
  return {
    VolumeId: record.volumeId,
    InstanceId: record.instanceId,
    Device: record.deviceName,
    State: state,
    AttachTime: new Date(record.attachedAt),
    DeleteOnTermination: record.deleteOnTermination,
  };
}
