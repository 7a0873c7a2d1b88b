import { blockBytes } from "./block-size.js";
import type { Layer } from "./layer.js";
import { layersPerMerge } from "./merged-index.js";
import type { MergedIndex, MergedIndexes } from "./merged-index.js";

/** What a volume or a snapshot holds: its layers, the uppermost that speaks of a block deciding. */
export class LayerStack {
  /** The layers above the merged index, uppermost first. */
  readonly upper: readonly Layer[];
  readonly #lower: MergedIndex | undefined;

  /** `chain` is a layer with all layers below it, uppermost first. */
  constructor(chain: readonly Layer[], merged: MergedIndexes) {
    // The uppermost layer may still be written to, so it is never part of a merged index.
    const mergedCount = Math.floor(Math.max(chain.length - 1, 0) / layersPerMerge) * layersPerMerge;
    this.upper = chain.slice(0, chain.length - mergedCount);
    this.#lower = mergedCount === 0 ? undefined : merged.of(chain.slice(chain.length - mergedCount).reverse());
  }

  /** The layer that holds a block's data; undefined where the block is not written. */
  find(blockIndex: number): Layer | undefined {
    for (const layer of this.upper) {
      const state = layer.index.state(blockIndex);
      if (state !== "absent") return state === "written" ? layer : undefined;
    }
    return this.#lower?.find(blockIndex);
  }

  /** The first page at or after `page` in which a block may be written. */
  nextPage(page: number): number | undefined {
    let next = this.#lower?.nextPage(page);
    for (const layer of this.upper) {
      const candidate = layer.index.nextPage(page);
      if (candidate !== undefined && (next === undefined || candidate < next)) next = candidate;
    }
    return next;
  }

  /** Reads a whole block into `target`: zeros where it is not written. */
  async read(blockIndex: number, target: Uint8Array): Promise<void> {
    await this.readPart(blockIndex, 0, target);
  }

  /** Reads as many bytes as `target` holds, from within one block. */
  async readPart(blockIndex: number, offsetInBlock: number, target: Uint8Array): Promise<void> {
    if (offsetInBlock + target.length > blockBytes) throw new Error("a read passes the end of its block");
    const layer = this.find(blockIndex);
    if (layer === undefined) target.fill(0);
    else await layer.read(blockIndex, offsetInBlock, target);
  }
}
