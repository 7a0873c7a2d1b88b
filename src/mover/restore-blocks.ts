import { blockSizeBytes, type BlockWriter, type Clock, type CloudAccount, type SnapshotWriterRequest } from "../ports/index.js";
import type { BlockMap } from "../repository/map/block-map.js";
import type { FrameOpener } from "../repository/pack/sealing/frame-opener.js";
import type { Repository } from "../repository/repository.js";
import { ProgressMeter, type Progress } from "../session/index.js";
import type { BlockSet } from "../transfer/block-set.js";
import { restoreVolume } from "../transfer/restore-volume.js";

/** A restore into a snapshot, as another machine needs to know it. */
export interface RemoteVolumeRestore {
  readonly repository: Repository;
  readonly restorePoint: string;
  readonly volumeId: string;
  /** What is restored, for tags: `<account>/<region>/<id>`. */
  readonly resource: string;
  readonly account: CloudAccount;
  /** A repeated client token gives the same snapshot. */
  readonly target: SnapshotWriterRequest;
  readonly sessionId: string;
}

/** What a restore task runs with, where it runs. */
export interface VolumeRestoreContext<Result> {
  readonly map: BlockMap;
  readonly writer: BlockWriter<Result>;
  /** @internal Over a parent: the blocks that are written, those that hold nothing as zeros. Absent: all that hold data. */
  readonly only?: BlockSet | undefined;
  /** Every block below this index is in the target already: an earlier process or worker wrote it. */
  readonly startIndex?: number | undefined;
  /** How a worker on another machine does the same: where the blocks come from, and the request that began what is written. Absent of what only this machine reaches. */
  readonly remote?: RemoteVolumeRestore | undefined;
  readonly clock: Clock;
  /** @internal Who opens the blocks; by default the calling thread. */
  readonly opener?: FrameOpener | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Called at most a few times a second, and at the end. */
  readonly onProgress?: ((progress: Progress) => void) | undefined;
  /** Called now and then, ascending: every block below this index is in the target. */
  readonly onWrittenBelow?: ((index: number) => void) | undefined;
  /** Called when every block is written, before the target is completed: it waits until whatever keeps that is done. */
  readonly onAllWritten?: (() => Promise<void>) | undefined;
  /** What was begun could not be removed after a failure, which is raised all the same. */
  readonly onLeftBehind: (target: string, error: unknown) => void;
}

/** What a restore task did. */
export interface VolumeRestoreResult<Result> {
  /** What the writer made. */
  readonly made: Result;
  readonly blocks: number;
}

/** Moves one volume of a restore point into a writer and completes it; after a failure what was written is removed. */
export async function restoreBlocks<Result>(context: VolumeRestoreContext<Result>): Promise<VolumeRestoreResult<Result>> {
  const { map, writer, only, startIndex, opener, signal, onWrittenBelow } = context;
  const totalBlocks = only?.size ?? map.root.presentBlocks;
  const total = { blocks: totalBlocks, bytes: totalBlocks * blockSizeBytes };
  const meter = new ProgressMeter(context.clock, (progress) => context.onProgress?.(progress), total, () => writer.traffic);
  try {
    const { blocks, earlierBlocks } = await restoreVolume(map, writer, { signal, opener, only, startIndex, onWrittenBelow, onBlock: () => meter.add(blockSizeBytes) });
    meter.finish();
    await context.onAllWritten?.();
    signal?.throwIfAborted();
    return { made: await writer.complete({ earlierBlocks, signal }), blocks };
  } catch (error) {
    await abandonWriter(context);
    throw error;
  }
}

/** Removes what was written, or only begun, of a restore that comes to nothing. */
export async function abandonWriter<Result>({ writer, onLeftBehind }: Pick<VolumeRestoreContext<Result>, "writer" | "onLeftBehind">): Promise<void> {
  try {
    await writer.abort();
  } catch (leftBehind) {
    onLeftBehind(writer.target, leftBehind);
  }
}
