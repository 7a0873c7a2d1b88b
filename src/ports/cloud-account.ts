import type { BlockReader } from "./block-reader.js";
import type { BlockWriter } from "./block-writer.js";
import type { RequestCounter } from "./request-counter.js";
import type { PermissionCheck } from "./permission-check.js";
import type { CallOptions, Compute, Tags } from "./compute.js";

/** A completed snapshot that is to be read. */
export interface SnapshotReaderRequest {
  readonly region: string;
  readonly snapshotId: string;
  /** For whom it is read: what the provider allows is shared equally between sessions (default: between snapshots). */
  readonly session?: string | undefined;
}

/** A snapshot that is to be made out of blocks. */
export interface SnapshotWriterRequest {
  readonly region: string;
  /** For whom it is written: what the provider allows is shared equally between sessions (default: between snapshots). */
  readonly session?: string | undefined;
  /** A whole number of GiB, at most 64 TiB. */
  readonly volumeSizeBytes: number;
  /** A snapshot of the same owner: only what differs from it needs to be written. */
  readonly parentSnapshotId?: string | undefined;
  readonly description: string;
  readonly tags: Tags;
  /** Makes a repeated request give the same snapshot: at most 64 ASCII characters. */
  readonly clientToken: string;
  /** The snapshot of an earlier request that has not been completed: this one goes on with it, and nothing else of the request begins anything. */
  readonly snapshotId?: string | undefined;
  /** How long it stays with nothing written, from 10 to 4,320 minutes, before the provider gives it up. Default: 60. */
  readonly timeoutMinutes?: number | undefined;
  /** `complete` resolves once the snapshot is sealed; whoever asks this waits (`waitForSnapshot`) somewhere else until it can be used. */
  readonly isWaitedForElsewhere?: boolean | undefined;
  readonly encrypted?: boolean | undefined;
  /** The key's ARN. */
  readonly kmsKeyArn?: string | undefined;
}

/** A role in an account. Its external id is for nobody's eyes but its owner's. */
export interface AccountRole {
  readonly roleArn: string;
  readonly externalId?: string | undefined;
}

/** An account of the provider: as whom, and through which doors, the engine reaches instances, volumes and snapshots. */
export interface CloudAccount {
  /** The region for whoever names none. */
  readonly region: string;
  /** The role that was assumed to be in this account, if one was: how others who may assume it come here. */
  readonly role?: AccountRole | undefined;
  /** Counts what was asked of the provider in this account's name, where it is counted. Accounts that share a counter give the same one. */
  readonly requests?: RequestCounter | undefined;
  /** The account's twelve digits, asked once. */
  accountId(options?: CallOptions): Promise<string>;
  /** Instances, volumes and snapshots of a region. */
  compute(region: string): Compute;
  /** A completed snapshot to read; `NotFoundError` (`SnapshotNotFound`), `ConflictError` (`SnapshotNotCompleted`). */
  openSnapshotReader(request: SnapshotReaderRequest, options?: CallOptions): Promise<BlockReader>;
  /** A new snapshot to write, whose id is the writer's `target`; `complete` resolves when it can be used. */
  openSnapshotWriter(request: SnapshotWriterRequest, options?: CallOptions): Promise<BlockWriter<{ readonly snapshotId: string }>>;
  /** Asks what a role may do, where that can be asked. */
  permissionCheck?(): PermissionCheck;
}
