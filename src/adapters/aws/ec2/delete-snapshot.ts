import { HoldfastError } from "../../../errors/index.js";
import type { CallOptions } from "../../../ports/index.js";
import { callEc2, type Ec2Door } from "./ec2-door.js";

/** Removes a snapshot; nothing happens where there is none. */
export async function deleteSnapshot(door: Ec2Door, snapshotId: string, options: CallOptions): Promise<void> {
  try {
    await callEc2(door, { operation: "DeleteSnapshot", resource: snapshotId, signal: options.signal }, async ({ signal }) => {
      await door.ec2.send((aws) => new aws.DeleteSnapshotCommand({ SnapshotId: snapshotId }), { abortSignal: signal });
    });
  } catch (error) {
    if (!(HoldfastError.isInstance(error) && error.code === "SnapshotNotFound")) throw error;
  }
}
