import { performance } from "node:perf_hooks";
import type { Clock } from "../ports/index.js";

/** The longest delay that a timer takes; longer sleeps are done in pieces. */
const maxTimerMs = 2 ** 31 - 1;

/** The machine's own clock. */
export class SystemClock implements Clock {
  now(): Date {
    return new Date();
  }

  monotonicMs(): number {
    return performance.now();
  }

  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    for (let leftMs = Math.max(0, ms); ; leftMs -= maxTimerMs) {
      await sleepOnce(Math.min(leftMs, maxTimerMs), signal);
      if (leftMs <= maxTimerMs) return;
    }
  }
}

/** One for all: whoever shares something by the clock shares this one. */
export const systemClock: Clock = new SystemClock();

async function sleepOnce(ms: number, signal?: AbortSignal): Promise<void> {
  signal?.throwIfAborted();
  await new Promise<void>((resolve) => {
    const wake = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", wake);
      resolve();
    };
    const timer = setTimeout(wake, ms);
    signal?.addEventListener("abort", wake, { once: true });
  });
  signal?.throwIfAborted();
}
