import { isLocation, leafBlocks } from "../repository/format/leaf.js";
import type { BlockMap } from "../repository/map/block-map.js";
import { planRanges, type FrameRange, type LocatedBlock } from "../repository/read/frame-ranges.js";
import type { SignalOptions } from "../repository/repository-context.js";

/** What one request of a restore brings at most: half of a pack of the usual 32 MiB, which ends with the frame that fills it. */
export const restoreRangeBytes = 17 * 2 ** 20;

/**
 * What a restore reads and does not need rather than make another request: about what comes in the time that the other would wait for its first byte. It bridges what increments have put elsewhere,
 * a few blocks that lie together; in a region the bytes are free, out of it a restore's bill grows by less than what changed.
 */
const maxGapBytes = 2 ** 20;

/** Leaves that are looked at together, 16 GiB of the volume: what their blocks need of a pack is read once. Some 10 MiB of memory. */
const windowLeaves = 128;

export interface RestoreRangesOptions extends SignalOptions {
  /** Which blocks are restored; called once for each that holds data. By default all. */
  readonly wanted?: ((index: number) => boolean) | undefined;
  /** Called with the end of each window, the index behind its last block, once all its ranges were given. */
  readonly onWindow?: ((endIndex: number) => void) | undefined;
}

/** The ranges of packs that hold a volume's blocks, a window of the volume after the other: in a window, every byte once, whatever the order of the blocks. */
export async function* restoreRanges(map: BlockMap, options: RestoreRangesOptions): AsyncGenerator<FrameRange> {
  const { wanted = () => true, onWindow } = options;
  let located: LocatedBlock[] = [];
  let leaves = 0;
  for await (const { number, leaf } of map.leaves(options)) {
    for (const [position, slot] of leaf.entries()) if (isLocation(slot) && wanted(number * leafBlocks + position)) located.push({ index: number * leafBlocks + position, location: slot });
    if (++leaves < windowLeaves) continue;
    yield* planRanges(located, restoreRangeBytes, maxGapBytes);
    onWindow?.((number + 1) * leafBlocks);
    located = [];
    leaves = 0;
  }
  yield* planRanges(located, restoreRangeBytes, maxGapBytes);
}
