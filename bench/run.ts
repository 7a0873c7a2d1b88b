// npm run bench -- [--json FILE] [--size MIB] [--runs N] [--smoke]
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeDiskImages, type DiskImages } from "./disk-image.js";
import type { ImageSnapshot } from "./image-snapshot.js";
import { parseBenchOptions } from "./options.js";
import { phaseNames, type PhaseName } from "./phases/phase.js";
import { runPhase } from "./phases/run-phase.js";
import { describeMachine, formatTable, summarize, type BenchReport, type PhaseResult } from "./report.js";
import { expectSameFiles } from "./same-files.js";
import { ServerProcess } from "./server-process.js";

const { jsonPath, sizeMib, runs } = parseBenchOptions(process.argv.slice(2));
const machine = describeMachine();
const folder = await mkdtemp(join(tmpdir(), "holdfast-bench-"));
try {
  const images = await makeDiskImages(folder, sizeMib);
  const results: PhaseResult[] = [];
  for (let run = 1; run <= runs; run++) results.push(...(await runOnce(run, images)));
  const report: BenchReport = { machine, image: { sizeMib, made: images.made, changedBlocks: images.changedBlocks.length }, runs, phases: summarize(results), results };
  process.stdout.write(`${formatTable(report)}\n`);
  if (jsonPath !== undefined) await writeFile(jsonPath, `${JSON.stringify(report, undefined, 2)}\n`);
} finally {
  await rm(folder, { recursive: true, force: true });
}

/** One run of all phases over a new cloud, each phase in an engine process of its own. */
async function runOnce(run: number, images: DiskImages): Promise<PhaseResult[]> {
  const cloudFolder = join(folder, `cloud-${String(run)}`);
  const server = await ServerProcess.start(cloudFolder);
  const restoredPath = join(folder, "restored.img");
  const results: PhaseResult[] = [];
  try {
    for (const phase of phaseNames) {
      const facts = await runPhase({ phase, server: server.facts, prefix: `run-${String(run)}`, snapshot: snapshotFor(phase, images), restoredPath });
      results.push({ phase, ...facts, ...(await server.takeCalls()) });
    }
    await expectSameFiles(images.changedPath, restoredPath);
  } finally {
    await server.stop();
    await rm(cloudFolder, { recursive: true, force: true });
    await rm(restoredPath, { force: true });
  }
  return results;
}

function snapshotFor(phase: PhaseName, { firstPath, changedPath, changedBlocks }: DiskImages): ImageSnapshot {
  if (phase === "full") return { snapshotId: "snap-1", path: firstPath, changedBlocks: [] };
  if (phase === "incremental") return { snapshotId: "snap-2", path: changedPath, changedBlocks };
  return { snapshotId: "snap-3", path: changedPath, changedBlocks: [] };
}
