import { IntegrityError } from "../errors/index.js";
import type { CloudAccount, SnapshotWriterRequest } from "../ports/index.js";
import { differenceByReading } from "./delta/difference-by-reading.js";
import type { SnapshotWritten } from "./delta/snapshot-written.js";
import { writeDelta } from "./delta/write-delta.js";
import type { RestoreSource } from "./find-source.js";
import { snapshotRequest, type PlannedSnapshot } from "./restore-plan.js";
import { beginSnapshot, moveBlocks, removeSnapshot, type RestoreRun } from "./restore-run.js";
import type { SnapshotSettings } from "./volume-restore-options.js";

/** Writes a volume of a restore point into a new snapshot, over a parent where one is named and can be; after a failure it is removed again. */
export async function writeSnapshot(run: RestoreRun, source: RestoreSource, planned: PlannedSnapshot, settings: SnapshotSettings & { readonly tags?: PlannedSnapshot["tags"] }, account: CloudAccount): Promise<SnapshotWritten> {
  const { parentSnapshotId } = settings;
  const request = snapshotRequest(source, planned, run.session.id, settings.tags);
  const delta = parentSnapshotId === undefined ? undefined : await writeDelta(run, source, request, { planned, parentSnapshotId, mayRead: true }, account);
  const written = delta !== undefined && "snapshotId" in delta ? delta : { ...(await writeAll(run, source, request, account)), method: "full" as const, ...(delta !== undefined && { fullReason: delta.why }) };
  run.session.emit({ type: "snapshot:completed", snapshotId: written.snapshotId });
  if (settings.compare === true) await compare(run, source, request, written.snapshotId, account);
  return written;
}

async function writeAll(run: RestoreRun, source: RestoreSource, target: SnapshotWriterRequest, account: CloudAccount): Promise<{ readonly snapshotId: string; readonly blocks: number }> {
  const writer = await beginSnapshot(run, account, target);
  const remote = { repository: run.repository, restorePoint: source.point.id, volumeId: source.volumeId, resource: source.point.resource, account, target, sessionId: run.session.id };
  const { made, blocks } = await moveBlocks(run, source, writer, remote);
  return { snapshotId: made.snapshotId, blocks };
}

/** Reads the finished snapshot again; what differs is an `IntegrityError`, and the snapshot is removed. */
async function compare(run: RestoreRun, source: RestoreSource, { region, volumeSizeBytes }: SnapshotWriterRequest, snapshotId: string, account: CloudAccount): Promise<void> {
  const { session, signal } = run;
  try {
    const reader = await account.openSnapshotReader({ region, snapshotId, session: session.id }, { signal });
    try {
      const different = await differenceByReading(reader, source.map, volumeSizeBytes, { signal });
      if (different.size > 0) {
        throw new IntegrityError(`The snapshot ${snapshotId} differs from restore point ${source.point.id} in ${String(different.size)} blocks, the first of them ${String([...different][0])}. It is removed; restore without parentSnapshotId, and report this.`, {
          code: "RestoreDiffers",
          context: { snapshotId, restorePoint: source.point.id, blocks: different.size },
        });
      }
    } finally {
      await reader.close();
    }
  } catch (error) {
    await removeSnapshot(run, account.compute(region), snapshotId);
    throw error;
  }
  session.emit({ type: "snapshot:compared", snapshotId });
}
