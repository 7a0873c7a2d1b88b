/** Lets so much pass at a time, the others in the order in which they came. */
export class Turnstile {
  readonly #width: number;
  readonly #waiting: { readonly weight: number; readonly enter: () => void }[] = [];
  #free: number;

  constructor(width: number) {
    this.#width = width;
    this.#free = width;
  }

  /** Runs `work` when there is room for it. `weight`: how much of the width it takes; more than all of it is all of it. */
  async pass<Result>(work: () => Promise<Result>, weight = 1): Promise<Result> {
    const leave = await this.enter(weight);
    try {
      return await work();
    } finally {
      leave();
    }
  }

  /** Waits for room and takes it. The result gives it back, and must be called once. */
  async enter(weight = 1): Promise<() => void> {
    const taken = Math.min(weight, this.#width);
    if (this.#waiting.length === 0 && this.#free >= taken) this.#free -= taken;
    else await new Promise<void>((resolve) => this.#waiting.push({ weight: taken, enter: resolve }));
    return () => this.#leave(taken);
  }

  #leave(weight: number): void {
    this.#free += weight;
    for (let next = this.#waiting[0]; next !== undefined && this.#free >= next.weight; next = this.#waiting[0]) {
      this.#free -= next.weight;
      this.#waiting.shift();
      next.enter();
    }
  }
}
