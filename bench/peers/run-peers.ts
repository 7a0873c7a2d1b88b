import { copyFile, mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { CreateSnapshotCommand } from "@aws-sdk/client-ec2";
import { AwsAccount } from "../../src/index.js";
import type { DiskImages } from "../disk-image.js";
import { measurePhase } from "../phases/run-phase.js";
import { expectSameFiles } from "../same-files.js";
import type { ServerCalls } from "../server.js";
import type { ServerProcess } from "../server-process.js";
import { coldsnap } from "./coldsnap.js";
import { holdfast } from "./holdfast.js";
import type { CommandFacts } from "./measured-command.js";
import { kopia, restic, type StoringPeer } from "./storing-peers.js";

/** What is compared. `whole road`: from a snapshot into a repository, which takes two programs where it is not holdfast. */
export const peerJobs = ["download", "upload", "full", "unchanged", "1 % changed", "restore", "whole road"] as const;
export type PeerJob = (typeof peerJobs)[number];

/** One program's way through one job. */
export interface PeerResult extends CommandFacts, ServerCalls {
  readonly job: PeerJob;
  readonly tool: string;
}

/** Where the programs run. */
export interface PeerStage {
  readonly server: ServerProcess;
  readonly images: DiskImages;
  readonly folder: string;
  readonly commands: Readonly<Record<string, string>>;
  /** The Node that runs holdfast. */
  readonly node: string;
  /** Whether the programs take their turns the other way round: what grows worse in the course of a run is nobody's alone. */
  readonly isReversed: boolean;
}

type Turn = readonly [tool: string, work: () => Promise<CommandFacts>];

/** Each job by each program in turn, over one cloud; what was restored is compared with what was stored. */
export async function runPeers(stage: PeerStage): Promise<PeerResult[]> {
  const results: PeerResult[] = [];
  const inTurn = async (job: PeerJob, turns: readonly Turn[]): Promise<void> => {
    for (const [tool, work] of stage.isReversed ? turns.toReversed() : turns) {
      await stage.server.takeCalls();
      const { seconds, cpuSeconds, peakMemoryMib } = await work();
      results.push({ job, tool, seconds, cpuSeconds, peakMemoryMib, ...(await stage.server.takeCalls()) });
    }
  };
  await mkdir(stage.folder, { recursive: true });
  try {
    const snapshotId = await snapshotOf(stage.server, stage.images.firstPath);
    await move(stage, snapshotId, inTurn);
    await store(stage, inTurn);
    await wholeRoad(stage, snapshotId, inTurn);
    return results;
  } finally {
    await rm(stage.folder, { recursive: true, force: true });
  }
}

type InTurn = (job: PeerJob, turns: readonly Turn[]) => Promise<void>;

async function move({ server, images, folder, commands, node }: PeerStage, snapshotId: string, inTurn: InTurn): Promise<void> {
  const path = join(folder, "downloaded.img");
  const task = { server: server.facts, prefix: "", snapshotId };
  const peer = commands["coldsnap"] === undefined ? undefined : coldsnap(commands["coldsnap"], server.facts);
  const downloading = (work: () => Promise<CommandFacts>) => async (): Promise<CommandFacts> => {
    const facts = await work();
    await expectSameFiles(images.firstPath, path);
    await rm(path);
    return facts;
  };
  const turns: Turn[] = [["holdfast", downloading(() => measurePhase({ ...task, phase: "download", path }, node))]];
  if (peer !== undefined) turns.push(["coldsnap", downloading(() => peer.download(snapshotId, path))]);
  await inTurn("download", turns);
  const uploads: Turn[] = [["holdfast", () => measurePhase({ ...task, phase: "upload", path: images.firstPath }, node)]];
  if (peer !== undefined) uploads.push(["coldsnap", () => peer.upload(images.firstPath)]);
  await inTurn("upload", uploads);
}

/** The peers see one path whose content changes, as they see a disk; holdfast is told what changed, as EBS tells it. */
async function store(stage: PeerStage, inTurn: InTurn): Promise<void> {
  const { images, folder } = stage;
  const path = join(folder, "disk.img");
  await copyFile(images.firstPath, path);
  const peers = [...storingPeers(stage, "store"), holdfast(stage, path)];
  for (const [, peer] of peers) await peer.create();
  const all = (work: (peer: StoringPeer) => Promise<CommandFacts>): Turn[] => peers.map(([tool, peer]) => [tool, () => work(peer)]);
  await inTurn("full", all((peer) => peer.backUp(path)));
  await inTurn("unchanged", all((peer) => peer.backUp(path)));
  await copyFile(images.changedPath, path);
  await inTurn("1 % changed", all((peer) => peer.backUp(path, images.changedBlocks)));
  await inTurn("restore", all(async (peer) => {
    const target = join(folder, "restored");
    await mkdir(target);
    const restored = await peer.restore(target);
    await expectSameFiles(images.changedPath, restored.path);
    await rm(target, { recursive: true });
    return restored;
  }));
  await rm(path);
}

async function wholeRoad(stage: PeerStage, snapshotId: string, inTurn: InTurn): Promise<void> {
  const { server, images, folder, commands, node } = stage;
  const volumeId = await server.makeVolume(images.firstPath);
  const turns: Turn[] = [["holdfast", () => measurePhase({ phase: "full-ebs", server: server.facts, prefix: `road-${String(Date.now())}`, volumeId }, node)]];
  if (commands["coldsnap"] !== undefined) {
    const first = coldsnap(commands["coldsnap"], server.facts);
    for (const [tool, peer] of storingPeers(stage, "road")) {
      await peer.create();
      const path = join(folder, "disk.img");
      turns.push([`coldsnap, then ${tool}`, async () => {
        const download = await first.download(snapshotId, path);
        const stored = await peer.backUp(path);
        await rm(path);
        return { seconds: download.seconds + stored.seconds, cpuSeconds: download.cpuSeconds + stored.cpuSeconds, peakMemoryMib: Math.max(download.peakMemoryMib, stored.peakMemoryMib) };
      }]);
    }
  }
  await inTurn("whole road", turns);
}

function storingPeers({ commands, server, folder }: PeerStage, name: string): [string, StoringPeer][] {
  const prefix = `${name}-${String(Date.now())}`;
  const made: [string, StoringPeer][] = [];
  if (commands["restic"] !== undefined) made.push(["restic", restic(commands["restic"], server.facts, `restic-${prefix}`, join(folder, name))]);
  if (commands["kopia"] !== undefined) made.push(["kopia", kopia(commands["kopia"], server.facts, `kopia-${prefix}`, join(folder, name))]);
  return made;
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
