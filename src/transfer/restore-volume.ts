import { blockSizeBytes, zeroBlockSha256, type BlockData, type BlockWriter } from "../ports/index.js";
import type { BlockMap } from "../repository/map/block-map.js";
import type { FrameOpener } from "../repository/pack/sealing/frame-opener.js";
import type { FrameRange } from "../repository/read/frame-ranges.js";
import { RangeMemory } from "../repository/read/range-memory.js";
import { readRange } from "../repository/read/read-frames.js";
import { allInFlight } from "./all-in-flight.js";
import type { BlockSet } from "./block-set.js";
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
  readonly onBlock?: ((index: number) => void) | undefined;
}

/** Moves one volume of a restore point into a writer, in any order; every block is verified before it is written. Gives the number of blocks. */
export async function restoreVolume(map: BlockMap, writer: BlockWriter, options: RestoreVolumeOptions = {}): Promise<number> {
  const { signal, opener, only, onBlock } = options;
  const zeros = only?.copy();
  const memory = new RangeMemory(restoreRangeBytes);
  let blocks = 0;
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
    await allInFlight(readRange(map, range, { signal, opener, memory }), writesPerRange, write);
  };
  const wanted = (index: number): boolean => {
    zeros?.delete(index);
    return only?.has(index) ?? true;
  };
  await allInFlight(restoreRanges(map, { signal, wanted }), () => rangesInFlight, restore);
  if (zeros !== undefined) await allInFlight(zeroBlocks(zeros), () => writer.writesInFlight ?? defaultWritesInFlight, write);
  return blocks;
}

const zeroBlock = Buffer.alloc(blockSizeBytes);

/** What is zeros now and may hold data in the parent. */
async function* zeroBlocks(indexes: BlockSet): AsyncGenerator<BlockData> {
  for (const index of indexes) yield await Promise.resolve({ index, data: zeroBlock, sha256: zeroBlockSha256 });
}
