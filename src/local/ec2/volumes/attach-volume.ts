import type * as ec2 from "@aws-sdk/client-ec2";
import type { RequestContext } from "../../service.js";
import { acceptOnly } from "../accepted-parameters.js";
import type { Ec2Environment } from "../ec2-environment.js";
import { ec2Error, incorrectState, invalidValue, missingParameter } from "../ec2-error.js";
import { requireInstance } from "../instances/find-instance.js";
import { stateOf } from "../instances/instance-state.js";
import { attachmentsOf, checkDeviceName, describeAttachment } from "./attachment.js";
import { requireVolume } from "./find-volume.js";

export function attachVolume(environment: Ec2Environment, input: ec2.AttachVolumeRequest, context: RequestContext): ec2.VolumeAttachment {
  acceptOnly(input, ["VolumeId", "InstanceId", "Device"]);
  const volume = requireVolume(environment, context, input.VolumeId);
  const instance = requireInstance(environment, context, input.InstanceId);
  const { volumeId } = volume;
  const { instanceId } = instance;
  if (input.Device === undefined) throw missingParameter("device");
  checkDeviceName(input.Device);
  if (environment.tables.attachments.get(volumeId) !== undefined) {
    throw ec2Error("VolumeInUse", `${volumeId} is already attached to an instance`);
  }
  const volumeState = environment.blocks.volumeState(volume);
  if (volumeState !== "available") throw incorrectState(`Volume '${volumeId}' is in the '${volumeState}' state.`);
  const state = stateOf(environment, instance);
  if (state !== "running" && state !== "stopped") throw incorrectState(`Instance '${instanceId}' is not 'running'.`);
  if (volume.availabilityZone !== instance.availabilityZone) {
    throw ec2Error("InvalidVolume.ZoneMismatch", `The volume '${volumeId}' is not in the same availability zone as instance '${instanceId}'`);
  }
  if (attachmentsOf(environment, instanceId).some((attachment) => attachment.deviceName === input.Device)) {
    throw invalidValue(`Invalid value '${input.Device}' for unixDevice. Attachment point ${input.Device} is already in use`);
  }
  const attachment = { volumeId, instanceId, deviceName: input.Device, attachedAt: environment.clock.now().toISOString(), deleteOnTermination: false };
  environment.blocks.records.commit([environment.tables.attachments.put(volumeId, attachment)]);
  return describeAttachment(attachment, "attaching");
}
