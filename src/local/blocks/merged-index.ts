import type { Layer } from "./layer.js";
import { blocksPerPage } from "./layer-index.js";

/** Every so many layers a merged index is made, so that a look-up passes at most this many layers, however long the chain. */
export const layersPerMerge = 32;

/** Merged indexes kept; making one again costs reading the indexes of its layers. */
const maxKept = 8;

/**
 * Which layer of a chain each block is read from: the indexes of a layer and of all below it, as one.
 *
 * Pages that a later index leaves as they were are shared with the earlier one.
 */
export class MergedIndex {
  readonly #layers: readonly Layer[];
  readonly #pages: ReadonlyMap<number, Uint16Array>;
  #sortedPages: Uint32Array | undefined;

  private constructor(layers: readonly Layer[], pages: ReadonlyMap<number, Uint16Array>) {
    this.#layers = layers;
    this.#pages = pages;
  }

  /** The index of `below` with `layers`, lowest first, on top. */
  static over(below: MergedIndex | undefined, layers: readonly Layer[]): MergedIndex {
    const merged = below === undefined ? [] : [...below.#layers];
    const pages = new Map(below === undefined ? [] : below.#pages);
    const own = new Set<number>();
    for (const layer of layers) {
      merged.push(layer);
      for (let page = layer.index.nextPage(0); page !== undefined; page = layer.index.nextPage(page + 1)) {
        if (!own.has(page)) pages.set(page, Uint16Array.from(pages.get(page) ?? new Uint16Array(blocksPerPage)));
        own.add(page);
        mergePage(layer, page, merged.length, pages.get(page) ?? new Uint16Array(blocksPerPage));
      }
    }
    return new MergedIndex(merged, pages);
  }

  find(blockIndex: number): Layer | undefined {
    const place = this.#pages.get(Math.floor(blockIndex / blocksPerPage))?.[blockIndex % blocksPerPage] ?? 0;
    return place === 0 ? undefined : this.#layers[place - 1];
  }

  nextPage(page: number): number | undefined {
    this.#sortedPages ??= Uint32Array.from(this.#pages.keys()).sort();
    let low = 0;
    let high = this.#sortedPages.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#sortedPages[middle] ?? 0) < page) low = middle + 1;
      else high = middle;
    }
    return this.#sortedPages[low];
  }
}

function mergePage(layer: Layer, page: number, layerNumber: number, places: Uint16Array): void {
  for (let place = 0; place < blocksPerPage; place += 1) {
    const state = layer.index.state(page * blocksPerPage + place);
    if (state === "written") places[place] = layerNumber;
    else if (state === "unwritten") places[place] = 0;
  }
}

/** The merged indexes in use, by the id of their top layer. */
export class MergedIndexes {
  readonly #kept = new Map<string, MergedIndex>();

  /** The merged index of `layers`, lowest first: a whole chain down to the bottom. */
  of(layers: readonly Layer[]): MergedIndex {
    let index: MergedIndex | undefined;
    let start = layers.length;
    while (start > 0 && index === undefined) {
      const top = layers[start - 1];
      index = top === undefined ? undefined : this.#kept.get(top.id);
      if (index === undefined) start -= layersPerMerge;
    }
    for (let end = Math.max(start, 0) + layersPerMerge; end <= layers.length; end += layersPerMerge) {
      index = MergedIndex.over(index, layers.slice(end - layersPerMerge, end));
      const top = layers[end - 1];
      if (top !== undefined) this.#keep(top.id, index);
    }
    if (index === undefined) throw new Error("a merged index of no layers was asked for");
    return index;
  }

  forget(topId: string): void {
    this.#kept.delete(topId);
  }

  #keep(topId: string, index: MergedIndex): void {
    this.#kept.set(topId, index);
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > maxKept && oldest !== undefined) this.#kept.delete(oldest);
  }
}
