// npm run bench -- [--json FILE] [--size MIB] [--runs N] [--smoke] [--peers all|NAME,…] [--peers-only] [--peers-folder FOLDER] [--node PATH] [--files FOLDER,…]
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeDiskImages, type DiskImages } from "./disk-image.js";
import type { ImageSnapshot } from "./image-snapshot.js";
import { installPeers } from "./peers/install-peers.js";
import { formatGoals } from "./peers/goals.js";
import { formatPeerTable } from "./peers/peer-table.js";
import { runPeers, type PeerResult } from "./peers/run-peers.js";
import { parseBenchOptions } from "./options.js";
import { ebsPhases, imagePhases, type ImagePhaseName } from "./phases/phase.js";
import { runPhase } from "./phases/run-phase.js";
import { describeMachine, describeRun, formatTable, summarize, type BenchReport, type PhaseResult } from "./report.js";
import { expectSameFiles } from "./same-files.js";
import { ServerProcess } from "./server-process.js";

const { jsonPath, sizeMib, runs, peers, peersFolder, isPeersOnly, node, files } = parseBenchOptions(process.argv.slice(2));
const machine = await describeMachine(node);
const folder = await mkdtemp(join(tmpdir(), "holdfast-bench-"));
try {
  const images = await makeDiskImages(folder, sizeMib, files);
  const results: PhaseResult[] = [];
  if (!isPeersOnly) for (let run = 1; run <= runs; run++) results.push(...(await runOnce(run, images)));
  const reportOf = (compared: readonly PeerResult[], runsDone = runs): BenchReport => ({ machine, image: { sizeMib, made: images.made, changedBlocks: images.changedBlocks.length }, runs: runsDone, phases: summarize(results), results, ...(peers.length > 0 && { peers: compared }) });
  // runs of hours are not lost with the last of them
  const compared = await comparePeers(images, async (soFar, runsDone) => await save(reportOf(soFar, runsDone)));
  const report = reportOf(compared);
  if (!isPeersOnly) process.stdout.write(`${formatTable(report)}\n`);
  if (peers.length > 0) {
    process.stdout.write(`\n${formatPeerTable(compared, images.dataMib)}\n\n${formatGoals(compared, images.dataMib)}\n\n${describeRun(report, images.dataMib)}\n`);
  }
  await save(report);
} finally {
  await rm(folder, { recursive: true, force: true });
}

async function save(report: BenchReport): Promise<void> {
  if (jsonPath !== undefined) await writeFile(jsonPath, `${JSON.stringify(report, undefined, 2)}\n`);
}

/** Every program over a cloud of its own run, in turn. */
async function comparePeers(images: DiskImages, onRun: (soFar: readonly PeerResult[], runs: number) => Promise<void>): Promise<PeerResult[]> {
  if (peers.length === 0) return [];
  const commands = await installPeers(peersFolder, peers);
  const compared: PeerResult[] = [];
  for (let run = 1; run <= runs; run++) {
    const cloudFolder = join(folder, `peers-${String(run)}`);
    process.stderr.write(`run ${String(run)} of ${String(runs)}\n`);
    const server = await ServerProcess.start(cloudFolder);
    try {
      compared.push(...(await runPeers({ server, images, folder: join(folder, "peers"), commands, node, isReversed: run % 2 === 0 })));
      await onRun(compared, run);
    } finally {
      await server.stop();
      await rm(cloudFolder, { recursive: true, force: true });
    }
  }
  return compared;
}

/** One run of all phases over a new cloud, each phase in an engine process of its own. */
async function runOnce(run: number, images: DiskImages): Promise<PhaseResult[]> {
  const cloudFolder = join(folder, `cloud-${String(run)}`);
  const server = await ServerProcess.start(cloudFolder);
  try {
    return [...(await runImagePhases(server, `run-${String(run)}`, images)), ...(await runEbsPhases(server, `run-${String(run)}-ebs`, images))];
  } finally {
    await server.stop();
    await rm(cloudFolder, { recursive: true, force: true });
  }
}

async function runImagePhases(server: ServerProcess, prefix: string, images: DiskImages): Promise<PhaseResult[]> {
  const restoredPath = join(folder, "restored.img");
  const results: PhaseResult[] = [];
  try {
    for (const phase of imagePhases) {
      const facts = await runPhase({ phase, server: server.facts, prefix, snapshot: snapshotFor(phase, images), restoredPath }, node);
      results.push({ phase, ...facts, ...(await server.takeCalls()) });
    }
    await expectSameFiles(images.changedPath, restoredPath);
  } finally {
    await rm(restoredPath, { force: true });
  }
  return results;
}

async function runEbsPhases(server: ServerProcess, prefix: string, { firstPath, changedPath, changedBlocks }: DiskImages): Promise<PhaseResult[]> {
  const volumeId = await server.makeVolume(firstPath);
  const results: PhaseResult[] = [];
  for (const phase of ebsPhases) {
    if (phase === "incremental-ebs") await server.writeBlocks(volumeId, changedPath, changedBlocks);
    await server.takeCalls();
    const { restoredVolumeId, ...facts } = await runPhase({ phase, server: server.facts, prefix, volumeId }, node);
    results.push({ phase, ...facts, ...(await server.takeCalls()) });
    if (restoredVolumeId !== undefined) await server.expectImage(restoredVolumeId, changedPath);
  }
  return results;
}

function snapshotFor(phase: ImagePhaseName, { firstPath, changedPath, changedBlocks }: DiskImages): ImageSnapshot {
  if (phase === "full") return { snapshotId: "snap-1", path: firstPath, changedBlocks: [] };
  if (phase === "incremental") return { snapshotId: "snap-2", path: changedPath, changedBlocks };
  return { snapshotId: "snap-3", path: changedPath, changedBlocks: [] };
}
