import { blockSizeBytes, zeroBlockSha256, type BlockData, type BlockWriter } from "../ports/index.js";
import type { BlockMap } from "../repository/map/block-map.js";
import type { FrameOpener } from "../repository/pack/sealing/frame-opener.js";
import type { FrameRange } from "../repository/read/frame-ranges.js";
import { RangeMemory } from "../repository/read/range-memory.js";
import { readRange } from "../repository/read/read-frames.js";
import { concurrently } from "../concurrency/concurrently.js";
import type { BlockSet } from "./block-set.js";
import { WrittenBelow } from "./written-below.js";
import { restoreRangeBytes, restoreRanges } from "./restore-ranges.js";

/** Ranges of packs that are read, opened and written at the same time. */
const rangesInFlight = 4;
/** Writes under way where the target names no number. */
const defaultWritesInFlight = 64;

export interface RestoreVolumeOptions {
  readonly signal?: AbortSignal | undefined;
  /** Who opens the blocks. By default the calling thread. */
  readonly opener?: FrameOpener | undefined;
  /** The blocks that are written, those of them that hold nothing as zeros: over a parent. By default all that hold data. */
  readonly only?: BlockSet | undefined;
  /** Every block below this index was written by an earlier process, which was cut short: it is counted and not written again. Makes no sense with `only`. */
  readonly startIndex?: number | undefined;
  /** Called for each block, in any order, once it is written, or counted as written before. */
  readonly onBlock?: ((index: number) => void) | undefined;
  /** Called now and then, ascending, with an index below which every block is written; at the end with the volume's length. Never called with `only`. */
  readonly onWrittenBelow?: ((index: number) => void) | undefined;
}

/** What a restore moved. */
export interface RestoredBlocks {
  /** All that the target holds of the restore point now. */
  readonly blocks: number;
  /** Those of them that an earlier process had written. */
  readonly earlierBlocks: number;
}

/** Moves one volume of a restore point into a writer, in any order; every block is verified before it is written. */
export async function restoreVolume(map: BlockMap, writer: BlockWriter, options: RestoreVolumeOptions = {}): Promise<RestoredBlocks> {
  const { signal, opener, only, startIndex = 0, onBlock, onWrittenBelow } = options;
  const zeros = only?.copy();
  const memory = new RangeMemory(restoreRangeBytes);
  const below = only === undefined && onWrittenBelow !== undefined ? new WrittenBelow(onWrittenBelow) : undefined;
  let blocks = 0;
  let earlierBlocks = 0;
  const write = async (block: BlockData): Promise<void> => {
    try {
      signal?.throwIfAborted();
      await writer.write(block, options);
    } finally {
      block.release?.();
    }
    blocks++;
    onBlock?.(block.index);
  };
  const writesPerRange = (): number => Math.ceil((writer.writesInFlight ?? defaultWritesInFlight) / rangesInFlight);
  const restore = async (range: FrameRange): Promise<void> => {
    signal?.throwIfAborted();
    const done = below?.begin();
    await concurrently(readRange(map, range, { signal, opener, memory }), writesPerRange, write);
    done?.();
  };
  const wanted = (index: number): boolean => {
    zeros?.delete(index);
    if (index >= startIndex) return only?.has(index) ?? true;
    earlierBlocks++;
    blocks++;
    onBlock?.(index);
    return false;
  };
  await concurrently(restoreRanges(map, { signal, wanted, onWindow: (endIndex) => below?.end(endIndex) }), () => rangesInFlight, restore);
  below?.end(Math.ceil(map.root.volumeSizeBytes / blockSizeBytes));
  if (zeros !== undefined) await concurrently(zeroBlocks(zeros), () => writer.writesInFlight ?? defaultWritesInFlight, write);
  return { blocks, earlierBlocks };
}

const zeroBlock = Buffer.alloc(blockSizeBytes);

/** What is zeros now and may hold data in the parent. */
async function* zeroBlocks(indexes: BlockSet): AsyncGenerator<BlockData> {
  for (const index of indexes) yield await Promise.resolve({ index, data: zeroBlock, sha256: zeroBlockSha256 });
}
