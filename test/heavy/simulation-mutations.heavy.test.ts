import { afterEach, describe, expect, it, vi } from "vitest";
import { mutations } from "../simulation/mutations.js";
import type { randomRun } from "../simulation/random-run.js";

/** Runs in which a missing guard must show. */
const maxRuns = 400;
/** How a loss shows: what a point needs is gone or another, or is never collected. */
const loss = /There is no object|is not the record|is another|has \d+ blocks of|to deeply equal|to match object/;

describe("the simulation catches the real code without one of its guards", () => {
  afterEach(() => {
    vi.resetModules();
    vi.doUnmock("../../src/repository/repository.js");
  });

  it.each(Object.entries(mutations))("%s", { timeout: 20 * 60_000 }, async (_name, { module, mutate, shows }) => {
    vi.resetModules();
    vi.doMock(module, async (importOriginal) => mutate(await importOriginal()));
    try {
      if (shows === "in random runs") await expect(runRandomly(await import("../simulation/random-run.js"))).rejects.toThrow(loss);
      else {
        const mutated = await import("../simulation/bounded-runs.js");
        const { smallWorlds: worlds } = await import("../simulation/small-worlds.js");
        await expect(mutated.tryAllRuns(worlds[shows.world], shows.bound)).rejects.toThrow(loss);
      }
    } finally {
      vi.doUnmock(module);
    }
  });
});

async function runRandomly(mutated: { readonly randomRun: typeof randomRun }): Promise<void> {
  for (let seed = 0; seed < maxRuns; seed++) await mutated.randomRun(seed, { processes: 14, atOnce: 6, crashes: 0.006 });
}
