import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import type { SoakReport } from "../soak/report.js";
import { runSoak } from "../soak/run-soak.js";

it("half a minute of backup, retention, collection, verification and restore under faults leaves nothing in the cloud, and every point restores", async () => {
  const folder = await mkdtemp(join(tmpdir(), "holdfast-soak-report-"));
  try {
    const jsonPath = join(folder, "soak.json");
    await runSoak({ minutes: 0.5, seed: 11, jsonPath, isGrowthJudged: false });
    const report = JSON.parse(await readFile(jsonPath, "utf8")) as SoakReport;
    expect(report.finding).toBeUndefined();
    expect(report.rounds).toBeGreaterThan(1);
    expect(report.lastPhase?.restoredPoints).toBeGreaterThan(7);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
