import type { BlockMap } from "../repository/map/block-map.js";
import { restoreRanges } from "./restore-ranges.js";

/** What a restore will read. */
export interface RestoreMeasure {
  /** Blocks that hold data. */
  readonly blocks: number;
  /** Ranged reads of packs. */
  readonly storeReads: number;
  /** Bytes that those reads bring: compressed, with the small gaps that are read over. */
  readonly storeBytes: number;
}

/** Walks the block map, a few leaves at a time, and reads no data. */
export async function measureRestore(map: BlockMap, options: { readonly signal?: AbortSignal | undefined } = {}): Promise<RestoreMeasure> {
  let [blocks, storeReads, storeBytes] = [0, 0, 0];
  for await (const range of restoreRanges(map, options)) {
    storeReads++;
    storeBytes += range.end - range.start;
    blocks += range.blocks.length;
  }
  return { blocks, storeReads, storeBytes };
}
