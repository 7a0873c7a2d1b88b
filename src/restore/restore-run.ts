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
import type { WrittenMark } from "./written-mark.js";

/** What everything in one restore shares. */
export interface RestoreRun extends EngineEnvironment {
  readonly session: RunningSession<RestoreEvent>;
  readonly workers: Workers;
  readonly repository: Repository;
  readonly signal: AbortSignal;
  /** Aborts, as `signal` does then, when another process may work at this restore: from then on nothing is taken back. */
  readonly lost?: AbortSignal | undefined;
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

/** Begins a snapshot. Where no answer tells whether it has begun, it may be there, and nobody knows its id. */
export async function beginSnapshot(run: RestoreRun, account: CloudAccount, request: SnapshotWriterRequest): Promise<BlockWriter<{ readonly snapshotId: string }>> {
  try {
    const writer = await account.openSnapshotWriter(request, { signal: run.signal });
    return run.lost === undefined ? writer : new KeptWriter(writer, run.lost);
  } catch (error) {
    if (!HoldfastError.isInstance(error) || error.retryable) run.note?.doubt();
    throw error;
  }
}

/** Removes a snapshot that the restore made; whether it is gone. */
export async function removeSnapshot(run: RestoreRun, compute: Compute, snapshotId: string): Promise<boolean> {
  if (isLost(run)) return false;
  try {
    await compute.deleteSnapshot(snapshotId);
    run.session.emit({ type: "snapshot:removed", snapshotId });
    return true;
  } catch (error) {
    leftBehind(run, snapshotId, error);
    return false;
  }
}

/** Whether another process may work at this restore: what was made is its to go on with. */
export function isLost({ lost, note }: Pick<RestoreRun, "lost" | "note">): boolean {
  if (lost?.aborted !== true) return false;
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
