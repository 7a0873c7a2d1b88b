import type { BlockData, BlockWriter } from "../ports/index.js";
import type { BlockMap } from "../repository/map/block-map.js";
import type { FrameOpener } from "../repository/pack/sealing/frame-opener.js";
import type { FrameRange } from "../repository/read/frame-ranges.js";
import { RangeMemory } from "../repository/read/range-memory.js";
import { readRange } from "../repository/read/read-frames.js";
import { allInFlight } from "./all-in-flight.js";
import { restoreRangeBytes, restoreRanges } from "./restore-ranges.js";

/** Ranges of packs that are read, opened and written at the same time. */
const rangesInFlight = 4;
/** Writes under way where the target names no number. */
const defaultWritesInFlight = 64;

export interface RestoreVolumeOptions {
  readonly signal?: AbortSignal | undefined;
  /** Who opens the blocks. By default the calling thread. */
  readonly opener?: FrameOpener | undefined;
  readonly onBlock?: ((index: number) => void) | undefined;
}

/** Moves one volume of a restore point into a writer, in any order; every block is verified before it is written. Gives the number of blocks. */
export async function restoreVolume(map: BlockMap, writer: BlockWriter, options: RestoreVolumeOptions = {}): Promise<number> {
  const { signal, opener, onBlock } = options;
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
  await allInFlight(restoreRanges(map, options), () => rangesInFlight, restore);
  return blocks;
}
