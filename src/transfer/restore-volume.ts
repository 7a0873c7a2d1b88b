import type { BlockData, BlockWriter } from "../ports/index.js";
import { isLocation, leafBlocks } from "../repository/format/leaf.js";
import type { BlockMap } from "../repository/map/block-map.js";
import { planRanges, type LocatedBlock } from "../repository/read/frame-ranges.js";
import { readRange } from "../repository/read/read-frames.js";
import { inOrder } from "./in-order.js";

/** Leaves restored at the same time: 4 x 128 MiB of volume, read by ranges of at most 8 MiB each. */
const defaultLeavesInFlight = 4;
/** Writes under way for one leaf. */
const writesPerLeaf = 16;

export interface RestoreVolumeOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onBlock?: ((block: BlockData) => void) | undefined;
}

/** Moves one volume of a restore point into a writer; every block is verified before it is written. Gives the number of blocks. */
export async function restoreVolume(map: BlockMap, writer: BlockWriter, options: RestoreVolumeOptions = {}): Promise<number> {
  let blocks = 0;
  const write = async (block: BlockData): Promise<number> => {
    options.signal?.throwIfAborted();
    await writer.write(block, options);
    options.onBlock?.(block);
    return 1;
  };
  const work = async (located: readonly LocatedBlock[]): Promise<number> => {
    let written = 0;
    for (const range of planRanges(located)) {
      options.signal?.throwIfAborted();
      for await (const count of inOrder(readRange(map, range, options), () => Math.max(writesPerLeaf, Math.ceil((writer.writesInFlight ?? 0) / defaultLeavesInFlight)), write)) written += count;
    }
    return written;
  };
  for await (const count of inOrder(locatedLeaves(map, options), defaultLeavesInFlight, work)) blocks += count;
  return blocks;
}

async function* locatedLeaves(map: BlockMap, options: RestoreVolumeOptions): AsyncGenerator<LocatedBlock[]> {
  for await (const { number, leaf } of map.leaves(options)) {
    const located = leaf.flatMap((slot, position) => (isLocation(slot) ? [{ index: number * leafBlocks + position, location: slot }] : []));
    if (located.length > 0) yield located;
  }
}
