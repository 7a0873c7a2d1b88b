/**
 * The local cloud's time: the machine's, moved on by what tests ask for.
 *
 * The offset is persisted by whoever owns the clock, so that a restarted cloud goes on at its own time.
 */
export class LocalClock {
  #offsetMs: number;
  readonly #listeners = new Set<() => void>();

  constructor(offsetMs = 0) {
    this.#offsetMs = offsetMs;
  }

  get offsetMs(): number {
    return this.#offsetMs;
  }

  /** The cloud's time: the machine's, and what it was advanced by. */
  now(): Date {
    return new Date(Date.now() + this.#offsetMs);
  }

  /** Moves the clock forward (or, for a clock that jumps, back) by `ms` milliseconds. */
  advance(ms: number): void {
    this.#offsetMs += ms;
    for (const listener of [...this.#listeners]) listener();
  }

  /** Calls `listener` after each jump; returns what ends that. */
  onAdvance(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
