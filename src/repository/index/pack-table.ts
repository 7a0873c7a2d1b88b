import { createHash } from "node:crypto";
import { ByteReader } from "../format/byte-reader.js";
import { ByteWriter } from "../format/byte-writer.js";
import { readPackReference, writePackReference, type PackReference } from "../format/dictionary-page.js";
import type { PackId } from "../format/object-names.js";
import { PackRows, packsPerRow } from "./pack-rows.js";

const detailChunkBytes = 16 * 1024;
/** Says that a pack's word is the position of its whole reference. */
const hasDetails = 0x80000000;
/** Positions below that bit: a greater one would be that of another pack. */
const mostDetailBytes = hasDetails;

/** A pack of the index: what is known of it without looking. */
export interface KnownPack {
  readonly id: PackId;
  /** Everything, where there was room for it. */
  readonly reference: PackReference | undefined;
  /** A check of the version that was stored, where only that is kept; 0: no version is known. */
  readonly versionCheck: number;
}

/**
 * The packs that the index knows, by number. There may be millions: packs of a session share a row, and of each no more than
 * 4 bytes are kept once the budget of whole references is used up. What such a pack is, is learned by looking at it.
 */
export class PackTable {
  readonly #rows: PackRows;
  readonly #maxDetailBytes: number;
  readonly #maxBytes: number;
  readonly #details: Buffer[] = [];
  /** Bytes used of the last chunk; before the first, none has room. */
  #used = detailChunkBytes;
  #size = 0;
  #isFull = false;

  /** At most `maxBytes` in all, `maxDetailBytes` of it for whole references. */
  constructor(maxBytes: number, maxDetailBytes: number) {
    this.#rows = new PackRows();
    this.#maxBytes = maxBytes;
    this.#maxDetailBytes = Math.min(maxDetailBytes, mostDetailBytes);
  }

  get size(): number {
    return this.#size;
  }

  get memoryBytes(): number {
    return this.#rows.memoryBytes + this.#details.length * detailChunkBytes;
  }

  /** Whether a pack had no room. */
  get isFull(): boolean {
    return this.#isFull;
  }

  /** Whether whole references of so many packs have room. */
  hasRoomForDetails(packs: number, bytesEach: number): boolean {
    return this.#details.length * detailChunkBytes + packs * bytesEach <= this.#maxDetailBytes;
  }

  /** Whether a pack was added. */
  has(id: PackId): boolean {
    const row = this.#rows.find(id);
    return row !== undefined && this.#rows.isKnown(row, id.number % packsPerRow);
  }

  /** Gives a pack its number, the one that it has already where it is known; `undefined` where there is no room. */
  add(id: PackId, versionCheck: number, reference?: PackReference): number | undefined {
    let row = this.#rows.find(id);
    if (row === undefined) {
      if (this.memoryBytes + this.#rows.growthBytes > this.#maxBytes) {
        this.#isFull = true;
        return undefined;
      }
      row = this.#rows.add(id);
    }
    const slot = id.number % packsPerRow;
    const isNew = !this.#rows.isKnown(row, slot);
    if (isNew) this.#size++;
    if (isNew || (reference !== undefined && (this.#rows.word(row, slot) & hasDetails) === 0)) {
      this.#rows.setWord(row, slot, this.#keepDetails(reference) ?? versionCheck);
    }
    return row * packsPerRow + slot;
  }

  /** Whether there is a pack of this number that was not dropped. */
  isKnown(number: number): boolean {
    return this.#rows.isUsable(Math.floor(number / packsPerRow), number % packsPerRow);
  }

  /** The id of the pack of this number; `undefined` where it was dropped. */
  id(number: number): PackId | undefined {
    const row = Math.floor(number / packsPerRow);
    const slot = number % packsPerRow;
    return this.#rows.isUsable(row, slot) ? { kind: "data", sessionId: this.#rows.sessionId(row), number: this.#rows.base(row) + slot } : undefined;
  }

  /** What is known of the pack of this number; `undefined` where it was dropped. */
  get(number: number): KnownPack | undefined {
    const id = this.id(number);
    if (id === undefined) return undefined;
    const word = this.#rows.word(Math.floor(number / packsPerRow), number % packsPerRow);
    return (word & hasDetails) === 0 ? { id, reference: undefined, versionCheck: word } : { id, reference: this.#detailsAt(word & ~hasDetails), versionCheck: 0 };
  }

  /** The number of the pack that the same session stored next. */
  next(number: number): number | undefined {
    const row = Math.floor(number / packsPerRow);
    const slot = (number % packsPerRow) + 1;
    if (slot < packsPerRow) return this.#rows.isUsable(row, slot) ? row * packsPerRow + slot : undefined;
    const nextRow = this.#rows.find({ sessionId: this.#rows.sessionId(row), number: this.#rows.base(row) + packsPerRow });
    return nextRow !== undefined && this.#rows.isUsable(nextRow, 0) ? nextRow * packsPerRow : undefined;
  }

  /** Forgets a pack that is gone or damaged: nothing is found in it any more. Names are never used again. */
  drop(number: number): void {
    this.#rows.drop(Math.floor(number / packsPerRow), number % packsPerRow);
  }

  /** Keeps a whole reference where there is room for it; gives the pack's word. */
  #keepDetails(reference: PackReference | undefined): number | undefined {
    if (reference === undefined) return undefined;
    const writer = new ByteWriter(128);
    writePackReference(writer, 0, reference);
    const bytes = writer.finish();
    if (bytes.length > detailChunkBytes) return undefined;
    if (this.#used + bytes.length > detailChunkBytes) {
      if (!this.hasRoomForDetails(1, detailChunkBytes)) return undefined;
      this.#details.push(Buffer.alloc(detailChunkBytes));
      this.#used = 0;
    }
    const position = (this.#details.length - 1) * detailChunkBytes + this.#used;
    this.#details.at(-1)?.set(bytes, this.#used);
    this.#used += bytes.length;
    return (hasDetails | position) >>> 0;
  }

  #detailsAt(position: number): PackReference | undefined {
    const chunk = this.#details[Math.floor(position / detailChunkBytes)];
    return chunk === undefined ? undefined : readPackReference(new ByteReader(chunk.subarray(position % detailChunkBytes), "pack of the index"))[1];
  }
}

/** A check of a pack's version in 31 bits, never 0; 0 where no version is known. */
export function versionCheckOf(versionId: string | undefined): number {
  if (versionId === undefined) return 0;
  return (createHash("sha256").update(versionId, "utf8").digest().readUInt32BE(0) & 0x7fffffff) | 1;
}
