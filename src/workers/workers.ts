import type { VolumeBackupContext, VolumeBackupResult, VolumeBackupTask, VolumeRestoreContext, VolumeRestoreResult } from "../mover/index.js";

/** What a backup runs with; how much it reads at a time, the workers decide. */
export type BackupContext = Omit<VolumeBackupContext, "maxReadsInFlight" | "sealer" | "minCompressionLevel">;

/** Who moves data: decides how many volumes move at a time, and where. */
export interface Workers {
  /** Backs up one volume; waits for a free place first. */
  backUpVolume(task: VolumeBackupTask, context: BackupContext): Promise<VolumeBackupResult>;
  /** Restores one volume; waits for a free place first. */
  restoreBlocks<Result>(context: VolumeRestoreContext<Result>): Promise<VolumeRestoreResult<Result>>;
}
