/** Blocks that were read lately or are being read, at most so many. A load that failed is forgotten. */
export class BlockCache {
  readonly #capacity: number;
  readonly #blocks = new Map<number, Promise<Buffer>>();

  constructor(capacity: number) {
    this.#capacity = Math.max(1, capacity);
  }

  get(index: number): Promise<Buffer> | undefined {
    const block = this.#blocks.get(index);
    if (block === undefined) return undefined;
    this.#blocks.delete(index);
    this.#blocks.set(index, block);
    return block;
  }

  put(index: number, block: Promise<Buffer>): void {
    this.#blocks.set(index, block);
    block.catch(() => {
      if (this.#blocks.get(index) === block) this.#blocks.delete(index);
    });
    for (const oldest of this.#blocks.keys()) {
      if (this.#blocks.size <= this.#capacity) return;
      this.#blocks.delete(oldest);
    }
  }
}
