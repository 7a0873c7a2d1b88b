import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { buildLargeVolumeRun } from "./built-large-volume-run.js";
import { allLeaves, changedLeaves } from "./full-map-volume.js";
import type { LargeVolumeTask, PhaseFacts } from "./large-volume-run.js";
import { ScatteredVolume } from "./scattered-volume.js";

/** The most resident memory that any volume may take. */
const maxMemoryMib = 512;

let built: Awaited<ReturnType<typeof buildLargeVolumeRun>>;
beforeAll(async () => {
  built = await buildLargeVolumeRun();
});
afterAll(async () => {
  await rm(built.folder, { recursive: true, force: true });
});

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "holdfast-large-"));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

/** Runs the task in a process of its own; a failure there, by exit code or signal, rejects here. */
async function runLarge(volume: LargeVolumeTask["volume"]): Promise<PhaseFacts[]> {
  const task: LargeVolumeTask = { volume, repositoryPath: join(folder, "repository") };
  const { stdout } = await promisify(execFile)(process.execPath, [built.program, JSON.stringify(task)]);
  const phases = JSON.parse(stdout) as PhaseFacts[];
  console.table(phases);
  return phases;
}

describe("a volume of 64 TiB", () => {
  it("with scattered data is backed up, backed up again and restored within 512 MiB of memory", async () => {
    const scattered = new ScatteredVolume(20_000);
    const phases = await runLarge("scattered");
    expect(phases).toMatchObject([
      { phase: "full", blocks: scattered.count(0), storedBlocks: scattered.count(0) },
      { phase: "incremental" },
      { phase: "restore 0", blocks: scattered.count(0) },
      { phase: "restore 1", blocks: scattered.count(1) },
    ]);
    // blocks that are no more are not read
    expect(phases[1]?.blocks).toBeLessThanOrEqual(scattered.changedBlocks);
    expect(phases[1]?.blocks).toBe(phases[1]?.storedBlocks);
    for (const { phase, peakMemoryMib } of phases) expect(peakMemoryMib, phase).toBeLessThan(maxMemoryMib);
  });

  it("with data in every leaf of its block map is backed up, backed up again and its map read within 512 MiB of memory", async () => {
    const phases = await runLarge("every leaf");
    expect(phases).toMatchObject([
      { phase: "full", blocks: allLeaves, storedBlocks: 8 },
      { phase: "incremental" },
      { phase: "read the map", blocks: allLeaves },
    ]);
    expect(phases[1]?.blocks).toBe(changedLeaves);
    for (const { phase, peakMemoryMib } of phases) expect(peakMemoryMib, phase).toBeLessThan(maxMemoryMib);
  });
});
