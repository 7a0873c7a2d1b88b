/** What only a snapshot has that is written through the EBS direct APIs. */
export interface DirectSnapshot {
  /** Minutes without a block after which it fails. */
  readonly timeoutMinutes: number;
  /** ISO 8601: the last block written, to within the seconds between two records of it. */
  readonly lastWrittenAt: string;
}

/** A snapshot, as it is kept. */
export interface SnapshotRecord {
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
  readonly completesAt?: string;
  /** Why it failed. */
  readonly failed?: string;
  readonly encrypted: boolean;
  readonly kmsKeyId?: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly parentSnapshotId?: string;
  readonly direct?: DirectSnapshot;
  /** The frozen layer that it ends with, or, while blocks are put into it, the one that takes them; null where nothing was ever written. */
  readonly topLayerId: string | null;
  readonly lineageId: string;
}

/** A snapshot of a volume that is to be taken. */
export interface NewSnapshot {
  readonly volumeId: string;
  readonly description: string;
  readonly tags: Readonly<Record<string, string>>;
}

/** A snapshot that is to be written block by block. */
export interface NewDirectSnapshot {
  readonly accountId: string;
  readonly region: string;
  readonly sizeGib: number;
  readonly description: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly encrypted: boolean;
  readonly kmsKeyId?: string | undefined;
  readonly parentSnapshotId?: string | undefined;
  readonly timeoutMinutes: number;
}

export type SnapshotState = "pending" | "completed" | "error";

/** The volume's id that snapshots have which were made of none. */
export const noVolumeId = "vol-ffffffff";
