import type { BlockLocation } from "../format/leaf.js";

/** Neighbouring frames closer than this are read by one request, where nothing else is said. */
const defaultMaxGapBytes = 256 * 1024;
/** The most that one request brings where nothing else is said, and so that one reading lane holds. */
const defaultMaxRangeBytes = 8 * 2 ** 20;

/** A block with its place. */
export interface LocatedBlock {
  readonly index: number;
  readonly location: BlockLocation;
}

/** Frames that one ranged read brings. */
export interface FrameRange {
  readonly ordinal: number;
  readonly start: number;
  end: number;
  readonly blocks: LocatedBlock[];
}

/** Orders blocks by pack and place, and merges neighbours into ranges. */
export function planRanges(blocks: readonly LocatedBlock[], maxRangeBytes = defaultMaxRangeBytes, maxGapBytes = defaultMaxGapBytes): FrameRange[] {
  const sorted = [...blocks].sort((a, b) => a.location.ordinal - b.location.ordinal || a.location.offset - b.location.offset || a.index - b.index);
  const ranges: FrameRange[] = [];
  let current: FrameRange | undefined;
  for (const block of sorted) {
    const { ordinal, offset, length } = block.location;
    const end = offset + length;
    if (current?.ordinal === ordinal && offset - current.end <= maxGapBytes && end - current.start <= maxRangeBytes) {
      current.end = Math.max(current.end, end);
      current.blocks.push(block);
      continue;
    }
    current = { ordinal, start: offset, end, blocks: [block] };
    ranges.push(current);
  }
  return ranges;
}
