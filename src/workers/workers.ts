import type { VolumeBackupContext, VolumeBackupResult, VolumeBackupTask, VolumeRestoreContext, VolumeRestoreResult } from "../mover/index.js";
import type { CallOptions, CloudAccount, Tags } from "../ports/index.js";
import type { RepositoryTask } from "../repository/workers/repository-workers.js";
import type { PointWriter } from "../repository/writer/point-writer.js";

/** For whom workers work: what their tags may say. */
export interface WorkLabels {
  readonly policyId?: string | undefined;
  readonly policyName?: string | undefined;
  readonly sessionId?: string | undefined;
  /** `<account>/<region>/<id>`. */
  readonly resourceId?: string | undefined;
}

/** What a backup runs with; how much it reads at a time, the workers decide. */
export interface BackupContext extends Omit<VolumeBackupContext, "maxReadsInFlight" | "sealer" | "minCompressionLevel" | "point"> {
  /** The restore point that the volume belongs to. */
  readonly point: PointWriter;
  /** The volume's size, as it was when its snapshot was taken. */
  readonly volumeSizeBytes?: number | undefined;
  readonly labels?: WorkLabels | undefined;
}

/** For whom, and in which region. */
export type RegionalLabels = WorkLabels & { readonly region: string };

/** What the work on one volume runs on, where a machine is paid for it. */
export interface WorkMachine {
  readonly instanceType: string;
  /** Interface endpoints of the region's network, each zone counted, that are paid for by the hour; 0 where workers need none. */
  readonly endpoints: number;
  readonly hasEndpoints: boolean;
  /** Whether each task asks KMS for the repository's key. */
  readonly usesKms: boolean;
}

/** A restore that is about to make snapshots. */
export interface NotedRestore {
  readonly sessionId: string;
  /** Where it makes them. */
  readonly account: CloudAccount;
  readonly region: string;
  /** What it makes carries all of these; among them something that no other restore has. */
  readonly tags: Tags;
  /** By which it can be gone on with when this process dies, if it can. */
  readonly restoreId?: string | undefined;
}

/** What is known, outside this process, of a restore that makes snapshots: as long as it is there, what a dead process leaves is found. */
export interface RestoreNote {
  /** Something of it may stay behind: a reaping shall look for it after the end. */
  doubt(): void;
  /** From here on what it made is the caller's. `ConflictError` (`RestoreReaped`) where a reaping took it for dead and removes it: then it must not be told as a result. */
  made(options?: CallOptions): Promise<void>;
  /** It is over, whatever came of it. What fails here is logged, and found by a reaping. */
  end(): Promise<void>;
}

/** Who moves data: decides how many volumes move at a time, and where. */
export interface Workers {
  /** Backs up one volume; waits for a free place first. */
  backUpVolume(task: VolumeBackupTask, context: BackupContext): Promise<VolumeBackupResult>;
  /** The tags that what is made for this work shall have besides the engine's own: a pool's, with their variables filled in. None where this is missing. */
  tagsFor?(labels: RegionalLabels): Tags;
  /** What a volume of this size would be moved on, for what it costs; none where this is missing. Launches nothing. */
  machineFor?(work: { readonly region: string; readonly sizeBytes: number }): WorkMachine | undefined;
  /** Says that a restore makes snapshots, before it does; missing where nothing of it would be found after this process. */
  noteRestore?(restore: NotedRestore, options?: CallOptions): Promise<RestoreNote | undefined>;
  /** Restores one volume; waits for a free place first. */
  restoreBlocks<Result>(context: VolumeRestoreContext<Result>): Promise<VolumeRestoreResult<Result>>;
  /** Whether data moves in this very process: then so does all that is done in repositories. That is so where this is missing. */
  readonly isInProcess?: boolean | undefined;
  /**
   * Does work in a repository, near to where it lies.
   *
   * @internal
   */
  workInRepository?(task: RepositoryTask, labels?: WorkLabels): Promise<unknown>;
}
