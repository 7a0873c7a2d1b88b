import type { Layer } from "./layer.js";
import { blocksPerPage } from "./layer-index.js";
import type { LayerStack } from "./layer-stack.js";
import type { LayerStore } from "./layer-store.js";

/** A run of a listing: what was found, and where the next run goes on; undefined at the end. */
export interface BlockListing<T> {
  readonly blocks: readonly T[];
  readonly nextBlock: number | undefined;
}

/** A block that differs between two snapshots: in which of them it is written. */
export interface ChangedBlock {
  readonly blockIndex: number;
  readonly inFirst: boolean;
  readonly inSecond: boolean;
}

/** Pages looked at by one run at most: a listing that finds little still answers quickly. */
const maxPagesPerRun = 8_192;

/** The written blocks from `startBlock` on, ascending, at most `maxBlocks`. */
export function listWrittenBlocks(stack: LayerStack, startBlock: number, maxBlocks: number): BlockListing<number> {
  const blocks: number[] = [];
  let next = startBlock;
  for (let pages = 0; pages < maxPagesPerRun; pages += 1) {
    const page = stack.nextPage(Math.floor(next / blocksPerPage));
    if (page === undefined) return { blocks, nextBlock: undefined };
    const end = (page + 1) * blocksPerPage;
    for (let blockIndex = Math.max(next, page * blocksPerPage); blockIndex < end; blockIndex += 1) {
      if (stack.find(blockIndex) === undefined) continue;
      if (blocks.length === maxBlocks) return { blocks, nextBlock: blockIndex };
      blocks.push(blockIndex);
    }
    next = end;
  }
  return { blocks, nextBlock: next };
}

/**
 * The blocks from `startBlock` on whose data differs between two snapshots, ascending, at most `maxBlocks`.
 *
 * Only layers that are not below both snapshots can hold a difference; of their blocks the digests are compared.
 */
export async function listChangedBlocks(
  store: LayerStore,
  tops: { readonly first: string | null; readonly second: string | null },
  startBlock: number,
  maxBlocks: number,
): Promise<BlockListing<ChangedBlock>> {
  const layers = differingLayers(store, tops.first, tops.second);
  const first = store.frozenStack(tops.first);
  const second = store.frozenStack(tops.second);
  const blocks: ChangedBlock[] = [];
  let next = startBlock;
  for (let pages = 0; pages < maxPagesPerRun; pages += 1) {
    const page = nextPageOf(layers, Math.floor(next / blocksPerPage));
    if (page === undefined) return { blocks, nextBlock: undefined };
    const end = (page + 1) * blocksPerPage;
    for (let blockIndex = Math.max(next, page * blocksPerPage); blockIndex < end; blockIndex += 1) {
      if (layers.every((layer) => layer.index.state(blockIndex) === "absent")) continue;
      const inFirst = first.find(blockIndex);
      const inSecond = second.find(blockIndex);
      if (await isSameData(blockIndex, inFirst, inSecond)) continue;
      if (blocks.length === maxBlocks) return { blocks, nextBlock: blockIndex };
      blocks.push({ blockIndex, inFirst: inFirst !== undefined, inSecond: inSecond !== undefined });
    }
    next = end;
  }
  return { blocks, nextBlock: next };
}

/** The layers that are below exactly one of the two. */
function differingLayers(store: LayerStore, firstTop: string | null, secondTop: string | null): Layer[] {
  const first = new Map<string, Layer>();
  for (const layer of store.chain(firstTop)) first.set(layer.id, layer);
  const onlySecond: Layer[] = [];
  for (const layer of store.chain(secondTop)) {
    // From the first layer in common on, all are in common.
    if (first.has(layer.id)) {
      for (const shared of store.chain(layer.id)) first.delete(shared.id);
      break;
    }
    onlySecond.push(layer);
  }
  return [...first.values(), ...onlySecond];
}

function nextPageOf(layers: readonly Layer[], page: number): number | undefined {
  let next: number | undefined;
  for (const layer of layers) {
    const candidate = layer.index.nextPage(page);
    if (candidate !== undefined && (next === undefined || candidate < next)) next = candidate;
  }
  return next;
}

async function isSameData(blockIndex: number, first: Layer | undefined, second: Layer | undefined): Promise<boolean> {
  if (first === second) return true;
  if (first === undefined || second === undefined) return false;
  const firstDigest = await first.frozenDigest(blockIndex);
  return firstDigest.equals(await second.frozenDigest(blockIndex));
}
