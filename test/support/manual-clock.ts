import type { Clock } from "../../src/ports/index.js";

/** Who sleeps this long is a timer in the background (a lease's renewal): it waits for the time, and does not make it pass. */
const timerMs = 30_000;

/**
 * A clock that stands still until it is told. Whoever sleeps on it briefly wakes at once, with the time gone on; a timer
 * wakes when the time has come by `advance`.
 */
export class ManualClock implements Clock {
  readonly sleeps: number[] = [];
  readonly #timers = new Set<{ readonly atMs: number; readonly wake: () => void }>();
  #ms = Date.parse("2026-11-24T02:00:00Z");

  now(): Date {
    return new Date(this.#ms);
  }

  monotonicMs(): number {
    return this.#ms;
  }

  advance(ms: number): void {
    this.#ms += ms;
    for (const timer of [...this.#timers]) if (timer.atMs <= this.#ms) timer.wake();
  }

  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    if (ms >= timerMs) {
      await this.#wait(ms, signal);
      return;
    }
    this.sleeps.push(ms);
    this.advance(ms);
  }

  async #wait(ms: number, signal: AbortSignal | undefined): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = {
        atMs: this.#ms + ms,
        wake: () => {
          this.#timers.delete(timer);
          signal?.removeEventListener("abort", timer.wake);
          resolve();
        },
      };
      this.#timers.add(timer);
      signal?.addEventListener("abort", timer.wake, { once: true });
    });
    signal?.throwIfAborted();
  }

  /** How many timers wait. */
  get timers(): number {
    return this.#timers.size;
  }
}
