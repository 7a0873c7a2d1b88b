import type { SnapshotFacts } from "../block-resources.js";
import type { Ec2Environment } from "../ec2-environment.js";
import { ec2Error } from "../ec2-error.js";
import { assertUnlocked } from "./lock-snapshot.js";

/** Removes a snapshot that no image needs. */
export function removeSnapshot(environment: Ec2Environment, snapshot: SnapshotFacts): void {
  const { blocks, tables } = environment;
  const { snapshotId } = snapshot;
  assertUnlocked(environment, snapshot);
  for (const image of tables.images.values()) {
    if (!image.devices.some((device) => device.snapshotId === snapshotId)) continue;
    throw ec2Error("InvalidSnapshot.InUse", `The snapshot ${snapshotId} is currently in use by ${image.imageId}`);
  }
  blocks.deleteSnapshot(snapshotId);
  if (tables.permissions.get(snapshotId) !== undefined) blocks.records.commit([tables.permissions.remove(snapshotId)]);
  if (tables.locks.get(snapshotId) !== undefined) blocks.records.commit([tables.locks.remove(snapshotId)]);
}
