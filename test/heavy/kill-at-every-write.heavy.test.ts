import { availableParallelism, tmpdir } from "node:os";
import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { killAndCheck } from "../kill/kill-and-check.js";
import { prepareScenario, scenarioNames, type Scenario } from "../kill/scenarios.js";

/** What the project promises to have tried, over all scenarios. */
const minBoundaries = 200;

let folder: string;
let boundaries = 0;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "holdfast-kill-"));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

/** Kills runs at boundary 1, 2, 3, … until one completes, a few processes at a time; gives the number of kills. The first failure ends all lanes. */
async function killAtEveryBoundary(scenario: Scenario): Promise<number> {
  let next = 1;
  let kills = 0;
  let isOver = false;
  const lane = async (): Promise<void> => {
    try {
      while (!isOver) {
        const end = await killAndCheck(scenario, folder, next++);
        if (end.end === "completed") break;
        kills++;
      }
    } finally {
      isOver = true;
    }
  };
  const lanes = await Promise.allSettled(Array.from({ length: availableParallelism() }, lane));
  for (const { reason } of lanes.filter((ended) => ended.status === "rejected")) throw reason;
  return kills;
}

describe("a process that is killed at any write", () => {
  it.each(scenarioNames.map((name) => ({ name })))("loses no earlier point and does not hinder the next run: $name", async ({ name }) => {
    const kills = await killAtEveryBoundary(await prepareScenario(name, folder));
    expect(kills).toBeGreaterThan(10);
    boundaries += kills;
  });

  it(`was tried at no fewer than ${String(minBoundaries)} boundaries`, () => {
    expect(boundaries).toBeGreaterThanOrEqual(minBoundaries);
  });
});
