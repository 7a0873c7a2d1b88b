import { setImmediate as turn } from "node:timers/promises";
import type { Clock } from "../ports/index.js";

interface Sleeper {
  readonly atMs: number;
  readonly wake: () => void;
}

/**
 * A clock that stands still until a test moves it.
 *
 * @example
 * const clock = new FakeClock({ startAt: new Date("2026-01-01T00:00:00Z") });
 * const slept = clock.sleep(60_000);
 * await clock.advance(60_000);
 * await slept;
 */
export class FakeClock implements Clock {
  readonly #startMs: number;
  readonly #jumpsToSleepers: boolean;
  readonly #sleepers = new Set<Sleeper>();
  #elapsedMs = 0;

  /** Starts on 1 January 2026, 00:00 UTC, unless told otherwise. With `jumpsToSleepers`, whoever sleeps wakes at once, and that much time has passed. */
  constructor(options: { readonly startAt?: Date | undefined; readonly jumpsToSleepers?: boolean | undefined } = {}) {
    this.#startMs = (options.startAt ?? new Date("2026-01-01T00:00:00Z")).getTime();
    this.#jumpsToSleepers = options.jumpsToSleepers ?? false;
  }

  /** How many sleep now. */
  get sleepers(): number {
    return this.#sleepers.size;
  }

  /** The time that was set. */
  now(): Date {
    return new Date(this.#startMs + this.#elapsedMs);
  }

  monotonicMs(): number {
    return this.#elapsedMs;
  }

  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    if (this.#jumpsToSleepers) {
      this.#elapsedMs += Math.max(0, ms);
      return;
    }
    await new Promise<void>((resolve, reject) => {
      const sleeper: Sleeper = {
        atMs: this.#elapsedMs + Math.max(0, ms),
        wake: () => {
          this.#sleepers.delete(sleeper);
          signal?.removeEventListener("abort", giveUp);
          resolve();
        },
      };
      const giveUp = (): void => {
        this.#sleepers.delete(sleeper);
        reject(signal?.reason as Error);
      };
      signal?.addEventListener("abort", giveUp, { once: true });
      this.#sleepers.add(sleeper);
    });
  }

  /** Moves the time on; wakes those whose time comes, in its order, and lets each go on before the next. */
  async advance(ms: number): Promise<void> {
    const untilMs = this.#elapsedMs + ms;
    for (;;) {
      await turn();
      const next = this.#nextSleeper(untilMs);
      if (next === undefined) break;
      this.#elapsedMs = Math.max(this.#elapsedMs, next.atMs);
      next.wake();
    }
    this.#elapsedMs = untilMs;
  }

  #nextSleeper(untilMs: number): Sleeper | undefined {
    let next: Sleeper | undefined;
    for (const sleeper of this.#sleepers) if (sleeper.atMs <= untilMs && (next === undefined || sleeper.atMs < next.atMs)) next = sleeper;
    return next;
  }
}
