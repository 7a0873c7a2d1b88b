import type { SnapshotFacts } from "../block-resources.js";
import type { Ec2Environment } from "../ec2-environment.js";
import { ec2Error } from "../ec2-error.js";

/** Removes a snapshot that no image needs. */
export function removeSnapshot({ blocks, tables }: Ec2Environment, { snapshotId }: SnapshotFacts): void {
  for (const image of tables.images.values()) {
    if (!image.devices.some((device) => device.snapshotId === snapshotId)) continue;
    throw ec2Error("InvalidSnapshot.InUse", `The snapshot ${snapshotId} is currently in use by ${image.imageId}`);
  }
  blocks.deleteSnapshot(snapshotId);
  if (tables.permissions.get(snapshotId) !== undefined) blocks.records.commit([tables.permissions.remove(snapshotId)]);
}
