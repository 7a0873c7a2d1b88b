import { performance } from "node:perf_hooks";
import type { Clock } from "../../src/ports/index.js";

/** Whoever waits for the local cloud looks again at once: nothing there takes longer than its 50 ms. Not for calls whose answers get lost: a wait that is counted by its sleeps is over too soon. */
export const hastyClock: Clock = {
  now: () => new Date(),
  monotonicMs: () => performance.now(),
  sleep: async (ms, signal) => {
    signal?.throwIfAborted();
    await new Promise((resolve) => setTimeout(resolve, Math.min(ms, 5)));
  },
};
