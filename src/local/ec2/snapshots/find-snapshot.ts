import type { SnapshotFacts } from "../block-resources.js";
import type { Ec2Environment } from "../ec2-environment.js";
import { ec2Error } from "../ec2-error.js";
import { requireResource } from "../resource-id.js";
import type { Scope } from "../scope.js";
import { mayRestore } from "./snapshot-permissions.js";

/** The caller's own snapshots in the region, and those shared with it. */
export function visibleSnapshots(environment: Ec2Environment, { accountId, region }: Scope): SnapshotFacts[] {
  return [...environment.blocks.snapshots()].filter((snapshot) => snapshot.region === region && mayRestore(environment, accountId, snapshot));
}

/** A snapshot that the caller may make a volume from. */
export function requireVisibleSnapshot(environment: Ec2Environment, { accountId, region }: Scope, snapshotId: string | undefined): SnapshotFacts {
  return requireResource("snapshot", snapshotId, (id) => {
    const snapshot = environment.blocks.snapshot(id);
    return snapshot?.region === region && mayRestore(environment, accountId, snapshot) ? snapshot : undefined;
  });
}

/** A snapshot that the caller may change: its own. */
export function requireOwnSnapshot(environment: Ec2Environment, scope: Scope, snapshotId: string | undefined): SnapshotFacts {
  const snapshot = requireVisibleSnapshot(environment, scope, snapshotId);
  if (snapshot.accountId !== scope.accountId) throw ec2Error("AuthFailure", `Not authorized for snapshot:${snapshot.snapshotId}`, 403);
  return snapshot;
}
