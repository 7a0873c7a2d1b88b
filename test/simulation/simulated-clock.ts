import type { Clock } from "../../src/ports/index.js";
import type { SeededRandom } from "../../src/testing/seeded-random.js";
import type { Event, Process, Scheduler } from "./scheduler.js";

const dayMs = 86_400_000;

/**
 * One process's clock, which nothing ties to another's: its time of day is days off, and while it sleeps as much time passes
 * as the run's chance says, down to none. So whatever the engine concludes from clocks is wrong in some run.
 */
export class SimulatedClock implements Clock {
  readonly #scheduler: Scheduler;
  readonly #process: Process;
  readonly #random: SeededRandom;
  #dayMs: number;
  #monotonicMs = 0;

  constructor(scheduler: Scheduler, process: Process, random: SeededRandom) {
    this.#scheduler = scheduler;
    this.#process = process;
    this.#random = random;
    this.#dayMs = Date.parse("2026-11-24T02:00:00Z") + Math.floor((random.fraction() - 0.5) * 20) * dayMs;
  }

  now(): Date {
    return new Date(this.#dayMs);
  }

  monotonicMs(): number {
    return this.#monotonicMs;
  }

  /** Lets time pass for this process. */
  pass(ms: number): void {
    this.#dayMs += ms;
    this.#monotonicMs += ms;
  }

  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    await new Promise<void>((resolve) => {
      const wake = (): void => {
        signal?.removeEventListener("abort", wake);
        this.#scheduler.remove(event);
        resolve();
      };
      const event: Event = {
        process: this.#process,
        kind: "timer",
        label: `sleeps ${String(ms)} ms`,
        happen: () => {
          this.pass(Math.floor(ms * this.#random.fraction() * 40));
          wake();
        },
      };
      this.#scheduler.add(event);
      signal?.addEventListener("abort", wake, { once: true });
    });
    signal?.throwIfAborted();
  }
}
