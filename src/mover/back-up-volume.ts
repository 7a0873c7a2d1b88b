import type { CloudAccount } from "../ports/index.js";
import type { RunLimits } from "../transfer/run-pace.js";
import { backUpReader, type ReaderBackupContext } from "./back-up-reader.js";
import type { VolumeBackupResult } from "./volume-result.js";

/** Which volume is backed up from which snapshot: plain JSON, so that it can be told to a mover elsewhere. */
export interface VolumeBackupTask {
  readonly region: string;
  readonly snapshotId: string;
  /** The session that this is a part of: what the account allows is shared equally between sessions. */
  readonly session?: string | undefined;
  /** The volume's stream: `<account>/<region>/<vol-…>`. */
  readonly resource: string;
  readonly volumeId: string;
  readonly deviceName?: string | undefined;
  /** What the cloud said of the volume. */
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly ignoreBase?: boolean | undefined;
  readonly auditBlocks?: number | undefined;
  /** This volume's share of what the run may take: for a mover that knows nothing of the run's other volumes. */
  readonly limits?: RunLimits | undefined;
}

/** What a backup task runs with, where it runs. */
export interface VolumeBackupContext extends ReaderBackupContext {
  readonly account: CloudAccount;
}

/** Moves one volume from its snapshot into a restore point, up to its record; the point's commit is the caller's. */
export async function backUpVolume(task: VolumeBackupTask, context: VolumeBackupContext): Promise<VolumeBackupResult> {
  const reader = await context.account.openSnapshotReader({ region: task.region, snapshotId: task.snapshotId, session: task.session }, { signal: context.signal });
  try {
    const result = await backUpReader(reader, task, context);
    const listings = reader.traffic?.listings;
    return { ...result, ...(listings !== undefined && { listings }), snapshotId: task.snapshotId };
  } finally {
    await reader.close();
  }
}
