import type { CallOptions } from "../../../ports/index.js";
import { callEc2, type Ec2Door } from "./ec2-door.js";
import { describeAwsFailure } from "../aws-failure.js";

/** Removes a volume. That it is gone is a success only where an earlier attempt, whose answer was lost, may have removed it. */
export async function deleteVolume(door: Ec2Door, volumeId: string, options: CallOptions): Promise<void> {
  await callEc2(door, { operation: "DeleteVolume", resource: volumeId, signal: options.signal }, async ({ signal, isOutcomeUnknown }) => {
    try {
      await door.ec2.send((aws) => new aws.DeleteVolumeCommand({ VolumeId: volumeId }), { abortSignal: signal });
    } catch (error) {
      if (!(isOutcomeUnknown && describeAwsFailure(error)?.code === "InvalidVolume.NotFound")) throw error;
    }
  });
}
