import type { BlockMap } from "../repository/map/block-map.js";
import type { BlockSet } from "./block-set.js";
import { restoreRanges } from "./restore-ranges.js";

/** What a restore will read. */
export interface RestoreMeasure {
  /** Blocks that are read: those that hold data. */
  readonly blocks: number;
  /** Ranged reads of packs. */
  readonly storeReads: number;
  /** Bytes that those reads bring: compressed, with the small gaps that are read over. */
  readonly storeBytes: number;
}

/** Walks the block map, a few leaves at a time, and reads no data. `only`: of these blocks alone. */
export async function measureRestore(map: BlockMap, { only, signal }: { readonly only?: BlockSet | undefined; readonly signal?: AbortSignal | undefined } = {}): Promise<RestoreMeasure> {
  let [blocks, storeReads, storeBytes] = [0, 0, 0];
  for await (const range of restoreRanges(map, { signal, wanted: only && ((index) => only.has(index)) })) {
    storeReads++;
    storeBytes += range.end - range.start;
    blocks += range.blocks.length;
  }
  return { blocks, storeReads, storeBytes };
}
