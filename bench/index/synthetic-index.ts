import type { GetOptions, ObjectContent, ObjectInfo, ObjectStore } from "../../src/ports/index.js";
import { NotFoundError } from "../../src/index.js";
import type { PackReference } from "../../src/repository/format/dictionary-page.js";
import { maxZeroBits, packPageEntries, sealPackDetails, sealPackList, sealShard, shardEntries, shardEntryBytes, zeroBitsOf, type IndexLevel } from "../../src/repository/format/index-level.js";
import { sealIndexManifest } from "../../src/repository/format/index-manifest.js";
import { packIdOf, objectNames, type PackId } from "../../src/repository/format/object-names.js";
import { directoryEntryBytes, encodeDirectory, encodeTrailer } from "../../src/repository/format/pack-directory.js";
import { KeyRing } from "../../src/repository/keys/key-ring.js";
import { seal } from "../../src/repository/keys/sealed-box.js";

/** Blocks of an image: 512 GiB of data, stored by one session in the order of the volume. */
export const imageBlocks = 2 ** 20;
/** Blocks that fill a pack at a ratio of 2.7. */
const packBlocks = 170;
const frameBytes = 194_000;
const packsPerImage = Math.ceil(imageBlocks / packBlocks);
const generation = "0".repeat(20);
/** The level is made for readers that sample at least as much: it holds the numbers of all blocks that they may ask for. */
const bitsOfNumber = 31;

/**
 * A repository of 10^7 to 10^9 blocks that is nowhere: ids are hashes of their numbers, and the merged index and the packs'
 * directories are made when they are read. Sealed and opened as real ones.
 */
export class SyntheticIndex implements ObjectStore {
  readonly location = "synthetic";
  readonly keys = new KeyRing(Buffer.alloc(32, 1), Buffer.alloc(16, 2));
  readonly blocks: number;
  readonly #level: IndexLevel;
  /** Numbers of the blocks in the order of the level, as far as its reader comes. */
  readonly #order: Float64Array;
  #reads = { requests: 0, bytes: 0 };

  /** Blocks of whose ids fewer zero bits end are counted, and never read. */
  constructor(images: number, leastZeroBits: number) {
    this.blocks = images * imageBlocks;
    const entries = new Array<number>(maxZeroBits + 1).fill(0);
    // by chance somewhat more or less than expected
    const order = new Float64Array((this.blocks / 2 ** leastZeroBits) * 1.01 + 10_000);
    let at = 0;
    for (let block = 0; block < this.blocks; block++) {
      const zeroBits = zeroBitsOf(lowOf(block));
      entries[zeroBits] = (entries[zeroBits] ?? 0) + 1;
      // the beginning of the id is order enough
      if (zeroBits >= leastZeroBits) order[at++] = ((maxZeroBits - zeroBits) * 2 ** 18 + (highOf(block) >>> 14)) * 2 ** bitsOfNumber + block;
    }
    this.#level = { generation, packs: images * packsPerImage, entries };
    this.#order = order.subarray(0, at);
    this.#order.sort();
  }

  /** What was read since the last time. */
  takeReads(): { readonly requests: number; readonly bytes: number } {
    const reads = this.#reads;
    this.#reads = { requests: 0, bytes: 0 };
    return reads;
  }

  async get(name: string, options: GetOptions = {}): Promise<ObjectContent> {
    const { body, sizeBytes = body.length } = this.#make(name, options);
    this.#reads.requests++;
    this.#reads.bytes += body.length;
    return await Promise.resolve({ name, sizeBytes, etag: "etag", body });
  }

  async *list(): AsyncGenerator<ObjectInfo> {
    // no runs: all is merged
  }

  put(): Promise<never> {
    throw new TypeError("Nothing is written here.");
  }

  async head(name: string): Promise<ObjectInfo | undefined> {
    this.#reads.requests++;
    const pack = packIdOf(name);
    return await Promise.resolve(pack === undefined ? undefined : { name, sizeBytes: packSizeBytes(pack), etag: "etag" });
  }

  delete(): Promise<never> {
    throw new TypeError("Nothing is removed here.");
  }

  #make(name: string, { range }: GetOptions): { readonly body: Buffer; readonly sizeBytes?: number } {
    if (name === objectNames.indexManifest) return { body: sealIndexManifest(this.keys, { change: "0".repeat(32), building: null, levels: [this.#level] }) };
    const pack = packIdOf(name);
    if (pack !== undefined && range !== undefined && "suffix" in range) return this.#directory(name, pack, range.suffix);
    const [, kind, digits] = /^idx\/0{20}\/([epd])(\d+)$/.exec(name) ?? [];
    const number = Number(digits);
    if (kind === "e") return { body: this.#shard(name, number) };
    const packs = this.#packs(number * packPageEntries);
    if (kind === "p") return { body: sealPackList(this.keys, name, packs.map(({ id }) => ({ id, versionCheck: 0 }))) };
    if (kind === "d") return { body: sealPackDetails(this.keys, name, packs) };
    throw new NotFoundError(`There is no ${name}.`, { code: "ObjectNotFound" });
  }

  #shard(name: string, number: number): Buffer {
    const total = this.#level.entries.reduce((sum, count) => sum + count, 0);
    const first = number * shardEntries;
    const entries = Buffer.alloc(Math.min(shardEntries, total - first) * shardEntryBytes);
    for (let at = 0; at < entries.length; at += shardEntryBytes) {
      const key = this.#order[first + at / shardEntryBytes];
      // the last shard that a reader needs may end in blocks that it does not
      const block = key === undefined ? 0 : key % 2 ** bitsOfNumber;
      entries.writeUInt32BE(highOf(block), at);
      entries.writeUInt32BE(key === undefined ? 1 : lowOf(block), at + 4);
      entries.writeUInt32BE(Math.floor(block / imageBlocks) * packsPerImage + Math.floor((block % imageBlocks) / packBlocks), at + 8);
    }
    return sealShard(this.keys, name, entries);
  }

  #packs(first: number): PackReference[] {
    return Array.from({ length: Math.min(packPageEntries, this.#level.packs - first) }, (_, position) => {
      const id: PackId = { kind: "data", sessionId: sessionIdOf(Math.floor((first + position) / packsPerImage)), number: (first + position) % packsPerImage };
      return { id, sizeBytes: packSizeBytes(id), sha256: Buffer.alloc(16, 1), versionId: undefined, lockedUntilMs: 0 };
    });
  }

  #directory(name: string, pack: PackId, suffix: number): { readonly body: Buffer; readonly sizeBytes: number } {
    const { sessionId, number } = pack;
    const first = Number.parseInt(sessionId.slice(0, 8), 16) * imageBlocks + number * packBlocks;
    const count = blocksOf(number);
    const entries = Array.from({ length: count }, (_, slot) => ({ blockId: blockIdOf(first + slot), offset: slot * frameBytes, length: frameBytes, compression: 1, blockIndex: number * packBlocks + slot }));
    const directory = seal({ key: this.keys.structure, repositoryId: this.keys.repositoryId, name, label: "directory" }, encodeDirectory(entries));
    const end = Buffer.concat([directory, encodeTrailer(directory, count)]);
    // what lies before the directory is never looked at
    return { body: Buffer.concat([Buffer.alloc(Math.max(0, suffix - end.length)), end]), sizeBytes: packSizeBytes(pack) };
  }
}

function blocksOf(packNumber: number): number {
  return Math.min(packBlocks, imageBlocks - packNumber * packBlocks);
}

/** Frames, directory with its seal, trailer. */
function packSizeBytes({ number }: PackId): number {
  return blocksOf(number) * (frameBytes + directoryEntryBytes) + 28 + 32;
}

/** The id of the block with this number: as if by a keyed hash. */
export function blockIdOf(block: number): Buffer {
  const id = Buffer.allocUnsafe(16);
  id.writeUInt32BE(highOf(block), 0);
  id.writeUInt32BE(lowOf(block), 4);
  id.writeUInt32BE(mix(block ^ 0x51ed270b), 8);
  id.writeUInt32BE(mix(block ^ 0x2f0b4c47), 12);
  return id;
}

function highOf(block: number): number {
  return mix(block ^ 0x6a09e667);
}

function lowOf(block: number): number {
  return mix((mix(block ^ 0x3c6ef372) ^ Math.imul(block, 0x9e3779b1)) >>> 0);
}

/** The finishing step of a well-known hash: each bit of the number changes half of the bits. */
function mix(value: number): number {
  let mixed = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}

/** Begins with the image's number. */
function sessionIdOf(image: number): string {
  return image.toString(16).padStart(8, "0") + Buffer.concat([blockIdOf(image), blockIdOf(image + 1)]).toString("hex", 0, 12);
}
