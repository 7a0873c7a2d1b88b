import type * as ec2 from "@aws-sdk/client-ec2";
import type { RequestContext } from "../../service.js";
import type { Ec2Environment } from "../ec2-environment.js";
import { removeSnapshot } from "../snapshots/remove-snapshot.js";
import { requireOwnImage } from "./find-image.js";

export function deregisterImage(environment: Ec2Environment, input: ec2.DeregisterImageRequest, context: RequestContext): ec2.DeregisterImageResult {
  const { blocks, tables } = environment;
  const image = requireOwnImage(environment, context, input.ImageId);
  blocks.records.commit([tables.images.remove(image.imageId)]);
  if (input.DeleteAssociatedSnapshots !== true) return { Return: true };
  const snapshotIds = image.devices.flatMap((device) => (device.snapshotId === undefined ? [] : [device.snapshotId]));
  return { Return: true, DeleteSnapshotResults: snapshotIds.map((snapshotId) => deleteOne(environment, snapshotId, context)) };
}

function deleteOne(environment: Ec2Environment, snapshotId: string, { accountId }: RequestContext): ec2.DeleteSnapshotReturnCode {
  const snapshot = environment.blocks.snapshot(snapshotId);
  if (snapshot === undefined) return { SnapshotId: snapshotId, ReturnCode: "client-error" };
  if (snapshot.accountId !== accountId) return { SnapshotId: snapshotId, ReturnCode: "missing-permissions" };
  if ([...environment.tables.images.values()].some((image) => image.devices.some((device) => device.snapshotId === snapshotId))) {
    return { SnapshotId: snapshotId, ReturnCode: "skipped" };
  }
  removeSnapshot(environment, snapshot);
  return { SnapshotId: snapshotId, ReturnCode: "success" };
}
