import { performance } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import type { Clock } from "../../src/ports/index.js";

/** A sleep of so long is a time limit, which must not be over before what it limits. */
const limitMs = 120_000;

/** Whoever waits for the local cloud looks again at once: nothing there takes longer than its 50 ms. */
export const hastyClock: Clock = {
  now: () => new Date(),
  monotonicMs: () => performance.now(),
  sleep: async (ms, signal) => {
    signal?.throwIfAborted();
    if (ms >= limitMs) await sleep(ms, undefined, { signal, ref: false });
    else await sleep(Math.min(ms, 5));
  },
};
