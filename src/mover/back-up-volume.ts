import { blockSizeBytes, type Clock, type CloudAccount, type Random } from "../ports/index.js";
import type { FrameSealer } from "../repository/pack/sealing/frame-sealer.js";
import type { PointWriter } from "../repository/writer/point-writer.js";
import { ProgressMeter, type Progress } from "../session/index.js";
import { backupVolume, type BackupMethod } from "../transfer/backup-volume.js";
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
}

/** What a backup task runs with, where it runs. */
export interface VolumeBackupContext {
  readonly account: CloudAccount;
  /** Where the volume's record goes. */
  readonly point: Pick<PointWriter, "beginVolume" | "finishVolume">;
  readonly clock: Clock;
  readonly random: Random;
  readonly maxReadsInFlight?: number | undefined;
  /** @internal Who seals blocks; by default the calling thread. */
  readonly sealer?: FrameSealer | undefined;
  /** The fastest level of zstd that may be taken while the processor holds the backup back. */
  readonly minCompressionLevel?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Called once, before the first block is read. */
  readonly onMethod?: ((method: BackupMethod) => void) | undefined;
  /** Called at most a few times a second, and at the end. */
  readonly onProgress?: ((progress: Progress) => void) | undefined;
}

/** Moves one volume from its snapshot into a restore point, up to its record; the point's commit is the caller's. */
export async function backUpVolume(task: VolumeBackupTask, context: VolumeBackupContext): Promise<VolumeBackupResult> {
  const { clock, point, signal } = context;
  const startedAt = clock.now().toISOString();
  const startedMs = clock.monotonicMs();
  const reader = await context.account.openSnapshotReader({ region: task.region, snapshotId: task.snapshotId, session: task.session }, { signal });
  try {
    const writer = await point.beginVolume(task.resource, { sealer: context.sealer, minCompressionLevel: context.minCompressionLevel });
    const volumeBlocks = Math.ceil(reader.volumeSizeBytes / blockSizeBytes);
    const meter = new ProgressMeter(clock, (progress) => context.onProgress?.(progress), undefined, () => reader.traffic);
    const { changedBlocks, removedBlocks, method, baseSnapshotId, fullReason } = await backupVolume(reader, writer, {
      maxInFlight: context.maxReadsInFlight,
      auditBlocks: task.auditBlocks,
      ignoreBase: task.ignoreBase,
      random: context.random,
      signal,
      onMethod: context.onMethod,
      onBlock: (index) => meter.add(blockSizeBytes, (index + 1) / volumeBlocks),
    });
    const facts = { method, ...(baseSnapshotId !== undefined && { baseSnapshotId }), ...(fullReason !== undefined && { fullReason }) };
    const place = { volumeId: task.volumeId, ...(task.deviceName !== undefined && { deviceName: task.deviceName }) };
    const { counts } = await point.finishVolume(
      writer,
      {
        resource: task.resource,
        volumeId: task.volumeId,
        snapshotId: task.snapshotId,
        volumeSizeBytes: reader.volumeSizeBytes,
        ...facts,
        startedAt,
        finishedAt: clock.now().toISOString(),
        volume: { ...task.attributes },
      },
      place,
    );
    meter.finish();
    return {
      ...place,
      snapshotId: task.snapshotId,
      sizeBytes: reader.volumeSizeBytes,
      ...facts,
      blocks: {
        changed: changedBlocks,
        removed: removedBlocks,
        read: counts.readBlocks,
        resumed: counts.resumedBlocks,
        zero: counts.zeroBlocks,
        known: counts.knownBlocks,
        stored: counts.storedBlocks,
        healed: counts.healedBlocks,
        audited: counts.auditedBlocks,
      },
      storedBytes: counts.storedBytes,
      startedAt,
      endedAt: clock.now().toISOString(),
      durationMs: Math.round(clock.monotonicMs() - startedMs),
    };
  } finally {
    await reader.close();
  }
}
