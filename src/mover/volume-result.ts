import type { RequestCount } from "../ports/index.js";
import type { RequestCounts } from "../repository/requests/request-counts.js";
import type { BackupMethod } from "../transfer/backup-volume.js";

/** What became of a volume's blocks. JSON. */
export interface BlockCounts {
  /** Blocks that the listing named: all that hold data for a full backup, those that changed for an increment. */
  readonly changed: number;
  /** Blocks that are no more since the base. */
  readonly removed: number;
  /** Blocks read for this point. The audit's come on top. */
  readonly read: number;
  /** Blocks that an earlier run, which was cut short, had read: taken over, and counted nowhere else but in `changed`. */
  readonly resumed: number;
  /** Of those read, all zeros: not stored. */
  readonly zero: number;
  /** Of those read, in the repository already: not stored again. */
  readonly known: number;
  /** Of those read, stored anew. */
  readonly stored: number;
  /** Of those read, blocks whose stored data was lost or damaged: right again, also for older restore points. */
  readonly healed: number;
  /** Unchanged blocks that were read again and compared, to catch a wrong changed-block list. */
  readonly audited: number;
}

/** What a worker elsewhere took and asked for, for one task. JSON. */
export interface WorkerUse {
  /** Time of instances: since the end of the worker's task before; of one that was launched for this task since its launch, and with the time that it is kept warm at its end. */
  readonly machineMs: number;
  /** Instances that were launched for it. */
  readonly launches: number;
  /** Each attempt of its own, by operation and region, up to its result: its beats and its end come on top. */
  readonly requests: readonly RequestCount[];
  /** Of these, those to the repository's store that succeeded, by what S3 charges for them. */
  readonly storeRequests: RequestCounts;
}

/** How one volume was backed up. JSON. */
export interface VolumeBackupResult {
  readonly volumeId: string;
  readonly deviceName?: string | undefined;
  readonly snapshotId: string;
  readonly sizeBytes: number;
  readonly method: BackupMethod["method"];
  /** The snapshot since which the changes were read. */
  readonly baseSnapshotId?: string | undefined;
  /** Why everything was read. */
  readonly fullReason?: string | undefined;
  readonly blocks: BlockCounts;
  /** Bytes stored for new blocks: compressed and sealed. */
  readonly storedBytes: number;
  /** Pages of block listings that were asked for, where the source tells. */
  readonly listings?: number | undefined;
  /** What the worker took and asked for that moved it; absent where this process did. */
  readonly worker?: WorkerUse | undefined;
  readonly startedAt: string;
  readonly endedAt: string;
  readonly durationMs: number;
}
