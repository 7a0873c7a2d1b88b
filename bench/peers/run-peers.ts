import { copyFile, mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { CreateSnapshotCommand } from "@aws-sdk/client-ec2";
import { AwsAccount } from "../../src/index.js";
import type { DiskImages } from "../disk-image.js";
import { runPhase } from "../phases/run-phase.js";
import { expectSameFiles } from "../same-files.js";
import type { ServerCalls } from "../server.js";
import type { ServerProcess } from "../server-process.js";
import { measureCommand, type CommandFacts } from "./measured-command.js";
import { kopia, restic, type StoringPeer } from "./storing-peers.js";

/** What is compared. */
export const peerJobs = ["download", "upload", "full", "unchanged", "changed", "restore", "full from a snapshot"] as const;
export type PeerJob = (typeof peerJobs)[number];

/** One program's way through one job. */
export interface PeerResult extends CommandFacts, ServerCalls {
  readonly job: PeerJob;
  readonly tool: string;
}

interface Stage {
  readonly server: ServerProcess;
  readonly images: DiskImages;
  readonly folder: string;
  readonly commands: Readonly<Record<string, string>>;
  readonly results: PeerResult[];
}

/** Runs the same jobs by each program over one cloud, one after the other, and compares what they restored with what was stored. */
export async function runPeers(server: ServerProcess, images: DiskImages, folder: string, commands: Readonly<Record<string, string>>): Promise<PeerResult[]> {
  const stage: Stage = { server, images, folder: join(folder, "peers"), commands, results: [] };
  await mkdir(stage.folder, { recursive: true });
  try {
    const snapshotId = await snapshotOf(server, images.firstPath);
    await moveByHoldfast(stage, snapshotId);
    await storeByHoldfast(stage);
    if (commands["coldsnap"] !== undefined) await moveByColdsnap(stage, commands["coldsnap"], snapshotId);
    if (commands["restic"] !== undefined) await storeBy(stage, "restic", restic(commands["restic"], server.facts, `restic-${String(Date.now())}`, stage.folder));
    if (commands["kopia"] !== undefined) await storeBy(stage, "kopia", kopia(commands["kopia"], server.facts, `kopia-${String(Date.now())}`, stage.folder));
    return stage.results;
  } finally {
    await rm(stage.folder, { recursive: true, force: true });
  }
}

async function snapshotOf(server: ServerProcess, imagePath: string): Promise<string> {
  const { region, endpoint, credentials } = server.facts;
  const account = new AwsAccount({ region, endpoint, credentials });
  try {
    const { SnapshotId: snapshotId = "" } = await account.ec2(region).send(new CreateSnapshotCommand({ VolumeId: await server.makeVolume(imagePath) }));
    await account.compute(region).waitForSnapshot(snapshotId);
    return snapshotId;
  } finally {
    await account.close();
  }
}

/** Counts what the server saw of it. */
async function record(stage: Stage, job: PeerJob, tool: string, work: () => Promise<CommandFacts>): Promise<void> {
  await stage.server.takeCalls();
  const { seconds, cpuSeconds, peakMemoryMib } = await work();
  stage.results.push({ job, tool, seconds, cpuSeconds, peakMemoryMib, ...(await stage.server.takeCalls()) });
}

async function moveByHoldfast(stage: Stage, snapshotId: string): Promise<void> {
  const { server, images, folder } = stage;
  const path = join(folder, "downloaded.img");
  await record(stage, "download", "holdfast", () => runPhase({ phase: "download", server: server.facts, prefix: "", snapshotId, path }));
  await expectSameFiles(images.firstPath, path);
  await rm(path);
  await record(stage, "upload", "holdfast", () => runPhase({ phase: "upload", server: server.facts, prefix: "", snapshotId, path: images.firstPath }));
}

async function moveByColdsnap(stage: Stage, command: string, snapshotId: string): Promise<void> {
  const { server, images, folder } = stage;
  const { endpoint, region, credentials } = server.facts;
  const env = { AWS_ENDPOINT_URL: endpoint, AWS_REGION: region, AWS_ACCESS_KEY_ID: credentials.accessKeyId, AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey };
  const path = join(folder, "downloaded.img");
  await record(stage, "download", "coldsnap", () => measureCommand(command, ["download", "--no-progress", snapshotId, path], env));
  await expectSameFiles(images.firstPath, path);
  await rm(path);
  await record(stage, "upload", "coldsnap", () => measureCommand(command, ["upload", "--no-progress", "--wait", images.firstPath], env));
}

async function storeByHoldfast(stage: Stage): Promise<void> {
  const { server, images, folder } = stage;
  const { firstPath, changedPath, changedBlocks } = images;
  const prefix = `holdfast-${String(Date.now())}`;
  const restoredPath = join(folder, "restored.img");
  const task = { server: server.facts, prefix, restoredPath };
  await record(stage, "full", "holdfast", () => runPhase({ ...task, phase: "full", snapshot: { snapshotId: "snap-1", path: firstPath, changedBlocks: [] } }));
  await record(stage, "unchanged", "holdfast", () => runPhase({ ...task, phase: "unchanged", snapshot: { snapshotId: "snap-2", path: firstPath, changedBlocks: [] } }));
  await record(stage, "changed", "holdfast", () => runPhase({ ...task, phase: "incremental", snapshot: { snapshotId: "snap-3", path: changedPath, changedBlocks } }));
  await record(stage, "restore", "holdfast", () => runPhase({ ...task, phase: "restore", snapshot: { snapshotId: "", path: "", changedBlocks: [] } }));
  await expectSameFiles(changedPath, restoredPath);
  await rm(restoredPath);
  const volumeId = await server.makeVolume(firstPath);
  await record(stage, "full from a snapshot", "holdfast", () => runPhase({ phase: "full-ebs", server: server.facts, prefix: `${prefix}-ebs`, volumeId }));
}

async function storeBy(stage: Stage, tool: string, peer: StoringPeer): Promise<void> {
  const { images, folder } = stage;
  // the same file before and after, as these programs see a disk
  const path = join(folder, "disk.img");
  const target = join(folder, `${tool}-restored`);
  await copyFile(images.firstPath, path);
  await mkdir(target);
  await peer.create();
  await record(stage, "full", tool, () => peer.backUp(path));
  await record(stage, "unchanged", tool, () => peer.backUp(path));
  await copyFile(images.changedPath, path);
  await record(stage, "changed", tool, () => peer.backUp(path));
  let restoredPath = "";
  await record(stage, "restore", tool, async () => {
    const restored = await peer.restore(target);
    restoredPath = restored.path;
    return restored;
  });
  await expectSameFiles(images.changedPath, restoredPath);
  await rm(target, { recursive: true });
  await rm(path);
}
