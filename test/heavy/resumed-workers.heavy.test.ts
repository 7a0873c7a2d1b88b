import { DescribeInstancesCommand } from "@aws-sdk/client-ec2";
import { rm } from "node:fs/promises";
import { GetObjectCommand, ListObjectsV2Command } from "@aws-sdk/client-s3";
import { Policy, Restore, s3Storage, WorkerPool } from "holdfast";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { textBlock } from "../support/backup-world.js";
import { buildMover } from "../support/build-mover.js";
import { InstanceBed, instancePace as pace, region } from "../support/instance-bed.js";

const volumeBlocks = 900;
/** Reads that one volume may have under way, by the time that a call takes. */
const mostReadsUnderWay = 384;
/** What may be read twice where a worker was killed: reads under way, and what was read since the last part of its checkpoint (256 blocks and a pack). */
const inFlight = mostReadsUnderWay + 256 + 2 * 32;

let mover: Awaited<ReturnType<typeof buildMover>>;
let bed: InstanceBed;
let pool: WorkerPool;
beforeAll(async () => {
  mover = await buildMover();
}, 60_000);
afterAll(async () => await rm(mover.folder, { recursive: true, force: true }));
beforeEach(async () => {
  bed = await InstanceBed.open(mover.program, { packs: { maxBlocks: 32 }, limits: { blocks: { getBlocksPerSecondPerSnapshot: 60, putBlocksPerSecondPerSnapshot: 40 } } });
  pool = new WorkerPool({ ...bed.options, spot: "prefer" }, { pace });
});
afterEach(async () => {
  await pool.close();
  await bed.close();
});

/** Begins the backup of a volume, which takes a quarter of a minute to be read. In an object: a session itself would be waited for. */
async function begin(): Promise<{ readonly session: ReturnType<Policy["run"]> }> {
  const { account, repository } = bed;
  const state = new Map(Array.from({ length: volumeBlocks }, (_, index) => [index, textBlock(`block ${String(index)} `)]));
  const volumeId = await bed.makeVolume(state);
  return { session: new Policy({ name: "gold", account, include: [{ volume: volumeId }], backup: { repository, auditBlocks: 0 }, workers: pool, retries: 0 }).run() };
}

/** Waits until a worker has written down how far it came. */
async function firstCheckpoint(): Promise<void> {
  const store = await s3Storage({ account: bed.account, bucket: "backups", prefix: "gold" }).openStore();
  const names = async (): Promise<string[]> => {
    const found: string[] = [];
    for await (const { name } of store.list("ckpt/")) found.push(name);
    return found;
  };
  await expect.poll(async () => (await names()).length, { timeout: 120_000, interval: 50 }).toBeGreaterThan(0);
}

/** What the workers say of their tasks. */
async function statusOfTasks(): Promise<string> {
  const { Contents = [] } = await bed.account.s3(region).send(new ListObjectsV2Command({ Bucket: "configuration" }));
  const texts = Contents.filter(({ Key }) => /(?:^|\/)tasks\/.*\/status\.json$/.test(Key ?? "")).map(async ({ Key }) => {
    const { Body } = await bed.account.s3(region).send(new GetObjectCommand({ Bucket: "configuration", Key }));
    return (await Body?.transformToString()) ?? "";
  });
  return (await Promise.all(texts)).join("\n");
}

async function instances(): Promise<{ readonly id: string; readonly isSpot: boolean; readonly isRunning: boolean }[]> {
  const { Reservations = [] } = await bed.account.ec2(region).send(new DescribeInstancesCommand({}));
  return Reservations.flatMap(({ Instances = [] }) => Instances)
    .sort((one, other) => Number(one.LaunchTime) - Number(other.LaunchTime))
    .map(({ InstanceId = "", InstanceLifecycle, State }) => ({ id: InstanceId, isSpot: InstanceLifecycle === "spot", isRunning: State?.Name === "running" }));
}

async function runningInstance(after: readonly string[]): Promise<string> {
  let found = "";
  await expect.poll(async () => (found = (await instances()).find(({ id, isRunning }) => isRunning && !after.includes(id))?.id ?? ""), { timeout: 60_000, interval: 50 }).not.toBe("");
  return found;
}

const blocksRead = (): number => bed.cloud.calls.list().filter(({ operation, errorCode }) => operation === "GetSnapshotBlock" && errorCode === undefined).length;

describe("a worker that takes the place of another", () => {
  it("goes on from where a killed one had come, and reads twice no more than what was under way", async () => {
    const { session } = await begin();
    await firstCheckpoint();
    await bed.cloud.instances.kill(await runningInstance([]));
    const [resource] = (await session).resources;
    expect(resource).toMatchObject({ outcome: "succeeded", attempts: 1 });
    expect(resource?.volumes[0]?.blocks.resumed).toBeGreaterThanOrEqual(256);
    expect(blocksRead()).toBeLessThanOrEqual(volumeBlocks + inFlight);
    expect((await bed.repository.verify({ level: "data" })).findings).toEqual([]);
  }, 300_000);

  it("writes the rest of a restore, and nothing again that the lost one said to be written", async () => {
    const { account, repository } = bed;
    // one block of each page of the block map: what is written is said every 128 pages
    const state = new Map(Array.from({ length: 300 }, (_, page) => [page * 256, textBlock(`page ${String(page)} `)]));
    const volumeId = await bed.makeVolume(state, 38);
    const { resources } = await new Policy({ name: "gold", account, include: [{ volume: volumeId }], backup: { repository, auditBlocks: 0 } }).run();
    const session = new Restore({ repository, account, workers: pool }).volume(resources[0]?.point ?? "", { availabilityZone: `${region}a` });
    const restored = (async () => await session)();
    await expect.poll(statusOfTasks, { timeout: 120_000, interval: 50 }).toContain('"writtenBelow":32768');
    const killed = await runningInstance([]);
    await bed.cloud.instances.kill(killed);
    const puts = (): number => bed.cloud.calls.count({ service: "ebs", operation: "PutSnapshotBlock", outcome: "ok" });
    const before = puts();
    const { volumeId: madeId, blocks } = await restored;
    expect(blocks).toBe(300);
    expect(before).toBeGreaterThanOrEqual(128);
    expect(puts() - before).toBeLessThanOrEqual(300 - 128);
    expect(await bed.differences(madeId, state)).toEqual([]);
    expect((await instances()).length).toBe(2);
  }, 300_000);

  it("is launched at once where a spot instance is given notice, which writes down all that it has read; after two of them it is on demand", async () => {
    const { session } = await begin();
    const interrupted: string[] = [];
    for (const blocks of [200, 500]) {
      await expect.poll(blocksRead, { timeout: 120_000, interval: 50 }).toBeGreaterThanOrEqual(blocks);
      const id = await runningInstance(interrupted);
      interrupted.push(id);
      bed.cloud.instances.interrupt(id, { noticeMs: 60_000 });
      // it does not wait for the end of the notice
      await expect.poll(async () => (await instances()).find((instance) => instance.id === id)?.isRunning, { timeout: 50_000, interval: 100 }).toBe(false);
    }
    const [resource] = (await session).resources;
    expect(resource).toMatchObject({ outcome: "succeeded", attempts: 1 });
    expect((await instances()).map(({ isSpot }) => isSpot)).toEqual([true, true, false]);
    // a worker that has the time stops in order: nothing but what was under way is read again, which on a busy machine are many
    expect(blocksRead()).toBeLessThanOrEqual(volumeBlocks + 2 * mostReadsUnderWay);
    expect(resource?.volumes[0]?.blocks.resumed).toBeGreaterThanOrEqual(256);
    expect((await bed.repository.verify({ level: "data" })).findings).toEqual([]);
  }, 300_000);
});
