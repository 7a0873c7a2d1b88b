import * as z from "zod";
import { IntegrityError } from "../../errors/index.js";
import type { RemoteBackup, RemoteRestore } from "../../mover/do-work.js";
import type { VolumeBackupTask } from "../../mover/index.js";

const count = z.int().min(0);
const time = z.iso.datetime();

/** What a worker says that it asked for; one of an older bundle says nothing. */
const workerUse = z.object({
  requests: z.array(z.object({ service: z.string(), operation: z.string(), region: z.string(), requests: count, throttled: count, failed: count })),
  storeRequests: z.object({ puts: count, dataPuts: count, gets: count, lists: count, deletes: count, putBytes: count, gotBytes: count }),
});

/** What a worker says of a backup: what the engine shows and records of it, and what it holds against the repository. */
const backupResult = z.looseObject({
  result: z.looseObject({
    volumeId: z.string(),
    deviceName: z.string().optional(),
    snapshotId: z.string(),
    sizeBytes: count,
    method: z.enum(["full", "incremental"]),
    baseSnapshotId: z.string().optional(),
    fullReason: z.string().optional(),
    blocks: z.object({ changed: count, removed: count, read: count, resumed: count, zero: count, known: count, stored: count, healed: count, audited: count }),
    storedBytes: count,
    listings: count.optional(),
    startedAt: time,
    endedAt: time,
    durationMs: z.number().min(0),
    worker: workerUse.optional(),
  }),
  written: z.looseObject({
    record: z.looseObject({ stream: z.string(), sequence: z.int().min(1), hash: z.string(), counts: z.record(z.string(), z.number()) }),
    volume: z.strictObject({ stream: z.string(), sequence: z.int().min(1), volumeId: z.string(), deviceName: z.string().optional(), sizeBytes: count, snapshotId: z.string().optional() }),
  }),
});
const restoreResult = z.object({ snapshotId: z.string(), blocks: count });

/** A worker's result of a backup; `IntegrityError` (`DamagedOutcome`) where it is none, or of another volume or snapshot than the task. What it says of the repository is proven where it is taken in. */
export function readBackupResult(result: unknown, task: Pick<VolumeBackupTask, "volumeId" | "snapshotId">): RemoteBackup {
  const parsed = backupResult.safeParse(result);
  if (!parsed.success) throw damaged("is not what a backup gives", parsed.error);
  const done = parsed.data as unknown as RemoteBackup;
  const { volumeId, snapshotId } = done.result;
  if (volumeId !== task.volumeId || snapshotId !== task.snapshotId) throw damaged(`is about ${volumeId} and ${snapshotId}, and its task was ${task.volumeId} and ${task.snapshotId}`);
  return done;
}

/** A worker's result of a restore; `IntegrityError` (`DamagedOutcome`) where it is none, or of another snapshot than the engine began. */
export function readRestoreResult(result: unknown, snapshotId: string): RemoteRestore {
  const parsed = restoreResult.safeParse(result);
  if (!parsed.success) throw damaged("is not what a restore gives", parsed.error);
  if (parsed.data.snapshotId !== snapshotId) throw damaged(`names the snapshot ${parsed.data.snapshotId}, and its task was ${snapshotId}`);
  return parsed.data;
}

function damaged(why: string, cause?: unknown): IntegrityError {
  return new IntegrityError(`What a worker says of its task ${why}. Nothing of it was used: run it again, and look at the worker's log.`, { code: "DamagedOutcome", cause });
}
