import type * as ec2 from "@aws-sdk/client-ec2";
import type { RequestContext } from "../../service.js";
import type { Ec2Environment } from "../ec2-environment.js";
import { ec2Error, incorrectState } from "../ec2-error.js";
import { findInstance, requireInstance } from "../instances/find-instance.js";
import { stateOf } from "../instances/instance-state.js";
import { describeAttachment } from "./attachment.js";
import { requireVolume } from "./find-volume.js";

export function detachVolume(environment: Ec2Environment, input: ec2.DetachVolumeRequest, context: RequestContext): ec2.VolumeAttachment {
  const { volumeId } = requireVolume(environment, context, input.VolumeId);
  const named = input.InstanceId === undefined ? undefined : requireInstance(environment, context, input.InstanceId);
  const attachment = environment.tables.attachments.get(volumeId);
  if (attachment === undefined) throw incorrectState(`Volume '${volumeId}' is in the 'available' state.`);
  const { instanceId, deviceName } = attachment;
  if ((named !== undefined && named.instanceId !== instanceId) || (input.Device !== undefined && input.Device !== deviceName)) {
    throw ec2Error("InvalidAttachment.NotFound", `The volume '${volumeId}' is not attached to that instance as that device.`);
  }
  const instance = findInstance(environment, context, instanceId);
  if (instance?.rootDeviceName === deviceName && stateOf(environment, instance) !== "stopped") {
    throw ec2Error("OperationNotPermitted", `Unable to detach root volume '${volumeId}' from instance '${instanceId}'`);
  }
  environment.blocks.records.commit([environment.tables.attachments.remove(volumeId)]);
  return describeAttachment(attachment, "detaching");
}
