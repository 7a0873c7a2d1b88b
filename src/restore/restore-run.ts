import { asError, type EngineEnvironment, type RunningSession } from "../session/index.js";
import { blockSizeBytes, type BlockWriter } from "../ports/index.js";
import type { RemoteVolumeRestore, VolumeRestoreResult } from "../mover/index.js";
import type { Repository } from "../repository/repository.js";
import type { BlockSet } from "../transfer/block-set.js";
import type { Workers } from "../workers/index.js";
import type { RestoreSource } from "./find-source.js";
import type { RestoreEvent } from "./restore-events.js";

/** What everything in one restore shares. */
export interface RestoreRun extends EngineEnvironment {
  readonly session: RunningSession<RestoreEvent>;
  readonly workers: Workers;
  readonly repository: Repository;
  readonly signal: AbortSignal;
}

/** Moves a volume's blocks into `writer`, over a parent those of `only`, and tells of the progress. */
export async function moveBlocks<Result>(run: RestoreRun, source: RestoreSource, writer: BlockWriter<Result>, remote?: RemoteVolumeRestore, only?: BlockSet): Promise<VolumeRestoreResult<Result>> {
  const names = { restorePoint: source.point.id, sourceVolume: source.volumeId };
  const blocks = only?.size ?? source.map.root.presentBlocks;
  run.session.emit({ type: "restore:started", ...names, blocks, bytes: blocks * blockSizeBytes });
  return await run.workers.restoreBlocks({
    map: source.map,
    writer,
    remote,
    only,
    clock: run.clock,
    signal: run.signal,
    onProgress: (progress) => run.session.emit({ type: "restore:progress", ...names, ...progress }),
    onLeftBehind: (target, error) => leftBehind(run, target, error),
  });
}

/** What could not be removed is said and logged; it hides neither a success nor the failure before it. */
export function leftBehind(run: RestoreRun, what: string, thrown: unknown): void {
  const { message } = asError(thrown);
  run.session.emit({ type: "restore:left", what, message });
  run.logger.warn("a restore could not remove what it had made", { session: run.session.id, what, error: message });
}
