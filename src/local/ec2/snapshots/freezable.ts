import type { VolumeFacts } from "../block-resources.js";
import type { Ec2Environment } from "../ec2-environment.js";
import { ec2Error, incorrectState, invalidValue } from "../ec2-error.js";
import { maxPendingSnapshots } from "../volumes/volume-type.js";

const MAX_DESCRIPTION_LENGTH = 255;

export function checkDescription(description: string | undefined): string {
  const text = description ?? "";
  if (text.length > MAX_DESCRIPTION_LENGTH) throw invalidValue(`Description exceeds the maximum length of ${MAX_DESCRIPTION_LENGTH} characters`);
  return text;
}

/** Checks that a snapshot of a volume can be taken now. */
export function checkFreezable({ blocks }: Ec2Environment, volume: VolumeFacts): void {
  const { volumeId, volumeType } = volume;
  if (blocks.volumeState(volume) === "creating") throw incorrectState(`Volume '${volumeId}' is in the 'creating' state.`);
  const pending = [...blocks.snapshots()].filter((snapshot) => snapshot.volumeId === volumeId && blocks.snapshotState(snapshot) === "pending");
  if (pending.length < maxPendingSnapshots(volumeType)) return;
  throw ec2Error("ConcurrentSnapshotLimitExceeded", `Maximum allowed in-progress snapshots for volume '${volumeId}' exceeded.`);
}
