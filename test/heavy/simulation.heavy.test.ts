import { describe, expect, it } from "vitest";
import { tryAllRuns } from "../simulation/bounded-runs.js";
import { randomRun } from "../simulation/random-run.js";
import { smallWorlds } from "../simulation/small-worlds.js";

/** Random runs: tens of thousands of steps. `SIMULATED_RUNS` in the environment asks for more, of other seeds. */
const randomRuns = Number(process.env["SIMULATED_RUNS"] ?? 120);
const firstSeed = randomRuns > 120 ? 10_000_000 : 1_000_000;
/** Worlds in which nobody dies. */
const livingWorlds = Object.entries(smallWorlds).filter(([, { crashes }]) => crashes !== true);

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
});
