import type * as ec2 from "@aws-sdk/client-ec2";
import type { RequestContext } from "../../service.js";
import type { Ec2Environment } from "../ec2-environment.js";
import { invalidValue } from "../ec2-error.js";
import { requireOwnSnapshot } from "./find-snapshot.js";
import { permissionsOf } from "./snapshot-permissions.js";

export function describeSnapshotAttribute(
  environment: Ec2Environment,
  input: ec2.DescribeSnapshotAttributeRequest,
  context: RequestContext,
): ec2.DescribeSnapshotAttributeResult {
  const { snapshotId } = requireOwnSnapshot(environment, context, input.SnapshotId);
  if (input.Attribute === "productCodes") return { SnapshotId: snapshotId, ProductCodes: [] };
  if (input.Attribute !== "createVolumePermission") throw invalidValue(`Value (${String(input.Attribute)}) for parameter attribute is invalid.`);
  const { accountIds, isPublic } = permissionsOf(environment, snapshotId);
  return {
    SnapshotId: snapshotId,
    CreateVolumePermissions: [...accountIds.map((UserId) => ({ UserId })), ...(isPublic ? [{ Group: "all" as const }] : [])],
  };
}
