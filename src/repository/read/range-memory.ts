/** Memory for ranges of packs, used again: new memory for each would have to be cleared by the kernel and found by the garbage collector. */
export class RangeMemory {
  readonly #sizeBytes: number;
  readonly #free: Buffer[] = [];

  /** `sizeBytes`: of the longest range. */
  constructor(sizeBytes: number) {
    this.#sizeBytes = sizeBytes;
  }

  /** Memory of the longest range, or nothing for one that is longer. */
  take(lengthBytes: number): Buffer | undefined {
    return lengthBytes > this.#sizeBytes ? undefined : (this.#free.pop() ?? Buffer.allocUnsafeSlow(this.#sizeBytes));
  }

  /** Whoever gives it back must not look at it again. */
  give(memory: Buffer): void {
    this.#free.push(memory);
  }
}
