import { describe, expect, it } from "vitest";
import { randomRun } from "./random-run.js";

describe("backups, removals, collections and restores in any order", () => {
  it("lose nothing and leave nothing, in runs decided by their seeds", async () => {
    let steps = 0;
    let deletedPacks = 0;
    for (let seed = 0; seed < 300; seed++) {
      const facts = await randomRun(seed);
      if (seed % 50 === 0) console.log(seed, facts);
      steps += facts.steps;
      deletedPacks += facts.deletedPacks;
    }
    console.log({ steps, deletedPacks });
    expect(steps).toBeGreaterThan(5_000);
    expect(deletedPacks).toBeGreaterThan(50);
  });
});
