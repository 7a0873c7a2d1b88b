import { HoldfastError } from "../errors/index.js";
import type { CloudAccount, SnapshotWriterRequest } from "../ports/index.js";
import { sessionTag } from "../workers/tags/restore-tags.js";
import { compareSnapshot, snapshotDiffers, type FinishedSnapshot } from "./compare-snapshot.js";
import type { SnapshotWritten } from "./delta/snapshot-written.js";
import { writeDelta } from "./delta/write-delta.js";
import { markFor, resumableForMinutes, type EarlierAttempt, type ResumableRestore } from "./earlier-attempt.js";
import type { RestoreSource } from "./find-source.js";
import type { BegunSnapshot } from "./left-snapshots.js";
import { snapshotRequest, type PlannedSnapshot } from "./restore-plan.js";
import { beginSnapshot, leftBehind, moveBlocks, removeSnapshot, type RestoreRun } from "./restore-run.js";
import type { SnapshotSettings } from "./volume-restore-options.js";
import type { WrittenMark } from "./written-mark.js";

/** How a snapshot is written, beside what it is. */
export interface WriteSettings extends SnapshotSettings {
  readonly tags?: PlannedSnapshot["tags"];
  /** Of a restore that can be gone on with, and what an earlier call of it left. */
  readonly resumable?: { readonly restore: ResumableRestore; readonly earlier: EarlierAttempt } | undefined;
}

/** Writes a volume of a restore point into a new snapshot, over a parent where one is named and can be; after a failure it is removed again. */
export async function writeSnapshot(run: RestoreRun, source: RestoreSource, planned: PlannedSnapshot, settings: WriteSettings, account: CloudAccount): Promise<SnapshotWritten> {
  const { parentSnapshotId, resumable } = settings;
  const request = snapshotRequest(source, planned, run.session.id, { ...settings.tags, ...resumable?.restore.tags });
  const completed = resumable?.earlier.completedSnapshotId;
  if (completed !== undefined) {
    // an earlier call may have given it to its caller: only one that is no good is removed
    if (settings.compare === true) await compareOrRemove(run, source, { ...request, snapshotId: completed, isFound: true }, account);
    return { snapshotId: completed, blocks: source.map.root.presentBlocks, method: "full" };
  }
  const delta = parentSnapshotId === undefined ? undefined : await writeDelta(run, source, request, { planned, parentSnapshotId, mayRead: true }, account);
  const written = delta !== undefined && "snapshotId" in delta ? delta : { ...(await writeAll(run, source, request, account, resumable)), method: "full" as const, ...(delta !== undefined && { fullReason: delta.why }) };
  run.session.emit({ type: "snapshot:completed", snapshotId: written.snapshotId });
  if (settings.compare === true) await compareOrRemove(run, source, { ...request, snapshotId: written.snapshotId }, account);
  return written;
}

async function writeAll(run: RestoreRun, source: RestoreSource, request: SnapshotWriterRequest, account: CloudAccount, resumable: WriteSettings["resumable"]): Promise<{ readonly snapshotId: string; readonly blocks: number }> {
  const begun = resumable?.earlier.begun;
  const target = { ...request, ...(resumable !== undefined && { timeoutMinutes: resumableForMinutes }), ...(begun !== undefined && goingOn(request, begun)) };
  const writer = await beginSnapshot(run, account, target);
  let mark: WrittenMark | undefined;
  try {
    if (begun !== undefined) run.session.emit({ type: "restore:resumed", sourceVolume: source.volumeId, snapshotId: begun.snapshotId, startIndex: begun.startIndex });
    if (resumable !== undefined) mark = await markFor(run, resumable.restore, { snapshotId: writer.target, session: begun?.session ?? run.session.id }, begun?.startIndex ?? 0);
  } catch (error) {
    await writer.abort().catch((left: unknown) => leftBehind(run, writer.target, left));
    throw error;
  }
  const remote = { repository: run.repository, restorePoint: source.point.id, volumeId: source.volumeId, resource: source.point.resource, account, target, sessionId: run.session.id };
  const { made, blocks } = await moveBlocks(run, source, writer, { remote, startIndex: begun?.startIndex, mark });
  return { snapshotId: made.snapshotId, blocks };
}

/** A worker's role may be held to the session whose tag the snapshot has. */
function goingOn({ tags }: SnapshotWriterRequest, { snapshotId, session }: BegunSnapshot): Partial<SnapshotWriterRequest> {
  return { snapshotId, ...(session !== undefined && { tags: { ...tags, [sessionTag]: session } }) };
}

async function compareOrRemove(run: RestoreRun, source: RestoreSource, finished: FinishedSnapshot & { readonly isFound?: boolean }, account: CloudAccount): Promise<void> {
  try {
    await compareSnapshot(run, source, finished, account);
  } catch (error) {
    const isNoGood = HoldfastError.isInstance(error) && error.code === snapshotDiffers;
    if (finished.isFound !== true || isNoGood) await removeSnapshot(run, account.compute(finished.region), finished.snapshotId);
    throw error;
  }
}
