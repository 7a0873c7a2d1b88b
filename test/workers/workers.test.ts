import { CreateBucketCommand } from "@aws-sdk/client-s3";
import { AwsAccount, Policy, Repository, Restore, s3Storage, WorkerPool } from "holdfast";
import { LocalCloud } from "holdfast/local";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { ObjectStore } from "../../src/ports/index.js";
import { noiseBlock, textBlock } from "../support/backup-world.js";
import { buildMover } from "../support/build-mover.js";
import { ProcessCompute, withProcesses } from "../support/process-compute.js";

const region = "eu-west-1";
const blockBytes = 524_288;
const pace = { pollMs: 40, beatMs: 150, silentAfterMs: 4_000, helloWithinMs: 20_000, claimWithinMs: 5_000, idleMs: 300 };

let mover: { readonly folder: string; readonly program: string };
let folder: string;
let cloud: LocalCloud;
let account: AwsAccount;
let repository: Repository;
let compute: ProcessCompute;
let pool: WorkerPool;
let configuration: ObjectStore;

beforeAll(async () => {
  mover = await buildMover();
}, 60_000);
afterAll(async () => {
  await rm(mover.folder, { recursive: true, force: true });
});
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "holdfast-workers-"));
  cloud = await LocalCloud.start({ directory: join(folder, "cloud"), durable: false });
  const connection = cloud.connection({ region });
  account = new AwsAccount({ ...connection, limits: { baseDelayMs: 5, maxDelayMs: 100 } });
  for (const Bucket of ["backups", "configuration"]) await account.s3(region).send(new CreateBucketCommand({ Bucket, CreateBucketConfiguration: { LocationConstraint: region } }));
  repository = await Repository.create({ storage: s3Storage({ account, bucket: "backups", prefix: "gold" }), encryption: { passphrase: "a long enough passphrase" } });
  const { accessKeyId, secretAccessKey } = connection.credentials;
  compute = new ProcessCompute(region, mover.program, { AWS_ENDPOINT_URL: connection.endpoint, AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey, AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true", HOLDFAST_PACE: JSON.stringify(pace) });
  configuration = await s3Storage({ account, bucket: "configuration", prefix: "holdfast" }).openStore();
  await writeFile(join(folder, "bundle.tar.gz"), "a bundle");
  pool = new WorkerPool(
    { account: withProcesses(account, compute), configurationBucket: "configuration", applianceId: "test-1", bundles: { x64: join(folder, "bundle.tar.gz") }, tags: { policy: "%policyName%", of: "%resourceId%" } },
    { pace, openConfiguration: () => Promise.resolve(configuration) },
  );
});
afterEach(async () => {
  await pool.close();
  await compute.close();
  await account.close();
  await cloud.close();
  await rm(folder, { recursive: true, force: true });
});

async function makeVolume(state: ReadonlyMap<number, Buffer>): Promise<string> {
  const volumeId = await cloud.volumes.create({ sizeGib: 1, availabilityZone: `${region}a` });
  for (const [index, data] of state) await cloud.volumes.write(volumeId, index * blockBytes, data);
  return volumeId;
}

async function expectVolume(volumeId: string, state: ReadonlyMap<number, Buffer>): Promise<void> {
  const zeros = Buffer.alloc(blockBytes);
  for (let index = 0; index < 2_048; index++) {
    const block = await cloud.volumes.read(volumeId, { offset: index * blockBytes, length: blockBytes });
    if (!block.equals(state.get(index) ?? zeros)) expect.fail(`block ${String(index)} is another`);
  }
}

async function names(): Promise<string[]> {
  const found: string[] = [];
  for await (const { name } of configuration.list("")) found.push(name);
  return found;
}

describe("workers that are machines of their own", () => {
  it("back up and restore a volume, byte for byte, and leave nothing behind", async () => {
    const state = new Map(Array.from({ length: 30 }, (_, index) => [index * 60, index % 2 === 0 ? noiseBlock() : textBlock(`file ${String(index)} `)]));
    const volumeId = await makeVolume(state);
    const policy = new Policy({ name: "gold", account, include: [{ volume: volumeId }], backup: { repository }, workers: pool, retries: 0 });
    const events: string[] = [];
    const session = policy.run();
    for await (const { type } of session) events.push(type);
    expect((await session).resources[0]?.volumes).toMatchObject([{ method: "full", blocks: { read: 30, stored: 30 } }]);
    expect(events).toEqual(expect.arrayContaining(["volume:started", "volume:completed", "point:committed"]));
    expect(compute.requests).toMatchObject([{ instanceType: "c5.large", tags: { policy: "gold", "holdfast:appliance": "test-1" } }]);
    expect(compute.requests[0]?.tags["of"]).toMatch(new RegExp(`/${volumeId}$`));
    expect((await repository.verify({ level: "data" })).findings).toEqual([]);

    const restored = await new Restore({ repository, account, workers: pool }).volume((await session).resources[0]?.point ?? "", { availabilityZone: `${region}b` });
    await expectVolume(restored.volumeId, state);
    await pool.close();
    expect(compute.running).toEqual([]);
    expect((await names()).filter((name) => !name.startsWith("bundles/"))).toEqual([]);
  });
});
