import type { PackId } from "../format/object-names.js";

/** Packs of a session lie beside each other in a row, by their numbers. */
export const packsPerRow = 16;

/** Session id, the row's first pack number, 16 bits of packs that are known and 16 of those that were dropped; then a word a pack. */
const sessionWords = 4;
const baseWord = sessionWords;
const flagsWord = sessionWords + 1;
const firstPackWord = sessionWords + 2;
const rowWords = firstPackWord + packsPerRow;
const rowsPerChunk = 256;
const chunkBytes = rowsPerChunk * rowWords * 4;
const minBuckets = 1024;
/** Rows to a bucket of the look-up, at most. */
const maxLoad = 0.75;

/** Rows of packs in typed arrays, found by session and number. */
export class PackRows {
  readonly #chunks: Uint32Array[] = [];
  /** Row and 1 by open addressing; 0 says empty. */
  #buckets = new Uint32Array(minBuckets);
  #size = 0;

  get memoryBytes(): number {
    return this.#chunks.length * chunkBytes + this.#buckets.byteLength;
  }

  /** How much more memory the next row takes. */
  get growthBytes(): number {
    const bucketBytes = this.#size + 1 > this.#buckets.length * maxLoad ? this.#buckets.byteLength : 0;
    return bucketBytes + (this.#size % rowsPerChunk === 0 ? chunkBytes : 0);
  }

  find(id: Pick<PackId, "sessionId" | "number">): number | undefined {
    const found = this.#buckets[this.#bucketOf(wordsOf(id))] ?? 0;
    return found === 0 ? undefined : found - 1;
  }

  /** Adds the row of a pack that `find` does not find. */
  add(id: Pick<PackId, "sessionId" | "number">): number {
    if (this.#size + 1 > this.#buckets.length * maxLoad) this.#rehash();
    const row = this.#size++;
    if (row % rowsPerChunk === 0) this.#chunks.push(new Uint32Array(rowsPerChunk * rowWords));
    const words = wordsOf(id);
    this.#chunk(row).set(words, this.#at(row));
    this.#buckets[this.#bucketOf(words)] = row + 1;
    return row;
  }

  sessionId(row: number): string {
    const chunk = this.#chunk(row);
    const at = this.#at(row);
    return Array.from(chunk.subarray(at, at + sessionWords), (word) => word.toString(16).padStart(8, "0")).join("");
  }

  /** The number of the row's first pack. */
  base(row: number): number {
    return this.#get(row, baseWord);
  }

  isKnown(row: number, slot: number): boolean {
    return (this.#get(row, flagsWord) & (1 << slot)) !== 0;
  }

  /** Known and not dropped. */
  isUsable(row: number, slot: number): boolean {
    return row < this.#size && ((this.#get(row, flagsWord) >>> slot) & 0x10001) === 1;
  }

  word(row: number, slot: number): number {
    return this.#get(row, firstPackWord + slot);
  }

  /** Sets a pack's word, and makes it known. */
  setWord(row: number, slot: number, word: number): void {
    this.#set(row, firstPackWord + slot, word);
    this.#set(row, flagsWord, this.#get(row, flagsWord) | (1 << slot));
  }

  drop(row: number, slot: number): void {
    this.#set(row, flagsWord, this.#get(row, flagsWord) | (0x10000 << slot));
  }

  #chunk(row: number): Uint32Array {
    return this.#chunks[Math.floor(row / rowsPerChunk)] ?? new Uint32Array(rowsPerChunk * rowWords);
  }

  #at(row: number): number {
    return (row % rowsPerChunk) * rowWords;
  }

  #get(row: number, word: number): number {
    return this.#chunk(row)[this.#at(row) + word] ?? 0;
  }

  #set(row: number, word: number, value: number): void {
    this.#chunk(row)[this.#at(row) + word] = value;
  }

  /** The bucket that holds this row, or the empty one where it would be put. */
  #bucketOf(words: Uint32Array): number {
    const buckets = this.#buckets;
    const mask = buckets.length - 1;
    let bucket = spread(words) & mask;
    for (let found = buckets[bucket] ?? 0; found !== 0 && !this.#is(found - 1, words); found = buckets[bucket] ?? 0) bucket = (bucket + 1) & mask;
    return bucket;
  }

  #is(row: number, words: Uint32Array): boolean {
    const chunk = this.#chunk(row);
    const at = this.#at(row);
    for (let word = 0; word < words.length; word++) if (chunk[at + word] !== words[word]) return false;
    return true;
  }

  #rehash(): void {
    this.#buckets = new Uint32Array(this.#buckets.length * 2);
    for (let row = 0; row < this.#size; row++) {
      const at = this.#at(row);
      this.#buckets[this.#bucketOf(this.#chunk(row).subarray(at, at + baseWord + 1))] = row + 1;
    }
  }
}

/** What a row is found by: the session's id and the row's first number. */
function wordsOf({ sessionId, number }: Pick<PackId, "sessionId" | "number">): Uint32Array {
  const words = new Uint32Array(baseWord + 1);
  for (let word = 0; word < sessionWords; word++) words[word] = Number.parseInt(sessionId.slice(word * 8, word * 8 + 8), 16);
  words[baseWord] = number - (number % packsPerRow);
  return words;
}

/** A session's rows follow each other and must not lie in heaps: every bit of both words moves the low bits of the result. */
function spread(words: Uint32Array): number {
  const mixed = Math.imul((words[0] ?? 0) ^ Math.imul(words[baseWord] ?? 0, 0x9e3779b1), 0x85ebca6b);
  return mixed ^ (mixed >>> 15);
}
