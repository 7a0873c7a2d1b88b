import { HoldfastError } from "../errors/index.js";
import { asError, type EngineEnvironment, type RunningSession } from "../session/index.js";
import { blockSizeBytes, type BlockWriter, type CloudAccount, type Compute, type SnapshotWriterRequest } from "../ports/index.js";
import type { RemoteVolumeRestore, VolumeRestoreResult } from "../mover/index.js";
import type { Repository } from "../repository/repository.js";
import type { BlockSet } from "../transfer/block-set.js";
import type { NotedRestore, RestoreNote, Workers } from "../workers/index.js";
import type { RestoreSource } from "./find-source.js";
import { KeptWriter } from "./kept-writer.js";
import type { RestoreEvent } from "./restore-events.js";
import type { HeldRestore } from "./while-leased.js";
import type { WrittenMark } from "./written-mark.js";

/** What everything in one restore shares. */
export interface RestoreRun extends EngineEnvironment {
  readonly session: RunningSession<RestoreEvent>;
  readonly workers: Workers;
  readonly repository: Repository;
  readonly signal: AbortSignal;
  /** Of a restore that has an id: when its `lost` aborts, as `signal` does then, another process may work at it, and from then on nothing is taken back. */
  readonly lease?: HeldRestore | undefined;
  /** What is known outside this process of the snapshots that it makes, where workers keep that. */
  readonly note?: RestoreNote | undefined;
}

/** Does what makes snapshots while it is known outside this process that it goes on: what is left when the process dies is found. */
export async function noted<Result>(run: RestoreRun, restore: Omit<NotedRestore, "sessionId">, work: (run: RestoreRun) => Promise<Result>): Promise<Result> {
  const note = await run.workers.noteRestore?.({ ...restore, sessionId: run.session.id }, { signal: run.signal });
  try {
    return await work({ ...run, note });
  } finally {
    await note?.end();
  }
}

/** Begins a snapshot. Where no answer tells whether it has begun, because it got lost or the caller gave up meanwhile, it is taken back. */
export async function beginSnapshot(run: RestoreRun, account: CloudAccount, request: SnapshotWriterRequest): Promise<BlockWriter<{ readonly snapshotId: string }>> {
  run.signal.throwIfAborted();
  try {
    const writer = await account.openSnapshotWriter(request, { signal: run.signal });
    return run.lease === undefined ? writer : new KeptWriter(writer, run.lease);
  } catch (error) {
    if (mayHaveBegun(run, error)) await takeBackBegun(run, account, request);
    throw error;
  }
}

/** Not where AWS has said that it began none. */
function mayHaveBegun({ signal }: RestoreRun, error: unknown): boolean {
  return signal.aborted || !HoldfastError.isInstance(error) || (error.retryable && error.code !== "TooManyPendingSnapshots");
}

/** The same request with its client token gives the snapshot that it began before, or one more, which goes as well. */
async function takeBackBegun(run: RestoreRun, account: CloudAccount, request: SnapshotWriterRequest): Promise<void> {
  if (request.snapshotId !== undefined) {
    // an earlier call began it, and who comes next may go on with it
    run.note?.doubt();
    return;
  }
  if (await isLost(run)) return;
  try {
    const writer = await account.openSnapshotWriter(request);
    await writer.abort();
  } catch (error) {
    leftBehind(run, `a snapshot with the tag holdfast:session = ${run.session.id}, if there is one`, error);
  }
}

/** Removes a snapshot that the restore made; whether it is gone. */
export async function removeSnapshot(run: RestoreRun, compute: Compute, snapshotId: string): Promise<boolean> {
  if (await isLost(run)) return false;
  try {
    await compute.deleteSnapshot(snapshotId);
    run.session.emit({ type: "snapshot:removed", snapshotId });
    return true;
  } catch (error) {
    leftBehind(run, snapshotId, error);
    return false;
  }
}

/** Whether another process may work at this restore: what was made is its to go on with. Asked of the store, for who stood still has not heard of it yet. */
export async function isLost({ lease, note }: Pick<RestoreRun, "lease" | "note">): Promise<boolean> {
  if (lease === undefined || (await lease.isHeld())) return false;
  note?.doubt();
  return true;
}

/** How a volume's blocks are moved, beside where they come from and go to. */
export interface MoveOptions {
  /** How a worker on another machine does the same. */
  readonly remote?: RemoteVolumeRestore | undefined;
  /** Over a parent: what is written. */
  readonly only?: BlockSet | undefined;
  /** Below this block everything is in the target already. */
  readonly startIndex?: number | undefined;
  /** Keeps how far the target is written, for whoever goes on with it. */
  readonly mark?: WrittenMark | undefined;
}

/** Moves a volume's blocks into `writer` and tells of the progress. */
export async function moveBlocks<Result>(run: RestoreRun, source: RestoreSource, writer: BlockWriter<Result>, { remote, only, startIndex, mark }: MoveOptions = {}): Promise<VolumeRestoreResult<Result>> {
  const names = { restorePoint: source.point.id, sourceVolume: source.volumeId };
  const blocks = only?.size ?? source.map.root.presentBlocks;
  run.session.emit({ type: "restore:started", ...names, blocks, bytes: blocks * blockSizeBytes });
  try {
    return await run.workers.restoreBlocks({
      map: source.map,
      writer,
      remote,
      only,
      startIndex,
      clock: run.clock,
      signal: run.signal,
      onProgress: (progress) => run.session.emit({ type: "restore:progress", ...names, ...progress }),
      onWrittenBelow: mark && ((index) => mark.note(index)),
      onAllWritten: mark && (async () => await mark.settle()),
      onLeftBehind: (target, error) => leftBehind(run, target, error),
    });
  } finally {
    await mark?.settle();
  }
}

/** What could not be removed is said and logged; it hides neither a success nor the failure before it. */
export function leftBehind(run: RestoreRun, what: string, thrown: unknown): void {
  run.note?.doubt();
  const { message } = asError(thrown);
  run.session.emit({ type: "restore:left", what, message });
  run.logger.warn("a restore could not remove what it had made", { session: run.session.id, what, error: message });
}
