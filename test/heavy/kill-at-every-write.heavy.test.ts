import { mkdtemp, rm } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { removeKilledRunProgram } from "../kill/build-killed-run.js";
import { DirectoryPlaces } from "../kill/directory-places.js";
import { killAndCheck } from "../kill/kill-and-check.js";
import { S3Places } from "../kill/s3-places.js";
import { prepareScenario, scenarioNames, type Scenario } from "../kill/scenarios.js";
import { S3Bed } from "../support/s3-bed.js";

/** What the project promises to have tried in a directory, over all scenarios. */
const minBoundaries = 200;
/** A request has three boundaries, a file dozens. */
const minBoundariesOnS3 = 60;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "holdfast-kill-"));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});
afterAll(removeKilledRunProgram);

/** Kills runs at boundary 1, 2, 3, … until one completes, a few processes at a time; gives the number of kills. The first failure ends all lanes. */
async function killAtEveryBoundary(scenario: Scenario): Promise<number> {
  let next = 1;
  let kills = 0;
  let isOver = false;
  const lane = async (): Promise<void> => {
    try {
      while (!isOver) {
        const end = await killAndCheck(scenario, next++);
        if (end.end === "completed") break;
        kills++;
      }
    } finally {
      isOver = true;
    }
  };
  const lanes = await Promise.allSettled(Array.from({ length: availableParallelism() + 1 }, lane));
  for (const { reason } of lanes.filter((ended) => ended.status === "rejected")) throw reason;
  return kills;
}

describe("a process that is killed at any write to a directory", () => {
  const boundaries: Record<string, number> = {};

  it.each(scenarioNames.map((name) => ({ name })))("loses no earlier point and does not hinder the next run: $name", async ({ name }) => {
    boundaries[name] = await killAtEveryBoundary(await prepareScenario(name, folder, new DirectoryPlaces(folder)));
    expect(boundaries[name]).toBeGreaterThan(10);
  });

  it(`was tried at no fewer than ${String(minBoundaries)} boundaries`, () => {
    console.table(boundaries);
    expect(sum(boundaries)).toBeGreaterThanOrEqual(minBoundaries);
  });
});

describe("a process that is killed at any request to S3", () => {
  const boundaries: Record<string, number> = {};
  let bed: S3Bed;
  beforeAll(async () => {
    bed = await S3Bed.open();
  });
  afterAll(async () => {
    await bed.close();
  });

  it.each(scenarioNames.map((name) => ({ name })))("loses no earlier point and does not hinder the next run: $name", async ({ name }) => {
    boundaries[name] = await killAtEveryBoundary(await prepareScenario(name, folder, await S3Places.open(bed)));
    expect(boundaries[name]).toBeGreaterThan(3);
  });

  it(`was tried at no fewer than ${String(minBoundariesOnS3)} boundaries`, () => {
    console.table(boundaries);
    expect(sum(boundaries)).toBeGreaterThanOrEqual(minBoundariesOnS3);
  });
});

function sum(numbers: Readonly<Record<string, number>>): number {
  return Object.values(numbers).reduce((total, number) => total + number, 0);
}
