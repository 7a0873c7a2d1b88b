import type { PackReference } from "../format/dictionary-page.js";
import { maxZeroBits, zeroBitsOf } from "../format/index-level.js";
import type { IndexRun } from "../format/index-run.js";
import type { EntryCursor } from "./level-cursor.js";
import { comparePacks, type MergeInput, type PositionedPack } from "./merge-inputs.js";

/** Entries sorted in memory at a time: 25 MiB. No run has more. */
export const maxBatchEntries = 2 ** 20;
/** A key of 53 bits that a number holds exactly: order of zero bits (4), beginning of the block id (28), number of the entry (20). */
const keyIdBits = 28;

/** Runs, the oldest first, sorted in memory to be merged with levels. */
export class RunBatch {
  readonly #packs: PackReference[] = [];
  readonly #high: Uint32Array;
  readonly #low: Uint32Array;
  readonly #pack: Uint32Array;
  #size = 0;

  /** Makes room for `entries`, at most `maxBatchEntries`. */
  constructor(entries: number) {
    this.#high = new Uint32Array(entries);
    this.#low = new Uint32Array(entries);
    this.#pack = new Uint32Array(entries);
  }

  get size(): number {
    return this.#size;
  }

  add(run: IndexRun): void {
    const firstPack = this.#packs.length;
    for (const pack of run.packs) this.#packs.push(pack);
    run.forEach((high, low, position) => {
      this.#high[this.#size] = high;
      this.#low[this.#size] = low;
      this.#pack[this.#size] = firstPack + position;
      this.#size++;
    });
  }

  input(): MergeInput {
    const packs = this.#packs.map((reference, position): PositionedPack => ({ position, reference })).sort((a, b) => comparePacks(a.reference.id, b.reference.id));
    return { packCount: packs.length, packs: inOrder(packs), entries: new BatchCursor(this.#sorted(), this.#high, this.#low, this.#pack) };
  }

  /** Numbers of the entries in the order of a level; of one block, the newest last. */
  #sorted(): Uint32Array {
    const keys = new Float64Array(this.#size);
    for (let entry = 0; entry < this.#size; entry++) {
      const order = maxZeroBits - zeroBitsOf(this.#low[entry] ?? 0);
      keys[entry] = (order * 2 ** keyIdBits + ((this.#high[entry] ?? 0) >>> (32 - keyIdBits))) * maxBatchEntries + entry;
    }
    keys.sort();
    const sorted = Uint32Array.from(keys, (key) => key % maxBatchEntries);
    // the keys have the beginning of the id alone: neighbours with the same one are few
    for (let at = 1; at < sorted.length; at++) {
      const entry = sorted[at] ?? 0;
      let to = at;
      while (to > 0 && this.#compare(sorted[to - 1] ?? 0, entry) > 0) sorted[to] = sorted[--to] ?? 0;
      sorted[to] = entry;
    }
    return sorted;
  }

  #compare(a: number, b: number): number {
    const [lowA, lowB] = [this.#low[a] ?? 0, this.#low[b] ?? 0];
    return zeroBitsOf(lowB) - zeroBitsOf(lowA) || (this.#high[a] ?? 0) - (this.#high[b] ?? 0) || lowA - lowB || a - b;
  }
}

class BatchCursor implements EntryCursor {
  high = 0;
  low = 0;
  zeroBits = 0;
  pack = 0;
  readonly #sorted: Uint32Array;
  readonly #arrays: readonly [high: Uint32Array, low: Uint32Array, pack: Uint32Array];
  #at = 0;

  constructor(sorted: Uint32Array, ...arrays: readonly [high: Uint32Array, low: Uint32Array, pack: Uint32Array]) {
    this.#sorted = sorted;
    this.#arrays = arrays;
  }

  advance(): boolean {
    const entry = this.#sorted[this.#at];
    if (entry === undefined) return false;
    this.#at++;
    const [high, low, pack] = this.#arrays;
    this.high = high[entry] ?? 0;
    this.low = low[entry] ?? 0;
    this.pack = pack[entry] ?? 0;
    this.zeroBits = zeroBitsOf(this.low);
    return true;
  }

  refill(): Promise<boolean> {
    return Promise.resolve(this.advance());
  }
}

async function* inOrder(packs: readonly PositionedPack[]): AsyncGenerator<PositionedPack> {
  yield* packs;
}
