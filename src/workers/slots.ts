/** A number of places; who finds none free waits in line. */
export class Slots {
  #free: number;
  readonly #line: (() => void)[] = [];

  constructor(count: number) {
    this.#free = count;
  }

  /** Does `work` in a place of its own. Rejects with the signal's reason, without having begun, when it is aborted in the line. */
  async run<Result>(work: () => Promise<Result>, signal?: AbortSignal): Promise<Result> {
    await this.#enter(signal);
    try {
      return await work();
    } finally {
      this.#leave();
    }
  }

  async #enter(signal: AbortSignal | undefined): Promise<void> {
    signal?.throwIfAborted();
    if (this.#free > 0) {
      this.#free--;
      return;
    }
    const hasPlace = await new Promise<boolean>((resolve) => {
      const enter = (): void => {
        signal?.removeEventListener("abort", giveUp);
        resolve(true);
      };
      const giveUp = (): void => {
        this.#line.splice(this.#line.indexOf(enter), 1);
        resolve(false);
      };
      this.#line.push(enter);
      signal?.addEventListener("abort", giveUp, { once: true });
    });
    if (signal?.aborted !== true) return;
    // the abort may come in the very moment in which the place was given
    if (hasPlace) this.#leave();
    signal.throwIfAborted();
  }

  #leave(): void {
    const next = this.#line.shift();
    if (next === undefined) this.#free++;
    else next();
  }
}
