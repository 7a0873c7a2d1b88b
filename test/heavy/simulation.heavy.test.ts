import { afterEach, describe, expect, it, vi } from "vitest";
import { tryAllRuns } from "../simulation/bounded-runs.js";
import { mutations } from "../simulation/mutations.js";
import { randomRun } from "../simulation/random-run.js";
import { smallWorlds } from "../simulation/small-worlds.js";

/** Random runs: tens of thousands of steps. `SIMULATED_RUNS` in the environment asks for more, of other seeds. */
const randomRuns = Number(process.env["SIMULATED_RUNS"] ?? 120);
const firstSeed = randomRuns > 120 ? 10_000_000 : 1_000_000;
/** Runs in which a missing guard must show. */
const maxRuns = 400;
/** How a loss shows: what a point needs is gone or another, or is never collected. */
const loss = /There is no object|is not the record|is another|has \d+ blocks of|to deeply equal|to match object/;
/** Worlds in which nobody dies. */
const livingWorlds = Object.entries(smallWorlds).filter(([, { crashes }]) => crashes !== true);
/** Worlds that are tried with two switches. */
const closely = ["a backup of what was removed, and a collection", "a backup of new data, and a collection", "a restore, and a removal before a collection", "a backup of what a collection under way condemns"];

describe("the real code, over a store whose every operation is a choice", () => {
  it("loses nothing and leaves nothing in long random runs", { timeout: Math.max(1_200_000, randomRuns * 10_000) }, async () => {
    const sum = { runs: 0, steps: 0, deletedPacks: 0, fences: 0, crashes: 0 };
    for (; sum.runs < randomRuns; sum.runs++) {
      const facts = await randomRun(firstSeed + sum.runs, { processes: 14, atOnce: 5, crashes: 0.006 });
      sum.steps += facts.steps;
      sum.deletedPacks += facts.deletedPacks;
      sum.fences += facts.fences;
      sum.crashes += facts.crashes;
    }
    console.table(sum);
    expect(sum.deletedPacks).toBeGreaterThan(sum.runs);
    expect(sum.crashes).toBeGreaterThan(sum.runs);
  });

  it.each(Object.entries(smallWorlds))("loses nothing and leaves nothing, whenever one is left for the other: %s", async (_name, small) => {
    expect(await tryAllRuns(small, { switches: 1 })).toBeGreaterThan(20);
  });

  it.each(livingWorlds)("loses nothing and leaves nothing, whenever one stands still and is taken for dead: %s", async (_name, small) => {
    expect(await tryAllRuns(small, { switches: 1, standsStill: true, onlyBeforeWrites: true })).toBeGreaterThan(5);
  });

  it.each(livingWorlds.filter(([name]) => closely.includes(name)))("loses nothing and leaves nothing, whichever two writes others come between: %s", async (_name, small) => {
    expect(await tryAllRuns(small, { switches: 2, onlyBeforeWrites: true })).toBeGreaterThan(100);
  });
});

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
