import { CreateBucketCommand } from "@aws-sdk/client-s3";
import { AwsAccount, Policy, Repository, Restore, s3Storage, WorkerPool, type RestorePoint } from "holdfast";
import { LocalCloud } from "holdfast/local";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { CloudAccount, ObjectStore } from "../../src/ports/index.js";
import { systemClock } from "../../src/system/index.js";
import { SeededRandom } from "../../src/testing/seeded-random.js";
import { clockOf, Life, seenBy } from "../chaos/life.js";
import { key, noiseBlock, textBlock } from "../support/backup-world.js";
import { hastyClock } from "../support/hasty-clock.js";

const region = "eu-west-1";
const blockBytes = 524_288;
const pace = { pollMs: 40, beatMs: 100, silentAfterMs: 10_000, helloWithinMs: 20_000, claimWithinMs: 8_000, idleMs: 4_000 };
/** More than three times the silence. */
const longMs = 60_000;

let folder: string;
let cloud: LocalCloud;
let account: AwsAccount;
let configuration: ObjectStore;
let repository: Repository;
let point: RestorePoint;
let parentSnapshotId: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "holdfast-reaped-"));
  cloud = await LocalCloud.start({ directory: join(folder, "cloud"), durable: false });
  account = new AwsAccount({ ...cloud.connection({ region }), clock: hastyClock, limits: { baseDelayMs: 5, maxDelayMs: 100 } });
  for (const Bucket of ["backups", "configuration"]) await account.s3(region).send(new CreateBucketCommand({ Bucket, CreateBucketConfiguration: { LocationConstraint: region } }));
  configuration = await s3Storage({ account, bucket: "configuration", prefix: "holdfast" }).openStore();
  repository = await Repository.create({ storage: s3Storage({ account, bucket: "backups", prefix: "gold" }), encryption: { key } });
  const volumeId = await cloud.volumes.create({ sizeGib: 1, availabilityZone: `${region}a` });
  for (let index = 0; index < 6; index++) await cloud.volumes.write(volumeId, index * blockBytes, noiseBlock());
  await new Policy({ name: "gold", account, include: [{ volume: volumeId }], backup: { repository, auditBlocks: 0 } }).run();
  for await (const found of repository.restorePoints()) point = found;
  for (let index = 0; index < 4; index++) await cloud.volumes.write(volumeId, index * blockBytes, textBlock("spoilt"));
  ({ snapshotId: parentSnapshotId } = await account.compute(region).snapshotVolume(volumeId, { description: "now", tags: {} }));
  await account.compute(region).waitForSnapshot(parentSnapshotId);
});
afterEach(async () => {
  await account.close();
  await cloud.close();
  await rm(folder, { recursive: true, force: true });
});

/** An engine process, which can die: from then on nothing of it goes on. */
interface Engine {
  readonly life: Life;
  readonly pool: WorkerPool;
  readonly restore: Restore;
}

function startEngine(name: string): Engine {
  const life = new Life(name, { clock: systemClock, random: new SeededRandom(1), weather: { faults: 0, delays: 0 } });
  const pool = new WorkerPool(
    { account, configurationBucket: "configuration", applianceId: "test-1", bundles: { x64: "bundle" } },
    { pace, clock: clockOf(life, systemClock), openConfiguration: () => Promise.resolve(seenBy(life, configuration, "configuration")) },
  );
  const seen: CloudAccount = {
    region,
    accountId: async () => await life.call("accountId", async () => await account.accountId()),
    compute: (of) => seenBy(life, account.compute(of), "ec2"),
    openSnapshotReader: async (request, options) => seenBy(life, await account.openSnapshotReader(request, options), "reader"),
    openSnapshotWriter: async (request, options) => seenBy(life, await life.call("openSnapshotWriter", async () => await account.openSnapshotWriter(request, options)), "writer"),
  };
  return { life, pool, restore: new Restore({ repository, account: seen, workers: pool }) };
}

/** The snapshots that are there, by their ids. */
async function snapshots(): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for await (const { snapshotId, state } of account.compute(region).snapshotsByTags({ "holdfast:source-volume": point.volumes[0]?.volumeId ?? "" })) found.set(snapshotId, state);
  return found;
}

describe("reaping after an engine that died in the middle of a restore", () => {
  it("removes what it left, and neither a finished restore's snapshot nor one under way", async () => {
    const finished = await startEngine("the first").restore.snapshot(point, { parentSnapshotId });
    expect(finished).toMatchObject({ method: "delta", blocks: 4 });
    const before = cloud.calls.count({ service: "ebs", operation: "PutSnapshotBlock", outcome: "ok" });
    const slowly = cloud.faults.inject({ kind: "latency", ms: 4_000, service: "ebs", operation: "PutSnapshotBlock", after: 1 });
    const [dying, living] = [startEngine("the dying"), startEngine("the living")];
    // nobody ever hears of it
    const lost = dying.restore.snapshot(point, { parentSnapshotId });
    lost.catch(() => undefined);
    await expect.poll(() => cloud.calls.count({ service: "ebs", operation: "PutSnapshotBlock", outcome: "ok" }), { timeout: 10_000, interval: 10 }).toBeGreaterThan(before);
    dying.life.end();
    const [left = ""] = [...(await snapshots()).keys()].filter((id) => id !== finished.snapshotId);
    const running = living.restore.snapshot(point, { parentSnapshotId });
    await expect.poll(async () => (await snapshots()).size, { timeout: 10_000, interval: 10 }).toBe(3);
    cloud.clock.advance(longMs);
    // the living one has gone on beating since
    await expect.poll(async () => (await startEngine("a look").pool.reap({ dryRun: true })).kept.map(({ reason }) => reason), { timeout: 10_000, interval: 50 }).toContain("its engine is there");

    const reaper = startEngine("the reaper").pool;
    const plan = await reaper.reap({ dryRun: true });
    expect(plan.removed).toMatchObject([{ kind: "snapshot", id: left, region }]);
    expect((await snapshots()).size).toBe(3);
    const { removed } = await reaper.reap();
    expect(removed.map(({ kind, id }) => `${kind} ${id}`)).toEqual([`snapshot ${left}`]);
    slowly();
    const { snapshotId } = await running;
    expect(await snapshots()).toEqual(new Map([[finished.snapshotId, "completed"], [snapshotId, "completed"]]));

    // an hour after its last word the note goes too
    cloud.clock.advance(3_600_000);
    expect((await reaper.reap()).removed.map(({ kind }) => kind)).toEqual(["restore"]);
    expect((await reaper.reap()).removed).toEqual([]);
    expect(await snapshots()).toEqual(new Map([[finished.snapshotId, "completed"], [snapshotId, "completed"]]));
    for await (const { name } of configuration.list("")) expect.fail(`${name} is left`);
  });
});
