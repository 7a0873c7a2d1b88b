import { describe, expect, it } from "vitest";
import { controls, coveredGuards, heavyControls, heavyCoveredGuards, randomlyCoveredGuards } from "./controls.js";
import { exploreAll } from "./exhaustive-explorer.js";
import { exploreRandomly, replay } from "./random-explorer.js";
import { guardInWords, guardNames, rulesWithout } from "./rules.js";
import { scenarios } from "./scenarios.js";
import { story } from "./story.js";

/** A run of seeds that takes a second or two; test/heavy/model.heavy.test.ts makes millions of steps. */
const randomRuns = 250;

describe("the protocol of commits and collections (docs/repository-format.md, sections 6, 7, 10, 11 and 12)", () => {
  it("loses nothing and leaves nothing behind in random orders of steps", () => {
    const { failure, commits } = exploreRandomly(rulesWithout(), { runs: randomRuns });
    expect(story(failure)).toBe("all is well");
    expect(commits).toBeGreaterThan(randomRuns);
  });

  const worlds = ["writerCollector", "readerRetentionCollector", "writerRetentionFault", "writerCompactor", "newNeedCompactor", "writerOrphanCompactor", "lostPlace", "lateLease", "openEpoch", "claimAgainstDrop"] as const;
  for (const { name, start } of worlds.map((world) => scenarios[world]))
    it(`loses nothing and leaves nothing behind in any order of steps: ${name}`, () => {
      const { failure, isComplete } = exploreAll(start(), rulesWithout());
      expect(story(failure)).toBe("all is well");
      expect(isComplete).toBe(true);
    });
});

describe("the protocol without one of its guards", () => {
  for (const { removed, world, leadsTo } of controls)
    it(`goes wrong without: ${removed.map(guardInWords).join("; and ")}`, () => {
      expect(story(exploreAll(scenarios[world].start(), rulesWithout(...removed)).failure)).toMatch(leadsTo);
    });

  for (const { removed, why, worlds } of coveredGuards)
    it(`is safe without: ${guardInWords(removed)} (since ${why})`, () => {
      for (const world of worlds) expect(story(exploreAll(scenarios[world].start(), rulesWithout(removed)).failure)).toBe("all is well");
    });

  it("is tried for every guard, here or in the heavy suite", () => {
    const needed = [...controls, ...heavyControls].flatMap(({ removed }) => removed);
    const covered = [...coveredGuards, ...heavyCoveredGuards, ...randomlyCoveredGuards].map(({ removed }) => removed);
    expect([...new Set([...needed, ...covered])].sort()).toEqual([...guardNames].sort());
  });
});

describe("a random exploration that finds a loss", () => {
  it("tells the seed and the story, and the seed tells the same story again", () => {
    const rules = rulesWithout("marksTwice");
    const { failure } = exploreRandomly(rules, { runs: 100 });
    expect(failure?.trace.at(-1)).toMatch(/^=> /);
    expect(replay(rules, failure?.seed ?? 0)).toEqual(failure?.trace);
  });
});
