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
  readonly attachment?: { readonly instanceId: string; readonly deviceName: string } | undefined;
}

/** An instance as its owner sees it, with all that a restore needs as the provider's own JSON. */
export interface InstanceDescription {
  readonly instanceId: string;
  readonly name: string | undefined;
  readonly tags: Tags;
  readonly rootDeviceName: string | undefined;
  readonly volumes: readonly { readonly volumeId: string; readonly deviceName: string }[];
  /** What DescribeInstances said, JSON-safe. */
  readonly attributes: Readonly<Record<string, unknown>>;
}

export interface SnapshotDescription {
  readonly snapshotId: string;
  readonly volumeId: string;
  readonly state: "pending" | "completed" | "error";
  readonly volumeSizeBytes: number;
  readonly startedAt: Date;
  readonly tags: Tags;
}

/** What a new volume shall be. */
export interface CreateVolumeRequest {
  readonly snapshotId: string;
  readonly availabilityZone: string;
  readonly volumeType?: string | undefined;
  readonly iops?: number | undefined;
  readonly throughputMiBps?: number | undefined;
  readonly encrypted?: boolean | undefined;
  readonly kmsKeyId?: string | undefined;
  readonly tags: Tags;
  /** Makes a repeated request give the same volume. */
  readonly clientToken: string;
}

/**
 * Instances, volumes and snapshots in one account and region. Lists page as they go. A missing resource is a
 * `NotFoundError` (`InstanceNotFound`, `VolumeNotFound`, `SnapshotNotFound`), the rest `ProviderError`.
 */
export interface Compute {
  readonly region: string;
  readonly accountId: () => Promise<string>;
  /** Instances that carry all of `tags`, neither terminated nor shutting down. */
  instancesByTags(tags: Tags, options?: CallOptions): AsyncIterable<InstanceDescription>;
  volumesByTags(tags: Tags, options?: CallOptions): AsyncIterable<VolumeDescription>;
  instance(instanceId: string, options?: CallOptions): Promise<InstanceDescription>;
  volume(volumeId: string, options?: CallOptions): Promise<VolumeDescription>;
  /** Snapshots of all volumes of an instance but `excludeVolumeIds`, crash-consistent, at one moment (CreateSnapshots). */
  snapshotInstance(instanceId: string, request: { readonly excludeVolumeIds: readonly string[]; readonly excludeRootVolume?: boolean | undefined; readonly description: string; readonly tags: Tags }, options?: CallOptions): Promise<readonly SnapshotDescription[]>;
  snapshotVolume(volumeId: string, request: { readonly description: string; readonly tags: Tags }, options?: CallOptions): Promise<SnapshotDescription>;
  snapshot(snapshotId: string, options?: CallOptions): Promise<SnapshotDescription>;
  snapshotsByTags(tags: Tags, options?: CallOptions): AsyncIterable<SnapshotDescription>;
  /** Resolves when the snapshot is completed; `ProviderError` (`SnapshotFailed`) when it ends in error. */
  waitForSnapshot(snapshotId: string, options?: CallOptions): Promise<SnapshotDescription>;
  /** Nothing happens where there is none. */
  deleteSnapshot(snapshotId: string, options?: CallOptions): Promise<void>;
  createVolume(request: CreateVolumeRequest, options?: CallOptions): Promise<VolumeDescription>;
  waitForVolume(volumeId: string, options?: CallOptions): Promise<VolumeDescription>;
  deleteVolume(volumeId: string, options?: CallOptions): Promise<void>;
  availabilityZones(options?: CallOptions): Promise<readonly string[]>;
}

export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
}
