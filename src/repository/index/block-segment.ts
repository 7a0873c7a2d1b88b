/** 32 bits of the block's fingerprint and 32 of its value. */
const slotBytes = 8;
const slotWords = 2;
/** Slots in use at most, as a share: beyond, looking for an empty one takes long. 8.9 bytes a block, 10.2 just after growing. */
const maxLoad = 0.9;
const growthFactor = 1.15;
const minSlots = 16;
/** What the engine of the language takes for an array and its memory, beside the slots. */
const overheadBytes = 200;

/**
 * A part of the table of blocks: fingerprint -> value by open addressing. A block's home is where its fingerprint lies among
 * all fingerprints, so that entries that come in order are written in order.
 */
export class BlockSegment {
  /** Fingerprint and value by turns; the value is one more, so that 0 says empty. */
  #words = new Uint32Array(minSlots * slotWords);
  #size = 0;

  /** The memory of a segment after `reserve(entries)`. */
  static reservedBytes(entries: number): number {
    return reservedSlots(entries) * slotBytes + overheadBytes;
  }

  get size(): number {
    return this.#size;
  }

  get memoryBytes(): number {
    return this.#words.byteLength + overheadBytes;
  }

  get isFull(): boolean {
    return this.#size >= Math.floor(this.#slots * maxLoad);
  }

  /** How much more memory `grow` takes. */
  get growthBytes(): number {
    return this.#grownSlots * slotBytes - this.#words.byteLength;
  }

  get(fingerprint: number): number | undefined {
    const value = this.#words[this.#slotOf(fingerprint) * slotWords + 1] ?? 0;
    return value === 0 ? undefined : value - 1;
  }

  /** Sets an entry over one with this fingerprint; says whether it is new. Not when full. */
  set(fingerprint: number, value: number): boolean {
    const at = this.#slotOf(fingerprint) * slotWords;
    const isNew = this.#words[at + 1] === 0;
    this.#words[at] = fingerprint;
    this.#words[at + 1] = value + 1;
    if (isNew) this.#size++;
    return isNew;
  }

  grow(): void {
    this.#rebuild(this.#grownSlots, () => true);
  }

  /** Makes room for about so many entries in all. */
  reserve(entries: number): void {
    const slots = reservedSlots(entries);
    if (slots > this.#slots) this.#rebuild(slots, () => true);
  }

  /** Forgets what does not pass, and gives its memory back. */
  keep(passes: (fingerprint: number) => boolean): void {
    let kept = 0;
    for (let at = 0; at < this.#words.length; at += slotWords) if (this.#words[at + 1] !== 0 && passes(this.#words[at] ?? 0)) kept++;
    this.#rebuild(Math.max(minSlots, Math.ceil((kept * growthFactor) / maxLoad)), passes);
  }

  get #slots(): number {
    return this.#words.length / slotWords;
  }

  get #grownSlots(): number {
    return Math.ceil(this.#slots * growthFactor);
  }

  /** The slot that holds this fingerprint, or the empty one where it would be put. */
  #slotOf(fingerprint: number): number {
    const words = this.#words;
    const slots = words.length / slotWords;
    let slot = Math.floor((fingerprint / 2 ** 32) * slots);
    while (words[slot * slotWords + 1] !== 0 && words[slot * slotWords] !== fingerprint) slot = slot + 1 === slots ? 0 : slot + 1;
    return slot;
  }

  #rebuild(slots: number, passes: (fingerprint: number) => boolean): void {
    const before = this.#words;
    this.#words = new Uint32Array(slots * slotWords);
    this.#size = 0;
    for (let at = 0; at < before.length; at += slotWords) {
      const value = before[at + 1] ?? 0;
      const fingerprint = before[at] ?? 0;
      if (value !== 0 && passes(fingerprint)) this.set(fingerprint, value - 1);
    }
  }
}

/** Room for an expected number of entries: chance brings some segments more of them, seldom by over three standard deviations. */
function reservedSlots(entries: number): number {
  return Math.max(minSlots, Math.ceil((entries + 3 * Math.sqrt(entries)) / maxLoad));
}
