import { blockSizeBytes, type Clock, type Random } from "../../ports/index.js";
import { innerLeaves } from "../../repository/format/inner.js";
import { isLocation, leafBlocks, type Leaf } from "../../repository/format/leaf.js";
import type { BlockMap } from "../../repository/map/block-map.js";
import { isDamage } from "../../repository/store/damage.js";
import { planRanges, type LocatedBlock } from "../../repository/read/frame-ranges.js";
import { readRange } from "../../repository/read/read-frames.js";
import { concurrently } from "../../concurrency/concurrently.js";
import type { VerifiedVolume } from "../../repository/verified/restore-verification.js";

/** Neighbouring blocks that a sample takes together, as a restore reads them: 8 MiB. */
const runBlocks = 16;
/** Runs read at the same time: what a restore has on its way. */
const runsInFlight = 4;
/** Damaged blocks that a report names. */
const maxDamaged = 100;

/** What a comparison needs beside the map. */
export interface CompareBlocksOptions {
  /** How many blocks, or all of them. */
  readonly blocks: number;
  readonly clock: Clock;
  readonly random: Random;
  readonly signal: AbortSignal;
  /** Raises where what is read may have been removed. */
  readonly throwIfLost: () => void;
}

/** Reads blocks of a volume and proves each by its id: as many as asked, in runs spread at random over the leaves of the map, or all. */
export async function compareBlocks(volume: string, map: BlockMap, options: CompareBlocksOptions): Promise<VerifiedVolume> {
  const { clock, signal, throwIfLost } = options;
  const { volumeSizeBytes: sizeBytes, presentBlocks } = map.root;
  const damaged = new Set<number>();
  let compared = 0;
  const startedMs = clock.monotonicMs();
  await concurrently(runsOf(map, options), runsInFlight, async (run) => {
    for (const range of planRanges(run)) {
      signal.throwIfAborted();
      throwIfLost();
      const right = await compareRange(map, range.blocks, damaged, { signal });
      compared += right;
    }
  });
  const durationMs = clock.monotonicMs() - startedMs;
  const bytesPerSecond = compared === 0 || durationMs <= 0 ? undefined : Math.round((compared * blockSizeBytes * 1_000) / durationMs);
  return {
    volume,
    sizeBytes,
    blocks: presentBlocks,
    comparedBlocks: compared,
    damagedBlocks: [...damaged].sort((a, b) => a - b).slice(0, maxDamaged),
    ...(bytesPerSecond !== undefined && { bytesPerSecond, restoreMs: Math.round((presentBlocks * blockSizeBytes * 1_000) / bytesPerSecond) }),
    measuredBy: "reading",
  };
}

/** Blocks that were right. Where one of several is damaged they are read again one by one, to know which. */
async function compareRange(map: BlockMap, blocks: readonly LocatedBlock[], damaged: Set<number>, options: { readonly signal: AbortSignal }): Promise<number> {
  let compared = 0;
  try {
    for (const range of planRanges(blocks)) for await (const { data } of readRange(map, range, options)) compared += data.length > 0 ? 1 : 0;
    return compared;
  } catch (error) {
    if (!isDamage(error)) throw error;
    const [first, ...others] = blocks;
    if (first !== undefined && others.length === 0) {
      damaged.add(first.index);
      return 0;
    }
    compared = 0;
    for (const block of blocks) compared += await compareRange(map, [block], damaged, options);
    return compared;
  }
}

async function* runsOf(map: BlockMap, { blocks, random, signal }: CompareBlocksOptions): AsyncGenerator<LocatedBlock[]> {
  if (blocks >= map.root.presentBlocks) {
    for await (const { number, leaf } of map.leaves({ signal })) yield located(number, leaf);
    return;
  }
  const leaves = await leafNumbers(map, { signal });
  const taken = new Set<number>();
  // a run that was drawn before counts for nothing: so many draws end it where few blocks are left
  for (let left = blocks, draws = 0; left > 0 && draws < blocks * 4; draws++) {
    const number = leaves[below(random, leaves.length)];
    if (number === undefined) return;
    const present = located(number, (await map.leaf(number, { signal })) ?? []);
    const start = below(random, Math.max(1, present.length - runBlocks + 1));
    const run = present.slice(start, start + Math.min(runBlocks, left)).filter(({ index }) => !taken.has(index));
    for (const { index } of run) taken.add(index);
    left -= run.length;
    if (run.length > 0) yield run;
  }
}

async function leafNumbers(map: BlockMap, options: { readonly signal: AbortSignal }): Promise<number[]> {
  const numbers: number[] = [];
  for (const inner of map.root.inners.keys()) (await map.inner(inner, options))?.leaves.forEach((pointer, position) => pointer !== undefined && numbers.push(inner * innerLeaves + position));
  return numbers;
}

function located(number: number, leaf: Leaf): LocatedBlock[] {
  return leaf.flatMap((slot, position) => (isLocation(slot) ? [{ index: number * leafBlocks + position, location: slot }] : []));
}

/** A whole number from 0 to `limit` - 1. */
function below(random: Random, limit: number): number {
  return Math.floor(random.fraction() * limit);
}
