import { afterEach, describe, expect, it, vi } from "vitest";
import { tryAllRuns } from "../simulation/bounded-runs.js";
import { mutations } from "../simulation/mutations.js";
import { randomRun } from "../simulation/random-run.js";
import { smallWorlds } from "../simulation/small-worlds.js";

/** Time for the random runs: tens of thousands of steps. */
const randomMs = 60_000;
/** Runs in which a missing guard must show. */
const maxRuns = 150;

describe("the real code, over a store whose every operation is a choice", () => {
  it("loses nothing and leaves nothing in long random runs", { timeout: 10 * randomMs }, async () => {
    const sum = { runs: 0, steps: 0, deletedPacks: 0, fences: 0, crashes: 0 };
    for (const startedMs = Date.now(); Date.now() - startedMs < randomMs; sum.runs++) {
      const facts = await randomRun(1_000_000 + sum.runs, { processes: 14, atOnce: 5, crashes: 0.006 });
      sum.steps += facts.steps;
      sum.deletedPacks += facts.deletedPacks;
      sum.fences += facts.fences;
      sum.crashes += facts.crashes;
    }
    console.table(sum);
    expect(sum.deletedPacks).toBeGreaterThan(100);
    expect(sum.crashes).toBeGreaterThan(100);
  });

  it.each(Object.entries(smallWorlds))("loses nothing and leaves nothing, whenever one is left for the other: %s", async (_name, small) => {
    expect(await tryAllRuns(small, 1)).toBeGreaterThan(20);
  });
});

describe("the simulation catches the real code without one of its guards", () => {
  afterEach(() => {
    vi.resetModules();
    vi.doUnmock("../../src/repository/repository.js");
  });

  it.each(Object.entries(mutations))("%s", { timeout: 10 * 60_000 }, async (_name, { module, mutate }) => {
    vi.resetModules();
    vi.doMock(module, async (importOriginal) => mutate(await importOriginal()));
    try {
      const mutated = await import("../simulation/random-run.js");
      let caught: unknown;
      for (let seed = 0; seed < maxRuns && caught === undefined; seed++) {
        await mutated.randomRun(seed, { processes: 14, atOnce: 6, crashes: 0.006 }).catch((error: unknown) => (caught = error));
      }
      expect(caught, "the guard was missing and nothing was lost").toBeInstanceOf(Error);
    } finally {
      vi.doUnmock(module);
    }
  });
});
