import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { killAndCheck } from "./kill-and-check.js";
import { prepareScenario } from "./scenarios.js";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "holdfast-kill-"));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

/** A sample that a run of all tests can afford; `npm run test:heavy` kills at every boundary. */
const samples = [
  { name: "the making of a repository", kills: 2 },
  { name: "a first backup", kills: 3 },
  { name: "an increment on two points", kills: 3 },
  { name: "an increment of an instance with two volumes", kills: 4 },
];

/** More boundaries than any run has. */
const never = Number.MAX_SAFE_INTEGER;

describe("a process that is killed while it writes", () => {
  it.each(samples)("loses no earlier point and does not hinder the next run: $name", async ({ name, kills }) => {
    const scenario = await prepareScenario(name, folder);
    const complete = await killAndCheck(scenario, folder, never);
    if (complete.end !== "completed") throw new Error("A run died that nobody killed.");
    const distances = Array.from({ length: kills }, (_, kill) => Math.ceil((complete.passed * (kill + 0.5)) / kills));
    const ends = await Promise.all(distances.map((killAt) => killAndCheck(scenario, folder, killAt)));
    expect(ends.map(({ end }) => end)).toEqual(Array.from({ length: kills }, () => "killed"));
  });
});
