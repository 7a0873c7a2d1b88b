import type { RecordStore } from "../blocks/record-store.js";

/** A volume, as far as EC2 is concerned. */
export interface VolumeFacts {
  readonly volumeId: string;
  readonly accountId: string;
  readonly region: string;
  readonly availabilityZone: string;
  readonly sizeGib: number;
  readonly volumeType: string;
  readonly iops?: number | undefined;
  readonly throughputMiBps?: number | undefined;
  readonly initializationRateMiBps?: number | undefined;
  readonly encrypted: boolean;
  readonly kmsKeyId?: string | undefined;
  readonly snapshotId?: string | undefined;
  /** ISO 8601. */
  readonly createdAt: string;
  readonly tags: Readonly<Record<string, string>>;
}

/** A snapshot, as far as EC2 is concerned. */
export interface SnapshotFacts {
  readonly snapshotId: string;
  readonly accountId: string;
  readonly region: string;
  /** `vol-ffffffff` for one that was made of no volume. */
  readonly volumeId: string;
  readonly sizeGib: number;
  readonly description: string;
  /** ISO 8601. */
  readonly startedAt: string;
  /** ISO 8601: when it is complete, once that is known. */
  readonly completesAt?: string | undefined;
  /** Why it failed. */
  readonly failed?: string | undefined;
  readonly encrypted: boolean;
  readonly kmsKeyId?: string | undefined;
  readonly tags: Readonly<Record<string, string>>;
  /** Snapshots of the same lineage can be compared. */
  readonly lineageId: string;
}

export interface NewVolumeFacts {
  readonly accountId: string;
  readonly region: string;
  readonly availabilityZone: string;
  readonly sizeGib: number;
  readonly volumeType: string;
  readonly iops?: number;
  readonly throughputMiBps?: number;
  readonly initializationRateMiBps?: number | undefined;
  readonly encrypted: boolean;
  readonly kmsKeyId?: string;
  readonly snapshotId?: string;
  readonly tags: Record<string, string>;
}

/** The storage of volumes and snapshots that EC2 stands on: `BlockStorage` is one. */
export interface BlockResources {
  /** Where EC2 keeps its own tables. */
  readonly records: RecordStore;
  createVolume(request: NewVolumeFacts): VolumeFacts;
  volume(volumeId: string): VolumeFacts | undefined;
  volumes(): Iterable<VolumeFacts>;
  updateVolume(volumeId: string, changes: Partial<VolumeFacts>): VolumeFacts;
  deleteVolume(volumeId: string): void;
  volumeState(volume: VolumeFacts): "creating" | "available";
  /** Freezes all the volumes at one moment: all or none. */
  createSnapshots(
    requests: readonly { readonly volumeId: string; readonly description: string; readonly tags: Record<string, string> }[],
  ): Promise<readonly SnapshotFacts[]>;
  snapshot(snapshotId: string): SnapshotFacts | undefined;
  snapshots(): Iterable<SnapshotFacts>;
  updateSnapshot(snapshotId: string, changes: Partial<SnapshotFacts>): SnapshotFacts;
  deleteSnapshot(snapshotId: string): void;
  snapshotState(snapshot: SnapshotFacts): "pending" | "completed" | "error";
}
