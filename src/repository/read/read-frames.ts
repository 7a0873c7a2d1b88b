import { IntegrityError } from "../../errors/index.js";
import type { BlockData } from "../../ports/index.js";
import type { BlockLocation } from "../format/leaf.js";
import { objectNames } from "../format/object-names.js";
import type { BlockMap } from "../map/block-map.js";
import { openFrame } from "../pack/frame-codec.js";
import { getPinned } from "./get-pinned.js";
import type { SignalOptions } from "../repository-context.js";

/** Neighbouring frames closer than this are read by one request. */
const maxGapBytes = 256 * 1024;
/** The most that one request brings, and so that one reading lane holds. */
const maxRangeBytes = 8 * 2 ** 20;

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
export function planRanges(blocks: readonly LocatedBlock[]): FrameRange[] {
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

/** Reads a range and opens its frames: each block verified against its id. */
export async function* readRange(map: BlockMap, range: FrameRange, options: SignalOptions): AsyncGenerator<BlockData> {
  const pack = await map.packReference(range.ordinal, options);
  const name = objectNames.pack(pack.id);
  const { body } = await getPinned(map.context.store, name, { range: { offset: range.start, length: range.end - range.start }, versionId: pack.versionId, signal: options.signal });
  for (const { index, location } of range.blocks) {
    const start = location.offset - range.start;
    try {
      const { data, sha256 } = openFrame(map.context.keys, body.subarray(start, start + location.length), location);
      yield { index, data, sha256 };
    } catch (cause) {
      throw new IntegrityError(`Block ${String(index)} cannot be read: its data in ${name} at ${String(location.offset)} is damaged. Nothing of it was restored; verify names every point that needs it.`, {
        code: "DamagedBlock",
        context: { object: name, offset: location.offset, block: index },
        cause,
      });
    }
  }
}
