import { readPackReference, writePackReference, type PackReference } from "../format/dictionary-page.js";
import { ByteReader } from "../format/byte-reader.js";
import { ByteWriter } from "../format/byte-writer.js";

const chunkBytes = 64 * 1024;
/** What a position costs beside the reference itself. */
const positionBytes = 8;

/** Number -> pack, as compact as a dictionary page stores them: there may be millions. */
export class PackTable {
  readonly #maxBytes: number;
  readonly #chunks: Buffer[] = [];
  readonly #positions: number[] = [];
  readonly #dropped = new Set<number>();
  /** Bytes used of the last chunk; before the first, none has room. */
  #used = chunkBytes;
  #bytes = 0;
  #isFull = false;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get size(): number {
    return this.#positions.length;
  }

  get memoryBytes(): number {
    return this.#bytes;
  }

  /** Whether a pack had no room. */
  get isFull(): boolean {
    return this.#isFull;
  }

  /** Gives a pack a number, or `undefined` where the budget is used up. */
  add(reference: PackReference): number | undefined {
    const number = this.#positions.length;
    const writer = new ByteWriter(128);
    writePackReference(writer, number, reference);
    const bytes = writer.finish();
    if (this.#bytes + bytes.length + positionBytes > this.#maxBytes) {
      this.#isFull = true;
      return undefined;
    }
    if (this.#used + bytes.length > chunkBytes) {
      this.#chunks.push(Buffer.alloc(Math.max(chunkBytes, bytes.length)));
      this.#used = 0;
    }
    const chunk = this.#chunks.length - 1;
    this.#chunks[chunk]?.set(bytes, this.#used);
    this.#positions.push(chunk * chunkBytes + this.#used);
    this.#used += bytes.length;
    this.#bytes += bytes.length + positionBytes;
    return number;
  }

  /** The pack of this number; `undefined` where it was dropped. */
  get(number: number): PackReference | undefined {
    const position = this.#positions[number];
    if (position === undefined || this.#dropped.has(number)) return undefined;
    const chunk = this.#chunks[Math.floor(position / chunkBytes)];
    if (chunk === undefined) return undefined;
    return readPackReference(new ByteReader(chunk.subarray(position % chunkBytes), "pack of the index"))[1];
  }

  /** Forgets a pack that is gone or damaged: nothing is found in it any more. */
  drop(number: number): void {
    this.#dropped.add(number);
  }
}
