import type { DetachVolumeCommandInput } from "@aws-sdk/client-ec2";
import type { CallOptions } from "../../../../ports/index.js";
import { describeAwsFailure } from "../../aws-failure.js";
import { findVolume } from "../describe-volumes.js";
import { callEc2, type Ec2Door } from "../ec2-door.js";
import { poll } from "../poll.js";

const missingForMs = 60_000;

/** Attaches a volume, and waits until it is. That it is there already is a success. */
export async function attachVolume(door: Ec2Door, place: { readonly volumeId: string; readonly instanceId: string; readonly deviceName: string }, options: CallOptions): Promise<void> {
  const { volumeId, instanceId, deviceName } = place;
  const isThere = async (): Promise<boolean> => {
    const { volume } = await findVolume(door, volumeId, options);
    return volume.Attachments?.some(({ InstanceId, Device, State }) => InstanceId === instanceId && Device === deviceName && State === "attached") === true;
  };
  await callEc2(door, { operation: "AttachVolume", resource: volumeId, signal: options.signal }, async ({ signal, isOutcomeUnknown }) => {
    try {
      await door.ec2.send((aws) => new aws.AttachVolumeCommand({ VolumeId: volumeId, InstanceId: instanceId, Device: deviceName }), { abortSignal: signal });
    } catch (error) {
      if (!(isOutcomeUnknown && describeAwsFailure(error)?.code === "VolumeInUse" && (await isThere()))) throw error;
    }
  });
  await poll({ clock: door.clock, missingForMs, signal: options.signal }, async () => ((await isThere()) ? true : undefined));
}

/** Detaches a volume, and waits until it is free. That it is free already is a success. */
export async function detachVolume(door: Ec2Door, volumeId: string, options: CallOptions): Promise<void> {
  const input: DetachVolumeCommandInput = { VolumeId: volumeId };
  const isFree = async (): Promise<boolean> => (await findVolume(door, volumeId, options)).volume.State === "available";
  if (!(await isFree())) {
    await callEc2(door, { operation: "DetachVolume", resource: volumeId, signal: options.signal }, async ({ signal }) => {
      try {
        await door.ec2.send((aws) => new aws.DetachVolumeCommand(input), { abortSignal: signal });
      } catch (error) {
        // it is on its way out already: then only waiting is left
        if (describeAwsFailure(error)?.code !== "IncorrectState") throw error;
      }
    });
  }
  await poll({ clock: door.clock, missingForMs, signal: options.signal }, async () => ((await isFree()) ? true : undefined));
}

/** Whether a volume goes when its instance is terminated. */
export async function setDeleteOnTermination(door: Ec2Door, place: { readonly instanceId: string; readonly deviceName: string; readonly isDeleted: boolean }, options: CallOptions): Promise<void> {
  const { instanceId, deviceName, isDeleted } = place;
  const input = { InstanceId: instanceId, BlockDeviceMappings: [{ DeviceName: deviceName, Ebs: { DeleteOnTermination: isDeleted } }] };
  await callEc2(door, { operation: "ModifyInstanceAttribute", resource: instanceId, signal: options.signal }, async ({ signal }) => await door.ec2.send((aws) => new aws.ModifyInstanceAttributeCommand(input), { abortSignal: signal }));
}
