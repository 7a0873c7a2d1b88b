import { blockSizeBytes } from "../../ports/index.js";
import { innerLeaves, type Inner } from "../format/inner.js";
import { decodeLeaf, isLocation, leafBlocks, type BlockLocation, type Leaf } from "../format/leaf.js";
import { objectNames } from "../format/object-names.js";
import type { BlockMap } from "../map/block-map.js";
import { LeastRecentlyUsed } from "../store/least-recently-used.js";
import { readPage } from "../map/read-pages.js";
import { isPointGone } from "../points/is-point-gone.js";
import { readRestorePoint } from "../points/list-restore-points.js";
import { isDamage } from "../store/damage.js";
import { findFrames } from "../read/find-frames.js";
import { planRanges, type LocatedBlock } from "../read/frame-ranges.js";
import type { Relocations } from "../relocation/relocations.js";
import { DamageTrace, type TracedPack } from "./damage-trace.js";
import type { Verification, WalkedVolume } from "./verification.js";

/** Inner pages whose losses are remembered: points share most of theirs. */
const rememberedInners = 4_096;

/** What one inner page loses: relative to its first block. */
interface InnerLoss {
  readonly pack: number;
  readonly first: number;
  readonly last: number;
  /** Of a single block, the frame that it lost. */
  readonly offset?: number;
}

/**
 * Walks the maps of all points once more, but only the pages that reach a damaged pack: names every point and block that
 * needs what is damaged, and tries each of those blocks as a restore would, relocations included.
 */
export class DamageTracer {
  readonly #verification: Verification;
  readonly #relocations: Relocations;
  readonly #inners = new LeastRecentlyUsed<string, readonly InnerLoss[]>(rememberedInners);
  readonly #trace = new DamageTrace();

  constructor(verification: Verification, relocations: Relocations) {
    this.#verification = verification;
    this.#relocations = relocations;
  }

  async run(): Promise<ReadonlyMap<number, TracedPack>> {
    const { context, volumes, options } = this.#verification;
    for (const [position, volume] of volumes.entries()) {
      options.signal?.throwIfAborted();
      this.#verification.progress("damage", position, volumes.length);
      try {
        const map = await (await readRestorePoint(context, volume.point, options)).blockMap(volume.volumeId, { signal: options.signal });
        await this.#traceMap(map, volume);
      } catch (error) {
        // it was opened a while ago: removed since, and then it needs nothing, or damaged since, and then the next verification tells
        if (!isDamage(error) && !isPointGone(error)) throw error;
      }
    }
    return this.#trace.packs;
  }

  async #traceMap(map: BlockMap, volume: WalkedVolume): Promise<void> {
    const { inventory, suspects, damagedPages, options } = this.#verification;
    const indexes = new Map<number, number>();
    for (const ordinal of map.reachedOrdinals) {
      const index = inventory.find((await this.#packId(map, ordinal)) ?? map.ownMetaPack.reference.id);
      if (index === undefined || (!suspects.has(index) && !damagedPages.has(index))) continue;
      indexes.set(ordinal, index);
      if (suspects.has(index)) this.#trace.reach(index, volume.point);
    }
    if (indexes.size === 0) return;
    for (const [number, pointer] of [...map.root.inners].sort(([a], [b]) => a - b)) {
      options.signal?.throwIfAborted();
      const key = `${objectNames.pack((await map.packReference(pointer.ordinal, options)).id)} ${String(pointer.offset)}`;
      let losses = this.#inners.get(key);
      if (losses === undefined) {
        const pack = indexes.get(pointer.ordinal);
        const isLost = pack !== undefined && damagedPages.get(pack)?.has(pointer.offset) === true;
        losses = isLost ? [{ pack, first: 0, last: innerLeaves * leafBlocks - 1 }] : await this.#traceInner(map, await map.inner(number, options), indexes);
        this.#inners.set(key, losses);
      }
      const base = number * innerLeaves * leafBlocks;
      const end = Math.ceil(map.root.volumeSizeBytes / blockSizeBytes) - 1;
      for (const { pack, first, last, offset } of losses) this.#trace.lose(pack, volume, base + first, Math.min(base + last, end), offset);
    }
  }

  async #packId(map: BlockMap, ordinal: number): Promise<BlockMap["ownMetaPack"]["reference"]["id"] | undefined> {
    try {
      return (await map.packReference(ordinal, this.#verification.options)).id;
    } catch (error) {
      // its dictionary page is damaged, which is a finding of its own
      if (!isDamage(error)) throw error;
      return undefined;
    }
  }

  async #traceInner(map: BlockMap, inner: Inner | undefined, indexes: ReadonlyMap<number, number>): Promise<InnerLoss[]> {
    const { damagedPages, suspects, options } = this.#verification;
    const losses: InnerLoss[] = [];
    const reached = [...(inner?.packs.keys() ?? [])].filter((ordinal) => indexes.has(ordinal));
    const reachesSuspect = reached.some((ordinal) => suspects.has(indexes.get(ordinal) ?? -1) && this.#verification.inventory.id(indexes.get(ordinal) ?? 0).kind === "data");
    if (reached.length === 0) return losses;
    for (const [position, pointer] of (inner?.leaves ?? []).entries()) {
      if (pointer === undefined) continue;
      const first = position * leafBlocks;
      const pack = indexes.get(pointer.ordinal);
      if (pack !== undefined && damagedPages.get(pack)?.has(pointer.offset) === true) losses.push({ pack, first, last: first + leafBlocks - 1 });
      else if (reachesSuspect) losses.push(...(await this.#traceLeaf(map, decodeLeaf(await readPage(map, pointer, "leaf", options)), first, indexes)));
    }
    return losses;
  }

  async #traceLeaf(map: BlockMap, leaf: Leaf, first: number, indexes: ReadonlyMap<number, number>): Promise<InnerLoss[]> {
    const { suspects } = this.#verification;
    const needed = new Map<number, LocatedBlock[]>();
    for (const [position, slot] of leaf.entries()) {
      if (!isLocation(slot)) continue;
      const pack = indexes.get(slot.ordinal);
      if (pack === undefined || !suspects.has(pack)) continue;
      const blocks = needed.get(pack) ?? [];
      blocks.push({ index: first + position, location: slot });
      needed.set(pack, blocks);
    }
    const losses: InnerLoss[] = [];
    for (const [pack, blocks] of needed) {
      for (const { index, location } of await this.#tryBlocks(map, pack, blocks)) losses.push({ pack, first: index, last: index, offset: location.offset });
    }
    return losses;
  }

  /** The blocks that are found neither at their place nor anywhere that relocations name. */
  async #tryBlocks(map: BlockMap, pack: number, blocks: readonly LocatedBlock[]): Promise<LocatedBlock[]> {
    const { inventory, context, options } = this.#verification;
    const lost: LocatedBlock[] = [];
    const toRead: LocatedBlock[] = [];
    const isMissing = inventory.is(pack, "isMissing");
    for (const block of blocks) {
      if (this.#trace.wasFound(pack, block.location.offset)) continue;
      if (this.#trace.wasLost(pack, block.location.offset)) lost.push(block);
      else if (isMissing && (await this.#isRelocatedSafely(pack, block.location))) this.#trace.find(pack, block.location.offset, "relocated");
      else toRead.push(block);
    }
    for (const range of planRanges(toRead)) {
      const reference = await map.packReference(range.ordinal, options);
      for await (const found of findFrames({ context, relocations: this.#relocations }, reference, range, options)) {
        if (found.opened !== undefined) this.#trace.find(pack, found.block.location.offset, found.isRelocated ? "relocated" : "whole");
        else lost.push(found.block);
      }
    }
    for (const { location } of lost) this.#trace.loseFrame(pack, location);
    return lost.sort((a, b) => a.index - b.index);
  }

  /** Whether a relocation names a place in a pack that was looked at and is as it must be: then the block need not be read for it. */
  async #isRelocatedSafely(pack: number, { offset }: BlockLocation): Promise<boolean> {
    const { inventory, options } = this.#verification;
    const places = await this.#relocations.places(objectNames.pack(inventory.id(pack)), offset, options);
    return places.some(({ reference }) => {
      const target = inventory.find(reference.id);
      return target !== undefined && inventory.is(target, "isPresent") && !inventory.is(target, "isSuspect");
    });
  }
}
