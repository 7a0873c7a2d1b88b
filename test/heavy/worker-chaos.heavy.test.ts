import { describe, expect, it } from "vitest";
import { ChaosRun } from "../chaos/chaos-run.js";

/** `CHAOS_RUNS=n` for more, `CHAOS_SEED=n` for one alone, with its story. */
const runs = Number(process.env["CHAOS_RUNS"] ?? 200);
const only = process.env["CHAOS_SEED"];
const seeds = only === undefined ? Array.from({ length: runs }, (_, index) => index + 1) : [Number(only)];

describe("workers, engines and the cloud, killed and failing at random", () => {
  it.each(seeds)("leave right backups or typed errors, and nothing behind, with seed %i", async (seed) => {
    const report = await new ChaosRun(seed).run();
    if (only !== undefined) console.log(report.trace.join("\n"), JSON.stringify({ ...report, trace: undefined }));
    expect(report.faults, `CHAOS_SEED=${String(seed)} tells the story`).toEqual([]);
  });
});
