/** Bytes of one slot: 8 of the block id, 4 for the value. */
export const slotBytes = 12;
/** Slots in use at most, as a share: beyond, looking for an empty one takes long. With 12 bytes a slot, 15 bytes a block. */
const maxLoad = 0.8;
const minSlots = 1024;
const growthFactor = 1.5;

/**
 * Fingerprint of a block id -> number, in typed arrays with open addressing. Block ids are keyed hashes, so their own bits
 * spread them. A table that may not grow any more forgets old entries for new ones: it is a cache.
 */
export class BlockTable {
  readonly #maxSlots: number;
  #high: Uint32Array;
  #low: Uint32Array;
  /** The value and 1, so that 0 says empty. */
  #values: Uint32Array;
  #size = 0;

  constructor(maxBytes: number) {
    this.#maxSlots = Math.max(minSlots, Math.floor(maxBytes / slotBytes));
    this.#high = new Uint32Array(minSlots);
    this.#low = new Uint32Array(minSlots);
    this.#values = new Uint32Array(minSlots);
  }

  get size(): number {
    return this.#size;
  }

  get memoryBytes(): number {
    return this.#values.length * slotBytes;
  }

  /** Makes room for `entries` more at once, as far as the budget allows. */
  reserve(entries: number): void {
    const slots = Math.min(this.#maxSlots, Math.ceil((this.#size + entries) / maxLoad));
    if (slots > this.#values.length && this.#mayHold(slots)) this.#resize(slots);
  }

  /** Whether the next new entry takes the place of another. */
  get isFull(): boolean {
    return this.#size >= this.#values.length * maxLoad && !this.#mayHold(this.#grownSlots);
  }

  get(blockId: Buffer): number | undefined {
    const value = this.#values[this.#slotOf(blockId.readUInt32BE(0), blockId.readUInt32BE(4))] ?? 0;
    return value === 0 ? undefined : value - 1;
  }

  /** Sets an entry, over an older one with this fingerprint. */
  set(blockId: Buffer, value: number): void {
    if (this.#size >= this.#values.length * maxLoad && this.#mayHold(this.#grownSlots)) this.#resize(this.#grownSlots);
    const high = blockId.readUInt32BE(0);
    const low = blockId.readUInt32BE(4);
    const found = this.#slotOf(high, low);
    const isNew = this.#values[found] === 0;
    if (isNew && this.#size >= this.#values.length * maxLoad) this.#forgetNear(found);
    const slot = isNew ? this.#slotOf(high, low) : found;
    if (isNew) this.#size++;
    this.#put(slot, high, low, value + 1);
  }

  get #grownSlots(): number {
    return Math.min(this.#maxSlots, Math.ceil(this.#values.length * growthFactor));
  }

  /** While a table grows, the old and the new are both in memory: together they may not exceed the budget either. */
  #mayHold(slots: number): boolean {
    if (slots <= this.#values.length) return false;
    return this.#size === 0 || slots + this.#values.length <= this.#maxSlots;
  }

  #home(high: number): number {
    return Math.floor((high / 2 ** 32) * this.#values.length);
  }

  /** The slot that holds this fingerprint, or the empty one where it would be put. */
  #slotOf(high: number, low: number): number {
    const slots = this.#values.length;
    let slot = this.#home(high);
    while (this.#values[slot] !== 0 && (this.#high[slot] !== high || this.#low[slot] !== low)) slot = slot + 1 === slots ? 0 : slot + 1;
    return slot;
  }

  #put(slot: number, high: number, low: number, value: number): void {
    this.#high[slot] = high;
    this.#low[slot] = low;
    this.#values[slot] = value;
  }

  /** Forgets the first entry after an empty slot; those behind it move up, so that no chain is broken. */
  #forgetNear(emptySlot: number): void {
    const slots = this.#values.length;
    const next = (slot: number): number => (slot + 1 === slots ? 0 : slot + 1);
    let hole = next(emptySlot);
    while (this.#values[hole] === 0) hole = next(hole);
    for (let slot = next(hole); this.#values[slot] !== 0; slot = next(slot)) {
      const home = this.#home(this.#high[slot] ?? 0);
      const staysReachable = hole <= slot ? hole < home && home <= slot : hole < home || home <= slot;
      if (staysReachable) continue;
      this.#put(hole, this.#high[slot] ?? 0, this.#low[slot] ?? 0, this.#values[slot] ?? 0);
      hole = slot;
    }
    this.#values[hole] = 0;
    this.#size--;
  }

  #resize(slots: number): void {
    const [highs, lows, values] = [this.#high, this.#low, this.#values];
    this.#high = new Uint32Array(slots);
    this.#low = new Uint32Array(slots);
    this.#values = new Uint32Array(slots);
    values.forEach((value, position) => {
      if (value === 0) return;
      const [high, low] = [highs[position] ?? 0, lows[position] ?? 0];
      this.#put(this.#slotOf(high, low), high, low, value);
    });
  }
}
