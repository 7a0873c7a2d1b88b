import { maxZeroBits, packPageEntries, sealPackDetails, sealPackList, sealShard, shardEntries, shardEntryBytes, type IndexLevel } from "../format/index-level.js";
import { objectNames } from "../format/object-names.js";
import type { PackReference } from "../format/dictionary-page.js";
import type { SignalOptions } from "../signal-options.js";
import type { IndexSource } from "./index-source.js";
import { versionCheckOf } from "./pack-table.js";

/** Writes a level: its packs, then its entries, both in their order. Holds a page and a shard, and one more on its way. */
export class LevelWriter {
  readonly #source: IndexSource;
  readonly #generation: string;
  readonly #options: SignalOptions;
  readonly #counts = new Array<number>(maxZeroBits + 1).fill(0);
  #page: PackReference[] = [];
  #pages = 0;
  #shard = Buffer.allocUnsafe(shardEntries * shardEntryBytes);
  #used = 0;
  #shards = 0;
  #upload: Promise<void> = Promise.resolve();

  constructor(source: IndexSource, generation: string, options: SignalOptions) {
    this.#source = source;
    this.#generation = generation;
    this.#options = options;
  }

  /** Adds the next pack, in ascending order, and gives its position. */
  async addPack(reference: PackReference): Promise<number> {
    if (this.#page.length === packPageEntries) await this.#writePage();
    this.#page.push(reference);
    return this.#pages * packPageEntries + this.#page.length - 1;
  }

  /** Adds the next entry; where it says that the shard is full, `writeShard` is next. */
  add(high: number, low: number, zeroBits: number, pack: number): boolean {
    this.#shard.writeUInt32BE(high, this.#used);
    this.#shard.writeUInt32BE(low, this.#used + 4);
    this.#shard.writeUInt32BE(pack, this.#used + 8);
    this.#used += shardEntryBytes;
    this.#counts[zeroBits] = (this.#counts[zeroBits] ?? 0) + 1;
    return this.#used === this.#shard.length;
  }

  async writeShard(): Promise<void> {
    if (this.#used === 0) return;
    const name = objectNames.indexShard(this.#generation, this.#shards++);
    const bytes = sealShard(this.#source.keys, name, this.#shard.subarray(0, this.#used));
    this.#used = 0;
    await this.#put(name, bytes);
  }

  /** Writes what is left. The level exists once a manifest names it. */
  async finish(): Promise<IndexLevel> {
    const packs = this.#pages * packPageEntries + this.#page.length;
    await this.#writePage();
    await this.writeShard();
    await this.#upload;
    return { generation: this.#generation, packs, entries: this.#counts };
  }

  /** Waits for what is on its way, whatever becomes of it. */
  async settle(): Promise<void> {
    await this.#upload.catch(() => undefined);
  }

  async #writePage(): Promise<void> {
    const page = this.#page;
    if (page.length === 0) return;
    this.#page = [];
    const { keys } = this.#source;
    const [list, details] = [objectNames.indexPacks(this.#generation, this.#pages), objectNames.indexPackDetails(this.#generation, this.#pages)];
    this.#pages++;
    await this.#put(list, sealPackList(keys, list, page.map(({ id, versionId }) => ({ id, versionCheck: versionCheckOf(versionId) }))));
    await this.#put(details, sealPackDetails(keys, details, page));
  }

  /** Sends an object on its way once the one before has arrived. */
  async #put(name: string, bytes: Buffer): Promise<void> {
    await this.#upload;
    this.#upload = this.#source.store.put(name, bytes, { condition: "absent", ...this.#options }).then(() => undefined);
    // raised to whoever writes next, or finishes
    this.#upload.catch(() => undefined);
  }
}
