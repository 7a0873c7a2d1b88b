import type * as ec2 from "@aws-sdk/client-ec2";
import type { RequestContext } from "../../service.js";
import type { Ec2Environment } from "../ec2-environment.js";
import { ec2Error, invalidCombination, invalidValue, missingParameter } from "../ec2-error.js";
import { defaultKeyArn } from "../encryption/kms-key.js";
import { requireOwnSnapshot } from "./find-snapshot.js";
import { permissionsOf } from "./snapshot-permissions.js";

interface Change {
  readonly accountIds: readonly string[];
  readonly isPublic: boolean;
}

/** Shares a snapshot, or ends that. */
export function modifySnapshotAttribute(environment: Ec2Environment, input: ec2.ModifySnapshotAttributeRequest, context: RequestContext): void {
  const snapshot = requireOwnSnapshot(environment, context, input.SnapshotId);
  if (input.Attribute !== undefined && input.Attribute !== "createVolumePermission") {
    throw invalidValue(`Value (${input.Attribute}) for parameter attribute is invalid.`);
  }
  const { added, removed } = readChanges(input);
  if (snapshot.encrypted && (added.isPublic || snapshot.kmsKeyId === defaultKeyArn(context))) {
    if (added.isPublic || added.accountIds.length > 0) {
      throw ec2Error("OperationNotPermitted", "Encrypted snapshots with EBS default key cannot be shared, and no encrypted snapshot can be public");
    }
  }
  const present = permissionsOf(environment, snapshot.snapshotId);
  const accountIds = new Set([...present.accountIds, ...added.accountIds]);
  for (const accountId of removed.accountIds) accountIds.delete(accountId);
  const isPublic = (present.isPublic || added.isPublic) && !removed.isPublic;
  environment.blocks.records.commit([environment.tables.permissions.put(snapshot.snapshotId, { accountIds: [...accountIds], isPublic })]);
}

export function resetSnapshotAttribute(environment: Ec2Environment, input: ec2.ResetSnapshotAttributeRequest, context: RequestContext): void {
  const { snapshotId } = requireOwnSnapshot(environment, context, input.SnapshotId);
  if (input.Attribute !== "createVolumePermission") throw invalidValue(`Value (${String(input.Attribute)}) for parameter attribute is invalid.`);
  environment.blocks.records.commit([environment.tables.permissions.remove(snapshotId)]);
}

/** The change in either of the two forms that the API has. */
function readChanges(input: ec2.ModifySnapshotAttributeRequest): { readonly added: Change; readonly removed: Change } {
  const { CreateVolumePermission: permission, OperationType: operation, UserIds: userIds = [], GroupNames: groups = [] } = input;
  const none = readChange([]);
  if (permission !== undefined) {
    if (operation !== undefined) throw invalidCombination("The parameter OperationType cannot be used with the parameter CreateVolumePermission");
    return { added: readChange(permission.Add ?? []), removed: readChange(permission.Remove ?? []) };
  }
  const change = readChange([...userIds.map((UserId) => ({ UserId })), ...groups.map((Group) => ({ Group }))]);
  if (operation === "add") return { added: change, removed: none };
  if (operation === "remove") return { added: none, removed: change };
  throw missingParameter("operationType");
}

function readChange(permissions: readonly { readonly UserId?: string | undefined; readonly Group?: string | undefined }[]): Change {
  for (const { UserId: userId, Group: group } of permissions) {
    if (userId !== undefined && !/^\d{12}$/.test(userId)) throw ec2Error("InvalidUserID.Malformed", `Invalid user id: "${userId}"`);
    if (group !== undefined && group !== "all") throw invalidValue(`Invalid group: "${group}"`);
  }
  return {
    accountIds: permissions.flatMap(({ UserId: userId }) => (userId === undefined ? [] : [userId])),
    isPublic: permissions.some(({ Group: group }) => group === "all"),
  };
}
