import { IllegalStateError, mistake } from "../../errors/index.js";
import { blockSizeBytes, type CallOptions } from "../../ports/index.js";
import { isLocation, leafBlocks, type BlockLocation } from "../../repository/format/leaf.js";
import type { BlockMap } from "../../repository/map/block-map.js";
import { planRanges, type FrameRange, type LocatedBlock } from "../../repository/read/frame-ranges.js";
import { readRange } from "../../repository/read/read-frames.js";
import { BlockCache } from "./block-cache.js";
import { addExtent, type ByteSource, type Extent } from "./byte-source.js";
import { ReadAhead } from "./read-ahead.js";
import { Turnstile } from "./turnstile.js";

/** Ranged reads of packs at a time: of at most 8 MiB each, so that reads under way take no more than 32 MiB. */
const maxRangesInFlight = 4;
/** Leaves that one question about extents reads at most: 8 GiB of volume. */
const maxLeavesPerAnswer = 64;

/** What a source may keep and what it asks before it reads. */
export interface PointSourceOptions {
  /** Bytes of blocks kept. */
  readonly cacheBytes: number;
  /** Raises where what is read may have been removed: the pin was lost, the device closed. */
  readonly throwIfLost: () => void;
}

/**
 * A volume of a restore point, read at random: blocks are found through the block map, neighbours in a pack are read by one
 * request, what was read is kept within a budget, and who reads in sequence is read ahead of. Every byte is proven by its block's id.
 */
export class PointSource implements ByteSource {
  readonly sizeBytes: number;
  readonly #map: BlockMap;
  readonly #options: PointSourceOptions;
  readonly #cache: BlockCache;
  readonly #readAhead = new ReadAhead();
  readonly #turns = new Turnstile(maxRangesInFlight);

  constructor(map: BlockMap, options: PointSourceOptions) {
    this.#map = map;
    this.#options = options;
    this.sizeBytes = map.root.volumeSizeBytes;
    this.#cache = new BlockCache(Math.floor(options.cacheBytes / blockSizeBytes));
  }

  async read(offset: number, length: number, options: CallOptions = {}): Promise<Buffer> {
    this.#options.throwIfLost();
    options.signal?.throwIfAborted();
    const result = Buffer.alloc(length);
    const first = Math.floor(offset / blockSizeBytes);
    const end = Math.ceil((offset + length) / blockSizeBytes);
    for (const [index, data] of await this.#blocks(first, end)) {
      const start = index * blockSizeBytes - offset;
      data.copy(result, Math.max(0, start), Math.max(0, -start), Math.min(blockSizeBytes, length - start));
    }
    this.#options.throwIfLost();
    this.#startReadAhead(first, end);
    return result;
  }

  async extents(offset: number, length: number, options: CallOptions = {}): Promise<Extent[]> {
    this.#options.throwIfLost();
    const extents: Extent[] = [];
    const end = offset + length;
    let leaves = 0;
    for (let at = offset; at < end; ) {
      const number = Math.floor(at / (leafBlocks * blockSizeBytes));
      if (leaves++ >= maxLeavesPerAnswer) break;
      const leaf = await this.#map.leaf(number, options);
      const leafEnd = Math.min(end, (number + 1) * leafBlocks * blockSizeBytes);
      while (at < leafEnd) {
        const index = Math.floor(at / blockSizeBytes);
        const until = leaf === undefined ? leafEnd : Math.min(leafEnd, (index + 1) * blockSizeBytes);
        addExtent(extents, until - at, !isLocation(leaf?.[index % leafBlocks]));
        at = until;
      }
    }
    return extents;
  }

  /** The blocks of a run that hold data. */
  async #blocks(first: number, end: number): Promise<[number, Buffer][]> {
    const wanted: [number, Promise<Buffer>][] = [];
    const missing: LocatedBlock[] = [];
    for (let index = first; index < end; index++) {
      const cached = this.#cache.get(index);
      if (cached !== undefined) wanted.push([index, cached]);
      else {
        const location = await this.#locate(index);
        if (location !== undefined) missing.push({ index, location });
      }
    }
    wanted.push(...this.#load(missing));
    const results = await Promise.allSettled(wanted.map(async ([index, data]): Promise<[number, Buffer]> => [index, await data]));
    return results.map((result) => {
      if (result.status === "rejected") throw result.reason;
      return result.value;
    });
  }

  async #locate(index: number): Promise<BlockLocation | undefined> {
    const slot = (await this.#map.leaf(Math.floor(index / leafBlocks)))?.[index % leafBlocks];
    return isLocation(slot) ? slot : undefined;
  }

  /** Starts to read blocks that are not there, neighbours together; a block that somebody else reads meanwhile is read once. */
  #load(blocks: readonly LocatedBlock[]): [number, Promise<Buffer>][] {
    const loading: [number, Promise<Buffer>][] = [];
    const fresh: LocatedBlock[] = [];
    for (const block of blocks) {
      const cached = this.#cache.get(block.index);
      if (cached === undefined) fresh.push(block);
      else loading.push([block.index, cached]);
    }
    for (const range of planRanges(fresh)) {
      const read = this.#turns.pass(async () => await this.#readRange(range));
      for (const { index } of range.blocks) {
        const data = read.then((found) => found.get(index) ?? missingBlock(index));
        this.#cache.put(index, data);
        loading.push([index, data]);
      }
    }
    return loading;
  }

  async #readRange(range: FrameRange): Promise<Map<number, Buffer>> {
    this.#options.throwIfLost();
    const found = new Map<number, Buffer>();
    for await (const { index, data } of readRange(this.#map, range, {})) found.set(index, data);
    return found;
  }

  /** What fails ahead of its time is raised when it is asked for: a failed load is not kept. */
  #startReadAhead(first: number, end: number): void {
    const next = this.#readAhead.after(first, end, Math.floor(this.#options.cacheBytes / blockSizeBytes / 4));
    if (next === undefined) return;
    const limit = Math.min(next.end, Math.ceil(this.sizeBytes / blockSizeBytes));
    if (next.first < limit) void this.#blocks(next.first, limit).catch(() => undefined);
  }
}

function missingBlock(index: number): never {
  throw new IllegalStateError(`Block ${String(index)} was not read. ${mistake}`, { code: "BlockNotRead" });
}
