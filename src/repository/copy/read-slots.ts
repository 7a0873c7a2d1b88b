import { IllegalStateError, mistake } from "../../errors/index.js";
import type { BlockData } from "../../ports/index.js";
import { isLocation } from "../format/leaf.js";
import type { BlockMap } from "../map/block-map.js";
import { planRanges, type LocatedBlock } from "../read/frame-ranges.js";
import { readRange } from "../read/read-frames.js";
import type { SignalOptions } from "../repository-context.js";
import type { ChangedSlot } from "./changed-slots.js";

/** Blocks with data that are read together: 16 MiB. */
const blocksPerWindow = 32;
/** Slots of any kind that are at hand together: zeros and removed blocks are a few bytes each. */
const slotsPerWindow = 4_096;
/** Windows read ahead of the one being written: with it, 48 MiB of blocks and what their reads bring. */
const windowsAhead = 2;

/** A changed block: its data, that it is all zeros, or that it is no more. */
export type ChangedBlock = BlockData | { readonly index: number; readonly slot: "zero" | undefined };

/** Counts the ranged reads and the bytes that they brought. */
export interface ReadCounts {
  reads: number;
  bytes: number;
}

/** Reads what the slots name, verified, a few windows ahead, and gives it in the slots' order. */
export async function* readSlots(map: BlockMap, slots: AsyncIterable<ChangedSlot>, counts: ReadCounts, options: SignalOptions): AsyncGenerator<ChangedBlock> {
  const ahead: Promise<ChangedBlock[]>[] = [];
  try {
    for await (const window of windows(slots)) {
      const reading = readWindow(map, window, counts, options);
      // a later failure must not count as unhandled while an earlier window is written; it is raised in its turn
      reading.catch(() => undefined);
      ahead.push(reading);
      if (ahead.length > windowsAhead) yield* (await ahead.shift()) ?? [];
    }
    for (let next = ahead.shift(); next !== undefined; next = ahead.shift()) yield* await next;
  } finally {
    await Promise.allSettled(ahead);
  }
}

async function* windows(slots: AsyncIterable<ChangedSlot>): AsyncGenerator<ChangedSlot[]> {
  let window: ChangedSlot[] = [];
  let blocks = 0;
  for await (const changed of slots) {
    window.push(changed);
    if (isLocation(changed.slot)) blocks++;
    if (blocks < blocksPerWindow && window.length < slotsPerWindow) continue;
    yield window;
    window = [];
    blocks = 0;
  }
  if (window.length > 0) yield window;
}

async function readWindow(map: BlockMap, window: readonly ChangedSlot[], counts: ReadCounts, options: SignalOptions): Promise<ChangedBlock[]> {
  const located = window.flatMap(({ index, slot }): LocatedBlock[] => (isLocation(slot) ? [{ index, location: slot }] : []));
  const blocks = new Map<number, BlockData>();
  const ranges = planRanges(located).map(async (range) => {
    for await (const block of readRange(map, range, options)) blocks.set(block.index, block);
    counts.reads++;
    counts.bytes += range.end - range.start;
  });
  // all are waited for, also after one has failed: nothing goes on behind the error
  await Promise.allSettled(ranges);
  await Promise.all(ranges);
  return window.map(({ index, slot }): ChangedBlock => {
    if (!isLocation(slot)) return { index, slot };
    const block = blocks.get(index);
    if (block === undefined) throw new IllegalStateError(`Block ${String(index)} was not read. ${mistake}`, { code: "BlockNotRead" });
    return block;
  });
}
