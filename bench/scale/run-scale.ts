// One task of the scale bench, in a process of its own whose memory is measured. Prints its facts as JSON.
import { blockSizeBytes } from "../../src/ports/index.js";
import { directoryStorage } from "../../src/adapters/directory/directory-storage.js";
import { MemoryVolume } from "../../test/support/memory-volume.js";
import { createRepository } from "../../src/repository/create-repository.js";
import { Repository } from "../../src/repository/repository.js";
import { SystemClock, systemRandom } from "../../src/system/index.js";
import { SeededRandom } from "../../src/testing/seeded-random.js";
import { backupVolume } from "../../src/transfer/backup-volume.js";
import { restoreVolume } from "../../src/transfer/restore-volume.js";
import { SyntheticRepository } from "./synthetic-repository.js";

/** What the process is to do. */
export type ScaleTask =
  | { readonly task: "make"; readonly path: string; readonly volumes: number; readonly blocks: number; readonly pointsPerVolume: number }
  | { readonly task: "open and list" | "restore" | "collect"; readonly path: string };

/** What a task took. */
export interface ScaleFacts {
  readonly task: string;
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly peakMemoryMib: number;
  readonly found: Readonly<Record<string, number | string>>;
}

const encryption = { key: Buffer.alloc(32, 7) };
const quiet = (): void => undefined;
const logger = { debug: quiet, info: quiet, warn: quiet, error: quiet };
/** Blocks of the one volume whose data is really there. */
const realBlocks = 2_000;

const task = JSON.parse(process.argv[2] ?? "") as ScaleTask;
const startedMs = performance.now();
const found = await work();
const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
const facts: ScaleFacts = { task: task.task, seconds: (performance.now() - startedMs) / 1000, cpuSeconds: (userCPUTime + systemCPUTime) / 1e6, peakMemoryMib: maxRSS / 1024, found };
process.stdout.write(JSON.stringify(facts));

async function work(): Promise<ScaleFacts["found"]> {
  if (task.task === "make") return await make(task);
  const cpu = process.cpuUsage();
  const repository = await Repository.open({ storage: directoryStorage(task.path), encryption });
  if (task.task === "open and list") return await list(repository, cpu);
  return task.task === "restore" ? await restore(repository) : await collect(repository);
}

async function make({ path, volumes, blocks, pointsPerVolume }: Extract<ScaleTask, { task: "make" }>): Promise<ScaleFacts["found"]> {
  const { context } = await createRepository({ storage: directoryStorage(path), encryption }, { clock: new SystemClock(), random: systemRandom, logger });
  const random = new SeededRandom(11);
  const synthetic = new SyntheticRepository(context, path, random);
  for (let volume = 0; volume < volumes; volume++) {
    const volumeId = `vol-${String(volume)}`;
    await synthetic.addPoint(volumeId, blocks, counting(blocks));
    for (let point = 1; point < pointsPerVolume; point++) await synthetic.addPoint(volumeId, blocks, aHundredth(blocks, random));
  }
  await backUpReal();
  return { blocks: volumes * blocks, points: volumes * pointsPerVolume + 1, dataPacks: synthetic.packs };

  async function backUpReal(): Promise<void> {
    const repository = await Repository.open({ storage: directoryStorage(path), encryption });
    const volume = new MemoryVolume(realBlocks * blockSizeBytes);
    for (let index = 0; index < realBlocks; index++) volume.blocks.set(index, Buffer.alloc(blockSizeBytes, `block ${String(index)} `));
    volume.freeze("snap-0");
    const writer = repository.beginPoint({ resource: "vol-real", kind: "volume", tags: {} });
    const volumeWriter = await writer.beginVolume("vol-real");
    const { method } = await backupVolume(volume.reader("snap-0"), volumeWriter, { random: systemRandom });
    const at = new Date().toISOString();
    await writer.finishVolume(volumeWriter, { resource: "vol-real", volumeId: "vol-real", snapshotId: "snap-0", volumeSizeBytes: volume.sizeBytes, method, startedAt: at, finishedAt: at }, { volumeId: "vol-real" });
    await writer.commit();
  }
}

async function list(repository: Repository, cpu: NodeJS.CpuUsage): Promise<ScaleFacts["found"]> {
  const since = (): number => Object.values(process.cpuUsage(cpu)).reduce((sum: number, part: number) => sum + part, 0) / 1e6;
  const openCpuSeconds = since();
  let points = 0;
  let firstPointCpuSeconds = 0;
  for await (const _point of repository.restorePoints()) if (points++ === 0) firstPointCpuSeconds = since();
  return { points, openCpuSeconds, firstPointCpuSeconds, allPointsCpuSeconds: since() };
}

async function restore(repository: Repository): Promise<ScaleFacts["found"]> {
  for await (const point of repository.restorePoints({ resource: "vol-real" })) {
    let right = 0;
    await restoreVolume(await point.blockMap("vol-real"), {
      target: "nowhere",
      write: ({ index, data }) => {
        if (data.equals(Buffer.alloc(blockSizeBytes, `block ${String(index)} `))) right++;
        return Promise.resolve();
      },
      complete: () => Promise.resolve(undefined),
      abort: () => Promise.resolve(),
    });
    if (right !== realBlocks) throw new Error(`${String(right)} of ${String(realBlocks)} blocks were right.`);
    return { blocks: right };
  }
  throw new Error("There is no restore point to restore.");
}

/** Removes all points of every tenth volume, then collects. */
async function collect(repository: Repository): Promise<ScaleFacts["found"]> {
  let removed = 0;
  for await (const point of repository.restorePoints()) {
    if (point.volumes[0]?.volumeId.endsWith("0") !== true) continue;
    await repository.remove(point, { evenNewest: true });
    removed++;
  }
  const startedMs = performance.now();
  const { status, freed, stored, retiredRecords } = await repository.collectGarbage({ graceHours: 0 });
  return { status, removed, retiredRecords, storedPacks: stored?.packs ?? 0, freedPacks: freed.packs, collectSeconds: (performance.now() - startedMs) / 1000 };
}

function* counting(blocks: number): Generator<number> {
  for (let index = 0; index < blocks; index++) yield index;
}

/** Blocks that changed: a hundredth, in runs as files make them. */
function* aHundredth(blocks: number, random: SeededRandom): Generator<number> {
  const run = 8;
  for (let index = Math.floor(random.fraction() * 200 * run); index < blocks; index += run + Math.floor(random.fraction() * 200 * run)) {
    for (let at = index; at < Math.min(blocks, index + run); at++) yield at;
  }
}
