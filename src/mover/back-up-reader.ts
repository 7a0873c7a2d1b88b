import { blockSizeBytes, type BlockReader, type Clock, type Random } from "../ports/index.js";
import type { FrameSealer } from "../repository/pack/sealing/frame-sealer.js";
import type { PointWriter } from "../repository/writer/point-writer.js";
import { ProgressMeter, type Progress } from "../session/index.js";
import { backupVolume, type BackupMethod, type BackupVolumeOptions } from "../transfer/backup-volume.js";
import { paceOf, type RunLimits, type RunPace } from "../transfer/run-pace.js";
import type { VolumeBackupResult } from "./volume-result.js";

/** What of a volume is written down beside its blocks. */
export interface ReaderBackupTask extends Pick<BackupVolumeOptions, "ignoreBase" | "auditBlocks" | "baseIs"> {
  /** The volume's stream. */
  readonly resource: string;
  readonly volumeId: string;
  readonly deviceName?: string | undefined;
  readonly snapshotId?: string | undefined;
  readonly attributes: Readonly<Record<string, unknown>>;
  /** This volume's own share of what the run may take. */
  readonly limits?: RunLimits | undefined;
}

/** What the backup of a volume runs with, whatever it is read from. */
export interface ReaderBackupContext {
  /** Where the volume's record goes. */
  readonly point: Pick<PointWriter, "beginVolume" | "finishVolume">;
  readonly clock: Clock;
  readonly random: Random;
  readonly maxReadsInFlight?: number | undefined;
  /** @internal What all volumes of the run may take together; without it, what the task's own limits say. */
  readonly pace?: RunPace | undefined;
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

/** How a volume was backed up, whatever it was read from. */
export type ReaderBackupResult = Omit<VolumeBackupResult, "snapshotId"> & { readonly basePointId?: string | undefined };

/** Moves what a reader gives into a restore point, up to the volume's record; the point's commit, and the reader, are the caller's. */
export async function backUpReader(reader: BlockReader, task: ReaderBackupTask, context: ReaderBackupContext): Promise<ReaderBackupResult> {
  const { clock, point, signal } = context;
  const startedAt = clock.now().toISOString();
  const startedMs = clock.monotonicMs();
  const writer = await point.beginVolume(task.resource, { sealer: context.sealer, minCompressionLevel: context.minCompressionLevel });
  const volumeBlocks = Math.ceil(reader.volumeSizeBytes / blockSizeBytes);
  const meter = new ProgressMeter(clock, (progress) => context.onProgress?.(progress), undefined, () => reader.traffic);
  const { changedBlocks, removedBlocks, method, baseSnapshotId, basePointId, fullReason } = await backupVolume(reader, writer, {
    maxInFlight: context.maxReadsInFlight,
    auditBlocks: task.auditBlocks,
    ignoreBase: task.ignoreBase,
    baseIs: task.baseIs,
    random: context.random,
    pace: context.pace ?? paceOf(clock, task.limits),
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
      ...(task.snapshotId !== undefined && { snapshotId: task.snapshotId }),
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
    sizeBytes: reader.volumeSizeBytes,
    ...facts,
    ...(basePointId !== undefined && { basePointId }),
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
}
