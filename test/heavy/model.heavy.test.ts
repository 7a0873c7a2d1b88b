import { describe, expect, it } from "vitest";
import { heavyControls, heavyCoveredGuards, randomlyCoveredGuards } from "../model/controls.js";
import { exploreAll } from "../model/exhaustive-explorer.js";
import { exploreRandomly } from "../model/random-explorer.js";
import { guardInWords, rulesWithout } from "../model/rules.js";
import { scenarios } from "../model/scenarios.js";
import { story } from "../model/story.js";

/** About 200 steps each: some two million. */
const randomRuns = 10_000;
/** Beyond the seeds of the quick test. */
const firstSeed = 1_000_000;
/** More than any of the worlds has. */
const maxStates = 3_000_000;

describe("the protocol of commits and collections, at length", () => {
  it("loses nothing and leaves nothing behind in millions of random steps", () => {
    const { failure, ...report } = exploreRandomly(rulesWithout(), { firstSeed, runs: randomRuns });
    console.table(report);
    expect(story(failure)).toBe("all is well");
    expect(report.steps).toBeGreaterThan(1_000_000);
  });

  for (const { name, start } of Object.values(scenarios))
    it(`loses nothing and leaves nothing behind in any order of steps: ${name}`, () => {
      const { failure, isComplete, states } = exploreAll(start(), rulesWithout(), { maxStates });
      console.log(`${name}: ${String(states)} states`);
      expect(story(failure)).toBe("all is well");
      expect(isComplete).toBe(true);
    });
});

describe("the protocol without one of its guards, in larger worlds", () => {
  for (const { removed, world, leadsTo } of heavyControls)
    it(`goes wrong without: ${removed.map(guardInWords).join("; and ")}`, () => {
      expect(story(exploreAll(scenarios[world].start(), rulesWithout(...removed)).failure)).toMatch(leadsTo);
    });

  for (const { removed, why, worlds } of heavyCoveredGuards)
    it(`is safe without: ${guardInWords(removed)} (since ${why})`, () => {
      for (const world of worlds) {
        const { failure, isComplete } = exploreAll(scenarios[world].start(), rulesWithout(removed), { maxStates });
        expect(story(failure)).toBe("all is well");
        expect(isComplete).toBe(true);
      }
    });

  for (const { removed, why } of randomlyCoveredGuards)
    it(`is safe without, in random runs: ${guardInWords(removed)} (since ${why})`, () => {
      expect(story(exploreRandomly(rulesWithout(removed), { firstSeed, runs: randomRuns / 4 }).failure)).toBe("all is well");
    });
});
