import { IllegalStateError, mistake } from "../../errors/index.js";
import { emptyInner, encodeInner, innerLeaves, type Inner } from "../format/inner.js";
import { emptyLeaf, encodeLeaf, isLocation, leafBlocks, leafOrdinals, type Leaf, type LeafSlot } from "../format/leaf.js";
import { pageCheck, type PagePointer } from "../format/page.js";
import { encodeRoot } from "../format/root.js";
import type { MetaPackWriter, StoredRoot } from "./meta-pack-writer.js";
import type { SignalOptions } from "../repository-context.js";
import type { BlockMap } from "./block-map.js";
import type { PackDictionary } from "./pack-dictionary.js";

/** How a new block map comes from its parent's. */
export interface BlockMapBuilderOptions extends SignalOptions {
  readonly volumeSizeBytes: number;
  /** `incremental`: what is not set stays as in the parent. `full`: what is not set is not there; equal leaves are still shared. */
  readonly method: "full" | "incremental";
  /** Called for each block once the map has it. */
  readonly onSet?: ((index: number, slot: LeafSlot) => void) | undefined;
}

const emptySlots: Leaf = emptyLeaf();

/**
 * Builds the block map of a point, ascending by block. Only the leaf and the inner page at hand are in memory;
 * finished pages go to the meta packs, unchanged ones stay the parent's.
 */
export class BlockMapBuilder {
  readonly #parent: BlockMap | undefined;
  readonly #dictionary: PackDictionary;
  readonly #pages: MetaPackWriter;
  readonly #options: BlockMapBuilderOptions;
  readonly #inners: Map<number, PagePointer>;
  readonly #packs: Map<number, number>;
  #presentBlocks: number;
  #zeroBlocks: number;
  #lastIndex = -1;
  #leaf: { readonly number: number; readonly before: Leaf; readonly slots: LeafSlot[] } | undefined;
  #inner: { readonly number: number; readonly before: Inner; readonly leaves: (PagePointer | undefined)[]; readonly packs: Map<number, number> } | undefined;

  constructor(parent: BlockMap | undefined, dictionary: PackDictionary, pages: MetaPackWriter, options: BlockMapBuilderOptions) {
    this.#parent = parent;
    this.#dictionary = dictionary;
    this.#pages = pages;
    this.#options = options;
    const base = options.method === "incremental" ? parent?.root : undefined;
    this.#inners = new Map(base?.inners);
    this.#packs = new Map(base?.packs);
    this.#presentBlocks = base?.presentBlocks ?? 0;
    this.#zeroBlocks = base?.zeroBlocks ?? 0;
  }

  /** Says what block `index` is from now on: each index at most once, ascending. */
  async set(index: number, slot: LeafSlot): Promise<void> {
    if (index <= this.#lastIndex) throw new IllegalStateError(`Block ${String(index)} came after block ${String(this.#lastIndex)}: a block map is built in ascending order. ${mistake}`, { code: "OutOfOrder" });
    this.#lastIndex = index;
    const number = Math.floor(index / leafBlocks);
    if (this.#leaf?.number !== number) {
      await this.#finishLeaf();
      await this.#openInner(Math.floor(number / innerLeaves));
      const before = (await this.#parent?.leaf(number, this.#options)) ?? emptySlots;
      this.#leaf = { number, before, slots: this.#options.method === "incremental" ? [...before] : emptyLeaf() };
    }
    this.#leaf.slots[index % leafBlocks] = slot;
    this.#options.onSet?.(index, slot);
  }

  /** Writes what is left, the dictionary and the root. All packs must be stored by now. */
  async finish(): Promise<StoredRoot> {
    await this.#finishLeaf();
    await this.#finishInner();
    return await this.#pages.finish(async (append, ownOrdinal) => {
      const reached = new Set(this.#packs.keys());
      for (const pointer of this.#inners.values()) reached.add(pointer.ordinal);
      // pages of the dictionary lie in meta packs that the dictionary must name too
      for (const [, pointer] of this.#parent?.root.dictionary ?? []) reached.add(pointer.ordinal);
      for (const ordinal of this.#dictionary.pageOrdinals) reached.add(ordinal);
      reached.delete(ownOrdinal);
      const dictionary = await this.#dictionary.finish(reached, append, this.#options);
      return Buffer.from(
        encodeRoot({
          nextOrdinal: this.#dictionary.nextOrdinal,
          volumeSizeBytes: this.#options.volumeSizeBytes,
          presentBlocks: this.#presentBlocks,
          zeroBlocks: this.#zeroBlocks,
          inners: this.#inners,
          dictionary,
          packs: this.#packs,
        }),
      );
    });
  }

  async #finishLeaf(): Promise<void> {
    const leaf = this.#leaf;
    const inner = this.#inner;
    this.#leaf = undefined;
    if (leaf === undefined || inner === undefined) return;
    const position = leaf.number % innerLeaves;
    const parentPointer = inner.before.leaves[position];
    const isIncremental = this.#options.method === "incremental";
    if (isIncremental) {
      this.#presentBlocks -= leaf.before.filter(isLocation).length;
      this.#zeroBlocks -= leaf.before.filter((slot) => slot === "zero").length;
      if (parentPointer !== undefined) countPacks(inner.packs, [...leafOrdinals(leaf.before), parentPointer.ordinal], -1);
    }
    this.#presentBlocks += leaf.slots.filter(isLocation).length;
    this.#zeroBlocks += leaf.slots.filter((slot) => slot === "zero").length;
    const pointer = await this.#storeLeaf(leaf.slots, parentPointer);
    inner.leaves[position] = pointer;
    if (pointer !== undefined) countPacks(inner.packs, [...leafOrdinals(leaf.slots), pointer.ordinal], 1);
  }

  async #storeLeaf(slots: Leaf, parentPointer: PagePointer | undefined): Promise<PagePointer | undefined> {
    if (slots.every((slot) => slot === undefined)) return undefined;
    const plain = Buffer.from(encodeLeaf(slots));
    if (parentPointer !== undefined && pageCheck(plain).equals(parentPointer.check)) return parentPointer;
    return await this.#pages.append("leaf", plain);
  }

  async #openInner(number: number): Promise<void> {
    if (this.#inner?.number === number) return;
    await this.#finishInner();
    const before = (await this.#parent?.inner(number, this.#options)) ?? emptyInner;
    const base = this.#options.method === "incremental" ? before : emptyInner;
    this.#inner = { number, before, leaves: [...base.leaves], packs: new Map(base.packs) };
  }

  async #finishInner(): Promise<void> {
    const inner = this.#inner;
    this.#inner = undefined;
    if (inner === undefined) return;
    const parentPointer = this.#parent?.root.inners.get(inner.number);
    if (this.#options.method === "incremental" && parentPointer !== undefined) countPacks(this.#packs, [...inner.before.packs.keys(), parentPointer.ordinal], -1);
    this.#inners.delete(inner.number);
    if (inner.leaves.every((pointer) => pointer === undefined)) return;
    const plain = Buffer.from(encodeInner(inner));
    const isUnchanged = parentPointer !== undefined && pageCheck(plain).equals(parentPointer.check);
    const pointer = isUnchanged ? parentPointer : await this.#pages.append("inner", plain);
    this.#inners.set(inner.number, pointer);
    countPacks(this.#packs, [...new Set([...inner.packs.keys(), pointer.ordinal])], 1);
    await this.#dictionary.flushFullPages((type, page) => this.#pages.append(type, page));
  }
}

/** Adds `step` to the count of each pack; a pack that nothing reaches any more is forgotten. */
function countPacks(counts: Map<number, number>, ordinals: readonly number[], step: 1 | -1): void {
  for (const ordinal of new Set(ordinals)) {
    const count = (counts.get(ordinal) ?? 0) + step;
    if (count < 0) throw new IllegalStateError(`The count of pack ${String(ordinal)} in a block map fell below zero. ${mistake}`, { code: "BrokenCounts" });
    if (count === 0) counts.delete(ordinal);
    else counts.set(ordinal, count);
  }
}
