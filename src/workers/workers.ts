import type { VolumeBackupContext, VolumeBackupResult, VolumeBackupTask, VolumeRestoreContext, VolumeRestoreResult } from "../mover/index.js";
import type { Tags } from "../ports/index.js";
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

/** Who moves data: decides how many volumes move at a time, and where. */
export interface Workers {
  /** Backs up one volume; waits for a free place first. */
  backUpVolume(task: VolumeBackupTask, context: BackupContext): Promise<VolumeBackupResult>;
  /** The tags that what is made for this work shall have besides the engine's own: a pool's, with their variables filled in. None where this is missing. */
  tagsFor?(labels: RegionalLabels): Tags;
  /** Restores one volume; waits for a free place first. */
  restoreBlocks<Result>(context: VolumeRestoreContext<Result>): Promise<VolumeRestoreResult<Result>>;
}
