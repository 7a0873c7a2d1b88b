import { describe, expect, it } from "vitest";
import { ChaosRun } from "../chaos/chaos-run.js";

/** `CHAOS_RUNS=n` for more, `CHAOS_SEED=n` for one alone, with its story. A seed gives the same weather; names and keys are random, and with them the order of things, so whoever fails tells its story at once. */
const runs = Number(process.env["CHAOS_RUNS"] ?? 200);
const only = process.env["CHAOS_SEED"];
const seeds = only === undefined ? Array.from({ length: runs }, (_, index) => index + 1) : [Number(only)];

describe("workers, engines and the cloud, killed and failing at random", () => {
  it.each(seeds)("leave right backups or typed errors, and nothing behind, with seed %i", async (seed) => {
    const { faults, trace, ...report } = await new ChaosRun(seed).run();
    const story = `${trace.join("\n")}\n${JSON.stringify(report)}`;
    if (only !== undefined) console.log(story);
    expect(faults, story).toEqual([]);
  });
});
