import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeEach, describe, expect, it } from "vitest";
import { S3Bed } from "../support/s3-bed.js";
import { removeKilledRunProgram } from "./build-killed-run.js";
import { DirectoryPlaces } from "./directory-places.js";
import { killAndCheck } from "./kill-and-check.js";
import { S3Places } from "./s3-places.js";
import { prepareScenario, type Scenario } from "./scenarios.js";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "holdfast-kill-"));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});
afterAll(removeKilledRunProgram);

/** A sample that a run of all tests can afford; `npm run test:heavy` kills at every boundary. */
const samples = [
  { name: "the making of a repository", kills: 1 },
  { name: "a first backup", kills: 1 },
  { name: "an increment on two points", kills: 2 },
  { name: "an increment of an instance with two volumes", kills: 3 },
];

/** More boundaries than any run has. */
const never = Number.MAX_SAFE_INTEGER;

/** Kills at boundaries spread over the whole run. */
async function killSample(scenario: Scenario, kills: number): Promise<void> {
  const complete = await killAndCheck(scenario, never);
  if (complete.end !== "completed") throw new Error("A run died that nobody killed.");
  const distances = Array.from({ length: kills }, (_, kill) => Math.ceil((complete.passed * (kill + 0.5)) / kills));
  const ends = await Promise.all(distances.map((killAt) => killAndCheck(scenario, killAt)));
  expect(ends.map(({ end }) => end)).toEqual(Array.from({ length: kills }, () => "killed"));
}

describe("a process that is killed while it writes", () => {
  it.each(samples)("loses no earlier point and does not hinder the next run: $name, in a directory", async ({ name, kills }) => {
    await killSample(await prepareScenario(name, folder, new DirectoryPlaces(folder)), kills);
  });

  it("loses no earlier point and does not hinder the next run: an increment on two points, on S3", async () => {
    const bed = await S3Bed.open();
    try {
      await killSample(await prepareScenario("an increment on two points", folder, await S3Places.open(bed)), 1);
    } finally {
      await bed.close();
    }
  });
});
