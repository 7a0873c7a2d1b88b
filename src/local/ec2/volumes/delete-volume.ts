import type * as ec2 from "@aws-sdk/client-ec2";
import type { RequestContext } from "../../service.js";
import type { Ec2Environment } from "../ec2-environment.js";
import { ec2Error } from "../ec2-error.js";
import { requireVolume } from "./find-volume.js";

export function deleteVolume(environment: Ec2Environment, input: ec2.DeleteVolumeRequest, context: RequestContext): void {
  const { volumeId } = requireVolume(environment, context, input.VolumeId);
  const attachment = environment.tables.attachments.get(volumeId);
  if (attachment !== undefined) throw ec2Error("VolumeInUse", `Volume ${volumeId} is currently attached to ${attachment.instanceId}`);
  environment.blocks.deleteVolume(volumeId);
  environment.blocks.records.commit([environment.tables.modifications.remove(volumeId)]);
}
