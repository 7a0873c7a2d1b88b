/** One writer at a time for each name, in the order in which they came. */
export class KeyLocks {
  readonly #tails = new Map<string, Promise<void>>();

  get heldCount(): number {
    return this.#tails.size;
  }

  isHeld(name: string): boolean {
    return this.#tails.has(name);
  }

  async run<Result>(name: string, action: () => Promise<Result>): Promise<Result> {
    const before = this.#tails.get(name);
    let release: () => void = () => undefined;
    const tail = new Promise<void>((resolve) => (release = resolve));
    this.#tails.set(name, tail);
    try {
      await before;
      return await action();
    } finally {
      if (this.#tails.get(name) === tail) this.#tails.delete(name);
      release();
    }
  }
}
