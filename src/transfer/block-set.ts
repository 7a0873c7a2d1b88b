/** Some of a volume's blocks: a bit for each, 16 MiB for the largest volume. */
export class BlockSet {
  readonly #bits: Uint8Array;
  #size = 0;

  /** `blocks`: how many the volume has. */
  constructor(blocks: number) {
    this.#bits = new Uint8Array(Math.ceil(blocks / 8));
  }

  /** How many are in it. */
  get size(): number {
    return this.#size;
  }

  has(index: number): boolean {
    return ((this.#bits[index >> 3] ?? 0) & (1 << (index & 7))) !== 0;
  }

  /** Raises `RangeError` for a block that the volume does not have. */
  add(index: number): void {
    if (!Number.isSafeInteger(index) || index < 0 || index >> 3 >= this.#bits.length) throw new RangeError(`Block ${String(index)} is beyond the volume's end.`);
    if (this.has(index)) return;
    this.#bits[index >> 3] = (this.#bits[index >> 3] ?? 0) | (1 << (index & 7));
    this.#size++;
  }

  delete(index: number): void {
    if (!this.has(index)) return;
    this.#bits[index >> 3] = (this.#bits[index >> 3] ?? 0) & ~(1 << (index & 7));
    this.#size--;
  }

  copy(): BlockSet {
    const copy = new BlockSet(this.#bits.length * 8);
    copy.#bits.set(this.#bits);
    copy.#size = this.#size;
    return copy;
  }

  /** Ascending. */
  *[Symbol.iterator](): Generator<number> {
    for (const [byte, bits] of this.#bits.entries()) if (bits !== 0) for (let bit = 0; bit < 8; bit++) if ((bits & (1 << bit)) !== 0) yield byte * 8 + bit;
  }
}
