import { describe, expect, it } from "vitest";
import type { Clock } from "../ports/index.js";
import { paceOf, RunPace, shareOf } from "./run-pace.js";

/** A clock whose sleepers are woken in the order of their times. */
function fakeClock(): { readonly clock: Clock; readonly run: () => Promise<number> } {
  let nowMs = 0;
  const sleepers: { readonly atMs: number; readonly wake: () => void }[] = [];
  const clock: Clock = { now: () => new Date(nowMs), monotonicMs: () => nowMs, sleep: async (ms) => await new Promise<void>((wake) => sleepers.push({ atMs: nowMs + ms, wake })) };
  const run = async (): Promise<number> => {
    for (;;) {
      for (let turn = 0; turn < 10; turn++) await Promise.resolve();
      const next = sleepers.sort((a, b) => a.atMs - b.atMs).shift();
      if (next === undefined) return nowMs;
      nowMs = next.atMs;
      next.wake();
    }
  };
  return { clock, run };
}

describe("the pace of a run", () => {
  it("lets so many blocks go a second, whoever reads them", async () => {
    const { clock, run } = fakeClock();
    const pace = new RunPace(clock, { maxBlocksPerSecond: 50 });
    const read = Promise.all(Array.from({ length: 101 }, async () => await pace.turn(524_288)));
    expect(await run()).toBe(2_000);
    await read;
  });

  it("counts the bytes that are read and those that are stored", async () => {
    const { clock, run } = fakeClock();
    const pace = new RunPace(clock, { maxBytesPerSecond: 1_000 });
    const read = (async () => {
      for (let block = 0; block < 5; block++) {
        await pace.turn(500);
        pace.stored(250);
      }
    })();
    expect(await run()).toBe(3_000);
    await read;
  });

  it("saves nothing up, and is not there where nothing is capped", async () => {
    const { clock, run } = fakeClock();
    const pace = new RunPace(clock, { maxBlocksPerSecond: 10 });
    await pace.turn(1);
    void clock.sleep(60_000);
    await run();
    const read = Promise.all([pace.turn(1), pace.turn(1), pace.turn(1)]);
    expect(await run()).toBe(60_200);
    await read;
    expect(paceOf(clock, {})).toBeUndefined();
    expect(shareOf({ maxBlocksPerSecond: 100 }, 4)).toEqual({ maxBlocksPerSecond: 25 });
  });
});
