// One run in a process of its own. Its task comes as its first argument, in JSON.
import { CreateSnapshotCommand } from "@aws-sdk/client-ec2";
import { AwsAccount, Repository, s3Storage } from "../../src/index.js";
import { backUpVolume } from "../../src/mover/index.js";
import { sealHere } from "../../src/repository/pack/sealing/frame-sealer.js";
import { SealThreads } from "../../src/repository/pack/sealing/seal-threads.js";
import { SystemClock, systemRandom } from "../../src/system/index.js";
import type { ServerFacts } from "../server.js";

export interface ScalingTask {
  readonly server: ServerFacts;
  readonly volumeId: string;
  readonly prefix: string;
  /** The whole road, or block reads alone. */
  readonly work: "back up" | "read";
  readonly threads: number;
  /** Reads under way at the same time; `own`: as many as the reader itself says. */
  readonly inFlight: number | "own";
  /** Of each block read. */
  readonly latencyMs: number;
}

export interface ScalingFacts extends Omit<ScalingTask, "server" | "volumeId" | "prefix"> {
  readonly blocksPerSecond: number;
  readonly cpuMsPerBlock: number;
  /** The most that were under way. */
  readonly mostInFlight: number;
  readonly peakMemoryMib: number;
}

const task = JSON.parse(process.argv[2] ?? "") as ScalingTask;
const { region, endpoint, credentials, bucket } = task.server;
const account = new AwsAccount({ region, endpoint, credentials });
const { SnapshotId: snapshotId = "" } = await account.ec2(region).send(new CreateSnapshotCommand({ VolumeId: task.volumeId }));
await account.compute(region).waitForSnapshot(snapshotId);
const work = task.work === "read" ? await prepareRead() : await prepareBackup();

/** Long enough for the number in flight to settle. */
const minSeconds = 5;
let mostInFlight = 0;
const startedAtMs = performance.now();
const before = process.cpuUsage();
const blocks = await work();
const { user, system } = process.cpuUsage(before);
const { threads, inFlight, latencyMs } = task;
const facts: ScalingFacts = {
  work: task.work,
  threads,
  inFlight,
  latencyMs,
  blocksPerSecond: Math.round(blocks / ((performance.now() - startedAtMs) / 1000)),
  mostInFlight,
  cpuMsPerBlock: Math.round((user + system) / 10 / blocks) / 100,
  peakMemoryMib: Math.round(process.resourceUsage().maxRSS / 1024),
};
process.stdout.write(JSON.stringify(facts));
await account.close();

async function prepareRead(): Promise<() => Promise<number>> {
  const reader = await account.openSnapshotReader({ region, snapshotId });
  return async () => {
    const reading = new Set<Promise<void>>();
    let read = 0;
    while (performance.now() - startedAtMs < minSeconds * 1000) {
      for await (const reference of reader.blocks()) {
        const one = reader.read(reference).then((block) => {
          read++;
          block.release?.();
        }).finally(() => reading.delete(one));
        reading.add(one);
        mostInFlight = Math.max(mostInFlight, reading.size);
        while (reading.size >= (task.inFlight === "own" ? (reader.readsInFlight ?? 1) : task.inFlight)) await Promise.race(reading);
      }
      await Promise.all(reading);
    }
    return read;
  };
}

async function prepareBackup(): Promise<() => Promise<number>> {
  const repository = await Repository.create({ storage: s3Storage({ account, bucket, prefix: task.prefix }), encryption: { key: Buffer.alloc(32, 1) } });
  const sealer = task.threads === 0 ? sealHere : new SealThreads({ threads: task.threads });
  return async () => {
    const point = repository.beginPoint({ resource: "bench", kind: "volume", tags: {} });
    const toDo = { region, snapshotId, resource: "bench", volumeId: task.volumeId, attributes: {} };
    const { blocks: counts } = await backUpVolume(toDo, { account, point, clock: new SystemClock(), random: systemRandom, sealer, ...(task.inFlight !== "own" && { maxReadsInFlight: task.inFlight }) });
    await point.commit();
    return counts.read;
  };
}
