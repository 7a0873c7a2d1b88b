import { asError, type EngineEnvironment, type RunningSession } from "../session/index.js";
import { blockSizeBytes, type BlockWriter } from "../ports/index.js";
import type { RemoteVolumeRestore, VolumeRestoreResult } from "../mover/index.js";
import type { Repository } from "../repository/repository.js";
import type { BlockSet } from "../transfer/block-set.js";
import type { Workers } from "../workers/index.js";
import type { RestoreSource } from "./find-source.js";
import type { RestoreEvent } from "./restore-events.js";
import type { WrittenMark } from "./written-mark.js";

/** What everything in one restore shares. */
export interface RestoreRun extends EngineEnvironment {
  readonly session: RunningSession<RestoreEvent>;
  readonly workers: Workers;
  readonly repository: Repository;
  readonly signal: AbortSignal;
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
  const { message } = asError(thrown);
  run.session.emit({ type: "restore:left", what, message });
  run.logger.warn("a restore could not remove what it had made", { session: run.session.id, what, error: message });
}
