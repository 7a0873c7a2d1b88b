import type { Clock } from "../../ports/index.js";

/** So much a second: whoever takes waits until what was taken before is paid off. */
export class Pace {
  readonly #clock: Clock;
  readonly #perSecond: number;
  #freeAtMs = 0;

  constructor(clock: Clock, perSecond: number) {
    this.#clock = clock;
    this.#perSecond = perSecond;
  }

  /** Takes an amount, in the order in which they are asked for. */
  async take(amount: number, signal: AbortSignal | undefined): Promise<void> {
    signal?.throwIfAborted();
    const waitMs = this.#freeAtMs - this.#clock.monotonicMs();
    this.charge(amount);
    if (waitMs > 0) await this.#clock.sleep(waitMs, signal);
  }

  /** Has those who come next wait for an amount that was used already. */
  charge(amount: number): void {
    this.#freeAtMs = Math.max(this.#freeAtMs, this.#clock.monotonicMs()) + (amount / this.#perSecond) * 1000;
  }
}
