import { DescribeSnapshotsCommand } from "@aws-sdk/client-ec2";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Worker } from "node:worker_threads";
import { Policy, Repository, Restore, s3Storage } from "holdfast";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { blockSizeBytes } from "../../src/ports/index.js";
import { KeyRing } from "../../src/repository/keys/key-ring.js";
import { frameSeal, openFrame } from "../../src/repository/pack/frame-codec.js";
import { SealSlot } from "../../src/repository/pack/sealing/seal-slot.js";
import type { ThreadAnswer, ThreadRequest } from "../../src/repository/pack/sealing/thread-messages.js";
import { noiseBlock, textBlock } from "../support/backup-world.js";
import { buildMover } from "../support/build-mover.js";
import { expectHolds } from "../support/copy-bed.js";
import { region, WorkerBed } from "../support/worker-bed.js";

let mover: Awaited<ReturnType<typeof buildMover>>;
beforeAll(async () => {
  mover = await buildMover();
});
afterAll(async () => await rm(mover.folder, { recursive: true, force: true }));

describe("workers that are machines of their own", () => {
  let bed: WorkerBed;
  beforeEach(async () => {
    bed = await WorkerBed.open(mover.program);
  });
  afterEach(async () => await bed.close());

  it("back up and restore a volume, byte for byte, and leave nothing behind", async () => {
    const { account, cloud, compute, pool, repository } = bed;
    const state = new Map(Array.from({ length: 30 }, (_, index) => [index * 60, index % 2 === 0 ? noiseBlock() : textBlock(`file ${String(index)} `)]));
    const volumeId = await bed.makeVolume(state);
    const policy = new Policy({ name: "gold", account, include: [{ volume: volumeId }], backup: { repository }, workers: pool, retries: 0 });
    const events: string[] = [];
    const session = policy.run();
    for await (const { type } of session) events.push(type);
    const [resource] = (await session).resources;
    // the engine itself reads no block and puts no pack: these are the worker's own
    const { requests = [], storeRequests } = await session;
    expect(requests.find(({ operation }) => operation === "GetSnapshotBlock")).toMatchObject({ service: "ebs", region, requests: cloud.calls.count({ service: "ebs", operation: "GetSnapshotBlock" }), failed: 0 });
    expect(storeRequests.repository).toMatchObject({ dataPuts: 1 });
    expect(resource?.volumes).toMatchObject([{ method: "full", blocks: { read: 30, stored: 30 } }]);
    expect(events).toEqual(expect.arrayContaining(["volume:started", "volume:completed", "point:committed"]));
    expect(compute.requests).toMatchObject([{ instanceType: "c5.large", tags: { policy: "gold", "holdfast:appliance": "test-1" } }]);
    expect(compute.requests[0]?.tags["of"]).toMatch(new RegExp(`/${volumeId}$`));
    const { Snapshots: [snapshot] = [] } = await account.ec2(region).send(new DescribeSnapshotsCommand({ OwnerIds: ["self"] }));
    expect(Object.fromEntries((snapshot?.Tags ?? []).map(({ Key = "", Value }) => [Key, Value]))).toMatchObject({ policy: "gold", "holdfast:policy": "gold" });
    expect((await repository.verify({ level: "data" })).findings).toEqual([]);

    const restored = await new Restore({ repository, account, workers: pool }).volume(resource?.point ?? "", { availabilityZone: `${region}b` });
    expect(await bed.differences(restored.volumeId, state)).toEqual([]);
    expect((await bed.names()).filter((name) => name.startsWith("tasks/"))).toEqual([]);
    await pool.close();
    expect(compute.running).toEqual([]);
    expect(await bed.names()).toEqual([]);
  });

  it("copy a policy's points into its archive, verify it and collect in it, and leave nothing behind", async () => {
    const { account, compute, pool, repository } = bed;
    const archive = await Repository.create({ storage: s3Storage({ account, bucket: "backups", prefix: "archive" }), encryption: { passphrase: "another long enough passphrase" } });
    const state = new Map(Array.from({ length: 12 }, (_, index) => [index * 60, noiseBlock()]));
    const volumeId = await bed.makeVolume(state);
    const policy = new Policy({ name: "gold", account, include: [{ volume: volumeId }], backup: { repository, retention: { daily: 5 } }, archive: { repository: archive, flags: ["daily"] }, workers: pool, retries: 0 });
    const { resources } = await policy.run();
    const copy = resources[0]?.archived?.[0] ?? "";
    await expectHolds(archive, copy, { [volumeId]: state });
    expect(compute.requests.map(({ instanceType, tags }) => `${instanceType} ${tags["policy"] ?? ""}`)).toEqual(["c5.large gold", "c5.2xlarge gold"]);

    expect(await archive.verify({ level: "data", workers: pool })).toMatchObject({ isHealthy: true, restorePoints: 1, checkedBlocks: 12 });
    await archive.remove(copy, { evenNewest: true });
    const { freed } = await archive.collectGarbage({ graceHours: 0, workers: pool });
    expect(freed.packs).toBeGreaterThan(0);
    expect(compute.requests.slice(2)).toMatchObject([{ instanceType: "c5.2xlarge" }]);
    expect((await bed.names()).filter((name) => name.startsWith("tasks/"))).toEqual([]);
    await pool.close();
    expect(compute.running).toEqual([]);
    expect(await bed.names()).toEqual([]);
  });
});

it("the data mover's bundle brings the code of its threads, which seal what a reader opens", async () => {
  const keys = new KeyRing(Buffer.alloc(32, 7), Buffer.alloc(16, 9));
  const block = Buffer.alloc(blockSizeBytes, "a block of the mover ");
  const blockId = keys.blockId(createHash("sha256").update(block).digest());
  const slot = new SealSlot({ number: 0 });
  slot.fill(frameSeal(keys, blockId, 1), block);
  const thread = new Worker(join(dirname(mover.program), "seal-thread.mjs"));
  try {
    const request: ThreadRequest = { slot: 0, work: { kind: "seal", level: 1 }, memory: slot.memory };
    thread.postMessage(request);
    const [answer] = (await once(thread, "message")) as [ThreadAnswer];
    if (answer.failure !== undefined) throw new Error(answer.failure.message);
    const { parts, ...frame } = slot.frame(blockId, answer.compression, answer.length);
    expect(openFrame(keys, Buffer.concat(parts), frame).data.equals(block)).toBe(true);
  } finally {
    await thread.terminate();
  }
});
