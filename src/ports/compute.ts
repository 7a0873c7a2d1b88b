/** Key and value of a resource's tags. */
export type Tags = Readonly<Record<string, string>>;

/** A volume as its owner sees it. */
export interface VolumeDescription {
  readonly volumeId: string;
  readonly sizeBytes: number;
  readonly availabilityZone: string;
  readonly volumeType: string;
  readonly iops?: number | undefined;
  readonly throughputMiBps?: number | undefined;
  readonly encrypted: boolean;
  readonly kmsKeyId?: string | undefined;
  readonly tags: Tags;
  /** Where it is attached, if it is. */
  readonly attachment?: { readonly instanceId: string; readonly deviceName: string; readonly deleteOnTermination?: boolean | undefined } | undefined;
}

/** An instance as its owner sees it, with all that a restore needs as the provider's own JSON. */
export interface InstanceDescription {
  readonly instanceId: string;
  readonly name: string | undefined;
  readonly tags: Tags;
  readonly rootDeviceName: string | undefined;
  readonly volumes: readonly { readonly volumeId: string; readonly deviceName: string }[];
  /** What DescribeInstances said and, of `instance`, what else RunInstances can set, JSON-safe. User data may hold secrets: show it to nobody. */
  readonly attributes: Readonly<Record<string, unknown>>;
}

/** A snapshot as the cloud describes it. */
export interface SnapshotDescription {
  readonly snapshotId: string;
  readonly volumeId: string;
  readonly state: "pending" | "completed" | "error";
  readonly volumeSizeBytes: number;
  readonly startedAt: Date;
  /** Default: it is not. */
  readonly isEncrypted?: boolean | undefined;
  /** The key's ARN, where it is encrypted. */
  readonly kmsKeyId?: string | undefined;
  readonly tags: Tags;
}

/** What a new volume shall be. */
export interface CreateVolumeRequest {
  readonly snapshotId: string;
  readonly availabilityZone: string;
  /** A whole number of GiB, the snapshot's size or more. Default: the snapshot's. */
  readonly sizeBytes?: number | undefined;
  readonly volumeType?: string | undefined;
  readonly iops?: number | undefined;
  readonly throughputMiBps?: number | undefined;
  /** MiB/s at which the snapshot's blocks are brought into the volume. Default: as they are first read. */
  readonly initializationRateMiBps?: number | undefined;
  readonly encrypted?: boolean | undefined;
  readonly kmsKeyId?: string | undefined;
  readonly tags: Tags;
  /** Makes a repeated request give the same volume. */
  readonly clientToken: string;
}

/** How a snapshot is to be locked against deletion: in governance mode who may can unlock it, in compliance mode nobody can. */
export interface SnapshotLockRequest {
  readonly mode: "governance" | "compliance";
  /** From the lock on: 1 to 36,500 (https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_LockSnapshot.html). */
  readonly days: number;
  /** In compliance mode: for so long it can still be taken back or shortened, 1 to 72. Default: not at all. */
  readonly coolOffHours?: number | undefined;
}

/** A snapshot's lock. */
export interface SnapshotLock {
  readonly snapshotId: string;
  readonly mode: "governance" | "compliance";
  /** Until then it cannot be deleted. */
  readonly lockedUntil: Date;
}

/** A snapshot that is to be copied to here. */
export interface CopySnapshotRequest {
  /** Completed; of this account, or shared with it. */
  readonly snapshotId: string;
  readonly sourceRegion: string;
  readonly description: string;
  readonly tags: Tags;
  /** Encrypts the copy by this key of the region: an id, an ARN or an alias. Without it the copy is encrypted where its source is. */
  readonly kmsKeyId?: string | undefined;
}

/**
 * Instances, volumes and snapshots in one account and region. Lists page as they go. A missing resource is a
 * `NotFoundError` (`InstanceNotFound`, `VolumeNotFound`, `SnapshotNotFound`), the rest `ProviderError`.
 */
export interface Compute {
  readonly region: string;
  /** The account's twelve digits. */
  readonly accountId: () => Promise<string>;
  /** Instances that carry all of `tags`, neither terminated nor shutting down. */
  instancesByTags(tags: Tags, options?: CallOptions): AsyncIterable<InstanceDescription>;
  /** Volumes that carry all of `tags`. */
  volumesByTags(tags: Tags, options?: CallOptions): AsyncIterable<VolumeDescription>;
  /** An instance with everything that a restore of it needs. */
  instance(instanceId: string, options?: CallOptions): Promise<InstanceDescription>;
  /** A volume as it is now. */
  volume(volumeId: string, options?: CallOptions): Promise<VolumeDescription>;
  /** Snapshots of all volumes of an instance but `excludeVolumeIds`, crash-consistent, at one moment (CreateSnapshots). */
  snapshotInstance(instanceId: string, request: { readonly excludeVolumeIds: readonly string[]; readonly excludeRootVolume?: boolean | undefined; readonly description: string; readonly tags: Tags }, options?: CallOptions): Promise<readonly SnapshotDescription[]>;
  /** Begins a snapshot of one volume (CreateSnapshot). */
  snapshotVolume(volumeId: string, request: { readonly description: string; readonly tags: Tags }, options?: CallOptions): Promise<SnapshotDescription>;
  /** A snapshot as it is now. */
  snapshot(snapshotId: string, options?: CallOptions): Promise<SnapshotDescription>;
  /** The account's own snapshots that carry all of `tags`; with `sharedWith`, only those that this other account may use. */
  snapshotsByTags(tags: Tags, options?: CallOptions & { readonly sharedWith?: string | undefined }): AsyncIterable<SnapshotDescription>;
  /** Resolves when the snapshot is completed; `ProviderError` (`SnapshotFailed`) when it ends in error. */
  waitForSnapshot(snapshotId: string, options?: CallOptions): Promise<SnapshotDescription>;
  /** Begins a copy of a snapshot of any region, here (CopySnapshot); gives the copy's id. */
  copySnapshot(request: CopySnapshotRequest, options?: CallOptions): Promise<string>;
  /** Lets other accounts copy a snapshot, or no longer. */
  shareSnapshot(snapshotId: string, accountId: string, isShared: boolean, options?: CallOptions): Promise<void>;
  /** Locks a completed snapshot against deletion (LockSnapshot). Repeated, its time begins anew. */
  lockSnapshot(snapshotId: string, request: SnapshotLockRequest, options?: CallOptions): Promise<SnapshotLock>;
  /** The locks among these snapshots of the account that hold at this moment (DescribeLockedSnapshots). Those that are gone have none. */
  snapshotLocks(snapshotIds: readonly string[], options?: CallOptions): Promise<readonly SnapshotLock[]>;
  /** Nothing happens where there is none; a locked one is a `ProviderError`. */
  deleteSnapshot(snapshotId: string, options?: CallOptions): Promise<void>;
  /** Begins a volume of a snapshot; a repeated client token gives the same one. */
  createVolume(request: CreateVolumeRequest, options?: CallOptions): Promise<VolumeDescription>;
  /** Resolves when the volume can be attached; `ProviderError` when it ends in error. */
  waitForVolume(volumeId: string, options?: CallOptions): Promise<VolumeDescription>;
  /** Nothing happens where there is none. */
  deleteVolume(volumeId: string, options?: CallOptions): Promise<void>;
  /** The availability zones of the region that are open to the account. */
  availabilityZones(options?: CallOptions): Promise<readonly string[]>;
}

/** What every call of a port takes. */
export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
}
