/** Who beside its owner may make volumes from a snapshot. */
export interface SnapshotPermissions {
  readonly accountIds: readonly string[];
  readonly isPublic: boolean;
}
