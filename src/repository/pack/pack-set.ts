import type { PackId } from "../format/object-names.js";

const minSlots = 256;
/** Slots in use at most, as a share. */
const maxLoad = 0.7;
const kindSalt = { data: 0, meta: 0x9e3779b9 } as const;

/**
 * Packs by a fingerprint of 64 bits in typed arrays: about 12 bytes a pack, for millions of them. Session ids are random, so that
 * two packs of a repository with 10^7 share one about once in 10^5 repositories; then a pack is taken for another that is in the
 * set. Both uses forgive that: a pack too many counts as reached, or a block too many is stored anew.
 */
export class PackSet {
  #high: Uint32Array = new Uint32Array(minSlots);
  #low: Uint32Array = new Uint32Array(minSlots);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get memoryBytes(): number {
    return this.#high.byteLength + this.#low.byteLength;
  }

  /** Adds a pack; says whether it was new. */
  add(id: PackId): boolean {
    if (this.#size >= this.#high.length * maxLoad) this.#grow();
    const [high, low] = fingerprint(id);
    const slot = this.#slotOf(high, low);
    if (this.#isUsed(slot)) return false;
    this.#high[slot] = high;
    this.#low[slot] = low;
    this.#size++;
    return true;
  }

  has(id: PackId): boolean {
    const [high, low] = fingerprint(id);
    return this.#isUsed(this.#slotOf(high, low));
  }

  /** Whether a pack is in both; the smaller set is walked. */
  intersects(other: PackSet): boolean {
    const [small, large] = this.#size <= other.#size ? [this, other] : [other, this];
    for (const [slot, high] of small.#high.entries()) {
      const low = small.#low[slot] ?? 0;
      if ((high !== 0 || low !== 0) && large.#isUsed(large.#slotOf(high, low))) return true;
    }
    return false;
  }

  #isUsed(slot: number): boolean {
    return this.#high[slot] !== 0 || this.#low[slot] !== 0;
  }

  #slotOf(high: number, low: number): number {
    const slots = this.#high.length;
    let slot = low % slots;
    while (this.#isUsed(slot) && (this.#high[slot] !== high || this.#low[slot] !== low)) slot = slot + 1 === slots ? 0 : slot + 1;
    return slot;
  }

  #grow(): void {
    const [highs, lows] = [this.#high, this.#low];
    this.#high = new Uint32Array(highs.length * 2);
    this.#low = new Uint32Array(lows.length * 2);
    highs.forEach((high, position) => {
      const low = lows[position] ?? 0;
      if (high === 0 && low === 0) return;
      const slot = this.#slotOf(high, low);
      this.#high[slot] = high;
      this.#low[slot] = low;
    });
  }
}

/** Never both zero: that says empty. */
function fingerprint({ kind, sessionId, number }: PackId): [high: number, low: number] {
  const high = (Number.parseInt(sessionId.slice(0, 8), 16) ^ kindSalt[kind]) >>> 0;
  const low = (Number.parseInt(sessionId.slice(8, 16), 16) ^ Math.imul(number + 1, 0x85ebca6b)) >>> 0;
  return high === 0 && low === 0 ? [0, 1] : [high, low];
}
