import { decodeInner, innerLeaves, type Inner } from "../format/inner.js";
import { decodeLeaf, emptyLeaf, isLocation, leafBlocks, type Leaf, type LeafSlot } from "../format/leaf.js";
import type { PagePointer } from "../format/page.js";
import type { BlockMap } from "../map/block-map.js";
import { readPages } from "../map/read-pages.js";
import type { SignalOptions } from "../repository-context.js";

/** A block that is another than in the base, and what the map says of it. */
export interface ChangedSlot {
  readonly index: number;
  readonly slot: LeafSlot;
}

/** Leaves compared together. */
const leavesPerStep = 64;

/**
 * In what a block map differs from an earlier one of its stream, ascending by block; without a base, all that it holds. Pages
 * with the same hash have the same content, whatever packs their maps number how, and are not read.
 */
export async function* changedSlots(base: BlockMap | undefined, map: BlockMap, options: SignalOptions): AsyncGenerator<ChangedSlot> {
  const numbers = new Set([...map.root.inners.keys(), ...(base?.root.inners.keys() ?? [])]);
  for (const number of [...numbers].sort((a, b) => a - b)) {
    if (isSame(base?.root.inners.get(number), map.root.inners.get(number))) continue;
    const [before, now] = await Promise.all([base === undefined ? undefined : readInner(base, number, options), readInner(map, number, options)]);
    const changed = Array.from({ length: innerLeaves }, (_, position) => ({ number: number * innerLeaves + position, before: before?.leaves[position], now: now?.leaves[position] })).filter(
      (leaf) => !isSame(leaf.before, leaf.now),
    );
    for (let start = 0; start < changed.length; start += leavesPerStep) {
      const step = changed.slice(start, start + leavesPerStep);
      const [befores, nows] = await Promise.all([base === undefined ? [] : readLeaves(base, step.map((leaf) => leaf.before), options), readLeaves(map, step.map((leaf) => leaf.now), options)]);
      for (const [position, leaf] of step.entries()) yield* differences(leaf.number, befores[position] ?? nothing, nows[position] ?? nothing);
    }
  }
}

const nothing: Leaf = emptyLeaf();

function* differences(number: number, before: Leaf, now: Leaf): Generator<ChangedSlot> {
  for (const [position, slot] of now.entries()) if (!isSameSlot(before[position], slot)) yield { index: number * leafBlocks + position, slot };
}

function isSameSlot(before: LeafSlot, now: LeafSlot): boolean {
  return isLocation(before) && isLocation(now) ? before.blockId.equals(now.blockId) : before === now;
}

function isSame(before: PagePointer | undefined, now: PagePointer | undefined): boolean {
  return before === undefined || now === undefined ? before === now : before.check.equals(now.check);
}

/** Not kept, unlike what `BlockMap.inner` reads: each is needed once. */
async function readInner(map: BlockMap, number: number, options: SignalOptions): Promise<Inner | undefined> {
  const pointer = map.root.inners.get(number);
  if (pointer === undefined) return undefined;
  const [page] = await readPages(map, [pointer], "inner", options);
  return page === undefined ? undefined : decodeInner(page);
}

/** The leaves, in the order of their pointers; nothing where there is no pointer. */
async function readLeaves(map: BlockMap, pointers: readonly (PagePointer | undefined)[], options: SignalOptions): Promise<(Leaf | undefined)[]> {
  const pages = await readPages(map, pointers.filter((pointer) => pointer !== undefined), "leaf", options);
  let next = 0;
  return pointers.map((pointer) => {
    const page = pointer === undefined ? undefined : pages[next++];
    return page === undefined ? undefined : decodeLeaf(page);
  });
}
