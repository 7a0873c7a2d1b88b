import { describe, expect, it } from "vitest";
import { tryAllRuns } from "./bounded-runs.js";
import { randomRun } from "./random-run.js";
import { smallWorlds } from "./small-worlds.js";

/** The others, and longer runs, are in test/heavy. */
const quick = ["a removal and a collection", "a restore and a collection"];

describe("backups, removals, collections and restores in any order", () => {
  it("lose nothing and leave nothing, in runs decided by their seeds", async () => {
    let steps = 0;
    let deletedPacks = 0;
    for (let seed = 0; seed < 6; seed++) {
      const facts = await randomRun(seed);
      steps += facts.steps;
      deletedPacks += facts.deletedPacks;
    }
    expect(steps).toBeGreaterThan(1_000);
    expect(deletedPacks).toBeGreaterThan(2);
  });

  it.each(Object.entries(smallWorlds).filter(([name]) => quick.includes(name)))("lose nothing and leave nothing, whenever one is left for the other: %s", async (_name, small) => {
    expect(await tryAllRuns(small, { switches: 1 })).toBeGreaterThan(20);
  });
});
