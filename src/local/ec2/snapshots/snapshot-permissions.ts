import type { SnapshotFacts } from "../block-resources.js";
import type { Ec2Environment } from "../ec2-environment.js";
import type { SnapshotPermissions } from "./permissions-record.js";

export function permissionsOf({ tables }: Ec2Environment, snapshotId: string): SnapshotPermissions {
  return tables.permissions.get(snapshotId) ?? { accountIds: [], isPublic: false };
}

/** Whether an account may make volumes from a snapshot, as its owner or by permission. */
export function mayRestore(environment: Ec2Environment, accountId: string, snapshot: SnapshotFacts): boolean {
  const { accountIds, isPublic } = permissionsOf(environment, snapshot.snapshotId);
  return snapshot.accountId === accountId || isPublic || accountIds.includes(accountId);
}
