import { objectNames, packIdOf, type PackId } from "../format/object-names.js";
import type { RepositoryContext, SignalOptions } from "../repository-context.js";

/** A stored pack as the store lists it. */
export interface ListedPack {
  readonly id: PackId;
  readonly sizeBytes: number;
  /** Milliseconds since 1970 by the store's clock; 0 where it does not tell. */
  readonly modifiedMs: number;
}

const entryBytes = 1 + 16 + 4 + 8 + 8;
const chunkEntries = 65_536;

/** All packs of a repository, 37 bytes each: there may be millions. */
export class PackListing {
  readonly #chunks: Buffer[] = [];
  #size = 0;
  #sizeBytes = 0;

  /** Lists data and meta packs. Objects of other names are left alone: they are not the engine's. */
  static async read(context: RepositoryContext, options: SignalOptions = {}): Promise<PackListing> {
    const listing = new PackListing();
    for (const prefix of [objectNames.packs, objectNames.metaPacks]) {
      for await (const { name, sizeBytes, modifiedAt } of context.store.list(prefix, options)) {
        const id = packIdOf(name);
        if (id !== undefined) listing.#add({ id, sizeBytes, modifiedMs: modifiedAt?.getTime() ?? 0 });
      }
    }
    return listing;
  }

  get size(): number {
    return this.#size;
  }

  /** Bytes of all packs together. */
  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  *[Symbol.iterator](): Generator<ListedPack> {
    for (let position = 0; position < this.#size; position++) {
      const chunk = this.#chunks[Math.floor(position / chunkEntries)];
      if (chunk === undefined) return;
      const at = (position % chunkEntries) * entryBytes;
      yield {
        id: { kind: chunk.readUInt8(at) === 0 ? "data" : "meta", sessionId: chunk.toString("hex", at + 1, at + 17), number: chunk.readUInt32BE(at + 17) },
        sizeBytes: chunk.readDoubleBE(at + 21),
        modifiedMs: chunk.readDoubleBE(at + 29),
      };
    }
  }

  #add({ id, sizeBytes, modifiedMs }: ListedPack): void {
    if (this.#size % chunkEntries === 0) this.#chunks.push(Buffer.alloc(chunkEntries * entryBytes));
    const chunk = this.#chunks.at(-1);
    if (chunk === undefined) return;
    const at = (this.#size % chunkEntries) * entryBytes;
    chunk.writeUInt8(id.kind === "data" ? 0 : 1, at);
    chunk.write(id.sessionId, at + 1, "hex");
    chunk.writeUInt32BE(id.number, at + 17);
    chunk.writeDoubleBE(sizeBytes, at + 21);
    chunk.writeDoubleBE(modifiedMs, at + 29);
    this.#size++;
    this.#sizeBytes += sizeBytes;
  }
}
