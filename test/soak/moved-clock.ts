import { SystemClock } from "../../src/system/index.js";
import type { Clock } from "../../src/ports/index.js";

/** From here on a sleep is a time limit or a heartbeat, which takes its time. */
const unhurriedMs = 20_000;
/** So long at most is waited between two looks at something, and before a retry: nothing in the local cloud takes longer. */
const hurriedMs = 100;

/** The engine's clock: the machine's, moved on together with the cloud's. */
export class MovedClock implements Clock {
  readonly #system = new SystemClock();
  #offsetMs = 0;

  advance(ms: number): void {
    this.#offsetMs += ms;
  }

  now(): Date {
    return new Date(Date.now() + this.#offsetMs);
  }

  monotonicMs(): number {
    return this.#system.monotonicMs() + this.#offsetMs;
  }

  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    await this.#system.sleep(ms >= unhurriedMs ? ms : Math.min(ms, hurriedMs), signal);
  }

  /** The same time, for who must wait as long as he says. */
  get unhurried(): Clock {
    return { now: () => this.now(), monotonicMs: () => this.monotonicMs(), sleep: async (ms, signal) => await this.#system.sleep(ms, signal) };
  }
}
