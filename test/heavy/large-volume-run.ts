// A backup, an increment and a restore of a very large volume, in a process of its own whose memory is measured.
import { directoryStorage, Repository } from "../../src/index.js";
import type { BlockReader } from "../../src/ports/index.js";
import type { RestorePoint } from "../../src/repository/points/restore-point.js";
import { restoreInto } from "../../src/restore/restore-into.js";
import { systemRandom } from "../../src/system/index.js";
import { backupVolume } from "../../src/transfer/backup-volume.js";
import { allLeaves, fullMapReader } from "./full-map-volume.js";
import { ScatteredVolume } from "./scattered-volume.js";

/** What the process is to do. */
export interface LargeVolumeTask {
  readonly volume: "scattered" | "every leaf";
  readonly repositoryPath: string;
}

/** What a phase took; memory is the most that the process had had by its end. */
export interface PhaseFacts {
  readonly phase: string;
  readonly blocks: number;
  readonly storedBlocks: number;
  readonly seconds: number;
  readonly peakMemoryMib: number;
}

/** Blocks of the scattered volume: 10 GiB of data. */
const scatteredBlocks = 20_000;

const { volume, repositoryPath } = JSON.parse(process.argv[2] ?? "") as LargeVolumeTask;
const repository = await Repository.create({ storage: directoryStorage(repositoryPath), encryption: "none" });
const phases: PhaseFacts[] = [];
if (volume === "scattered") await runScattered();
else await runEveryLeaf();
process.stdout.write(JSON.stringify(phases));

async function runScattered(): Promise<void> {
  const scattered = new ScatteredVolume(scatteredBlocks);
  const first = await backUp("full", scattered.reader(0), 0);
  const second = await backUp("incremental", scattered.reader(1), 1);
  for (const [snapshot, point] of [first, second].entries()) {
    await measure(`restore ${String(snapshot)}`, async () => {
      const { blocks } = await restoreInto(point, { openWriter: () => Promise.resolve(scattered.checkingWriter(snapshot)) });
      return { blocks, storedBlocks: 0 };
    });
  }
}

async function runEveryLeaf(): Promise<void> {
  await backUp("full", fullMapReader(0), 0);
  const second = await backUp("incremental", fullMapReader(1), 1);
  await measure("read the map", async () => {
    const map = await second.blockMap();
    const leaves = await map.openAllPages();
    if (leaves !== allLeaves || map.root.presentBlocks !== allLeaves) throw new Error(`The map has ${String(leaves)} leaves, not ${String(allLeaves)}.`);
    return { blocks: leaves, storedBlocks: 0 };
  });
}

async function backUp(phase: string, reader: BlockReader, snapshot: number): Promise<RestorePoint> {
  let point: RestorePoint | undefined;
  await measure(phase, async () => {
    const writer = repository.beginPoint({ resource: "vol-large", kind: "volume", tags: {} });
    const volumeWriter = await writer.beginVolume("vol-large");
    const startedAt = new Date().toISOString();
    const { method } = await backupVolume(reader, volumeWriter, { random: systemRandom });
    if (method !== phase) throw new Error(`The backup was ${method}, not ${phase}.`);
    const facts = { resource: "vol-large", snapshotId: `snap-${String(snapshot)}`, volumeSizeBytes: reader.volumeSizeBytes, method, startedAt, finishedAt: new Date().toISOString() };
    const { counts } = await writer.finishVolume(volumeWriter, facts, { volumeId: "vol-large" });
    point = await writer.commit();
    return { blocks: counts.readBlocks, storedBlocks: counts.storedBlocks };
  });
  if (point === undefined) throw new Error("There is no restore point.");
  return point;
}

async function measure(phase: string, work: () => Promise<{ readonly blocks: number; readonly storedBlocks: number }>): Promise<void> {
  const startedAtMs = performance.now();
  const counts = await work();
  phases.push({ phase, ...counts, seconds: (performance.now() - startedAtMs) / 1000, peakMemoryMib: process.resourceUsage().maxRSS / 1024 });
}
