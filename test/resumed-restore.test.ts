import { CreateBucketCommand } from "@aws-sdk/client-s3";
import { CreateSnapshotCommand, DescribeSnapshotsCommand, DescribeVolumesCommand } from "@aws-sdk/client-ec2";
import { AwsAccount, Policy, Repository, Restore, s3Storage, type RestorePoint, type VolumeRestoreOptions } from "holdfast";
import { LocalCloud } from "holdfast/local";
import { FakeClock } from "holdfast/testing";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { key, textBlock } from "./support/backup-world.js";
import { FaultyAccount, type Fault } from "./support/faulty-account.js";
import { hastyClock } from "./support/hasty-clock.js";

const region = "eu-west-1";
const availabilityZone = `${region}a`;
const blockBytes = 524_288;
const sizeGib = 51;
/** One block of each page of the block map: a stretch of the restore has 128 pages, so that there are three, and something beyond. */
const wideState = blocksOfPages(400);
/** For what does not hang on stretches: it is one. */
const smallState = blocksOfPages(10);
/** Where stretches end but the last: the first of them that a machine comes to mark is any of these. */
const stretches = [1, 2, 3].map((number) => number * 128 * 256);
const blocksFrom = (startIndex: number): number => [...wideState.keys()].filter((index) => index >= startIndex).length;

function blocksOfPages(count: number): Map<number, Buffer> {
  return new Map(Array.from({ length: count }, (_, page) => [page * 256 + (page % 256), textBlock(`block of page ${String(page)} `)]));
}

let folder: string;
let cloud: LocalCloud;
let account: AwsAccount;
let repository: Repository;
let wide: RestorePoint;
let small: RestorePoint;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "holdfast-resumed-"));
  cloud = await LocalCloud.start({ directory: join(folder, "cloud"), durable: false });
  account = new AwsAccount({ ...cloud.connection({ region }), clock: hastyClock, limits: { baseDelayMs: 5, maxDelayMs: 100 } });
  await account.s3(region).send(new CreateBucketCommand({ Bucket: "backups", CreateBucketConfiguration: { LocationConstraint: region } }));
  repository = await Repository.create({ storage: s3Storage({ account, bucket: "backups", prefix: "gold" }), encryption: { key } });
  wide = await backUp(wideState);
  small = await backUp(smallState);
  for (const { SnapshotId } of await snapshots()) await account.compute(region).deleteSnapshot(SnapshotId ?? "");
});
afterAll(async () => {
  await account.close();
  await cloud.close();
  await rm(folder, { recursive: true, force: true });
});
afterEach(async () => {
  for (const { SnapshotId } of await snapshots()) await account.compute(region).deleteSnapshot(SnapshotId ?? "");
  for (const { VolumeId } of await volumes()) await account.compute(region).deleteVolume(VolumeId ?? "");
});

/** A restore point of a volume that holds this, and is there no more. */
async function backUp(state: ReadonlyMap<number, Buffer>): Promise<RestorePoint> {
  const volumeId = await cloud.volumes.create({ sizeGib, availabilityZone });
  for (const [index, data] of state) await cloud.volumes.write(volumeId, index * blockBytes, data);
  const { resources } = await new Policy({ name: "gold", account, include: [{ volume: volumeId }], snapshots: { keep: 1 }, backup: { repository, auditBlocks: 0 } }).run();
  await account.compute(region).deleteVolume(volumeId);
  return await repository.restorePoint(resources[0]?.point ?? "");
}

async function snapshots() {
  return (await account.ec2(region).send(new DescribeSnapshotsCommand({ OwnerIds: ["self"] }))).Snapshots ?? [];
}

/** As a backup product takes one that is told to copy the volume's tags. */
async function snapshotWithTags(volumeId: string): Promise<string | undefined> {
  const [{ Tags } = {}] = (await account.ec2(region).send(new DescribeVolumesCommand({ VolumeIds: [volumeId] }))).Volumes ?? [];
  const { SnapshotId } = await account.ec2(region).send(new CreateSnapshotCommand({ VolumeId: volumeId, TagSpecifications: [{ ResourceType: "snapshot", Tags }] }));
  await account.compute(region).waitForSnapshot(SnapshotId ?? "");
  return SnapshotId;
}

async function volumes() {
  return (await account.ec2(region).send(new DescribeVolumesCommand({}))).Volumes ?? [];
}

/** Restores in a process that dies at its nth changing call (1 begins the snapshot, 2 and on mark how far it is written), or the first of a name. Nothing else of it is done, and so nothing is taken back. */
async function restoreAndDie(point: RestorePoint, at: number | string, fault: Fault, options: Partial<VolumeRestoreOptions> = {}): Promise<void> {
  const slowly = cloud.faults.inject({ kind: "latency", ms: 20, service: "ebs", operation: "PutSnapshotBlock" });
  const dying = new FaultyAccount(account, at, fault);
  await expect(new Restore({ repository, account: dying }).volume(point, { availabilityZone, id: "monday01", ...options })).rejects.toThrow();
  expect(dying.wasMet).toBe(true);
  slowly();
}

/** Restores and gives the result, where it went on, and how many blocks it put. */
async function restoreAgain(point: RestorePoint, options: Partial<VolumeRestoreOptions> = {}) {
  cloud.calls.clear();
  const session = new Restore({ repository, account }).volume(point, { availabilityZone, id: "monday01", ...options });
  let startIndex: number | undefined;
  for await (const event of session) if (event.type === "restore:resumed") ({ startIndex } = event);
  return { ...(await session), startIndex, puts: cloud.calls.count({ service: "ebs", operation: "PutSnapshotBlock", outcome: "ok" }) };
}

async function expectRestored(volumeId: string, state: ReadonlyMap<number, Buffer>): Promise<void> {
  for (const [index, data] of state) expect((await cloud.volumes.read(volumeId, { offset: index * blockBytes, length: blockBytes })).equals(data), `block ${String(index)}`).toBe(true);
  expect((await cloud.volumes.read(volumeId, { offset: blockBytes, length: blockBytes })).equals(Buffer.alloc(blockBytes)), "a block of zeros").toBe(true);
}

describe("a volume's restore whose process died", () => {
  it("goes on where it was, and puts no block again that was marked as written", async () => {
    await restoreAndDie(wide, 3, "death after");
    const { volumeId, startIndex = 0, puts, blocks } = await restoreAgain(wide);
    expect(stretches).toContain(startIndex);
    expect(puts).toBe(blocksFrom(startIndex));
    expect(blocks).toBe(wideState.size);
    await expectRestored(volumeId, wideState);
    expect(await snapshots()).toEqual([]);
    expect(await volumes()).toHaveLength(1);
  });

  it("completes a snapshot into which everything was written", async () => {
    await restoreAndDie(small, "complete", "death before");
    const { volumeId, startIndex, puts } = await restoreAgain(small);
    expect({ startIndex, puts }).toEqual({ startIndex: sizeGib * 2_048, puts: 0 });
    await expectRestored(volumeId, smallState);
  });

  it("goes on with a snapshot that was complete", async () => {
    await restoreAndDie(small, "createVolume", "death before");
    const { volumeId, puts } = await restoreAgain(small);
    expect(puts).toBe(0);
    await expectRestored(volumeId, smallState);
    expect(await snapshots()).toEqual([]);
  });

  it("in the place of a present volume goes on, too, where everything is written", async () => {
    // a larger one is no parent
    const present = await cloud.volumes.create({ sizeGib: sizeGib + 1, availabilityZone });
    const options = { volumeId: present, volume: wide.volumes[0]?.volumeId, id: "monday02" };
    const slowly = cloud.faults.inject({ kind: "latency", ms: 20, service: "ebs", operation: "PutSnapshotBlock" });
    await expect(new Restore({ repository, account: new FaultyAccount(account, "tag", "death after") }).replaceVolume(wide, options)).rejects.toThrow();
    slowly();
    cloud.calls.clear();
    const session = new Restore({ repository, account }).replaceVolume(wide, options);
    let startIndex = 0;
    for await (const event of session) if (event.type === "restore:resumed") ({ startIndex } = event);
    expect(stretches).toContain(startIndex);
    expect(cloud.calls.count({ service: "ebs", operation: "PutSnapshotBlock", outcome: "ok" })).toBe(blocksFrom(startIndex));
    await expectRestored((await session).volumeId, wideState);
    expect(await snapshots()).toEqual([]);
  });

  it("that is over gives the volume that it made", async () => {
    const first = await restoreAgain(small);
    const second = await restoreAgain(small);
    expect(second).toMatchObject({ volumeId: first.volumeId, puts: 0, sizeBytes: first.sizeBytes });
    expect(await volumes()).toHaveLength(1);
  });

  it("that is over takes no snapshot for its own that somebody took of its volume, with the volume's tags", async () => {
    const first = await restoreAgain(small);
    await cloud.volumes.write(first.volumeId, 0, textBlock("written since "));
    const taken = await snapshotWithTags(first.volumeId);
    expect(await restoreAgain(small)).toMatchObject({ volumeId: first.volumeId });
    expect((await snapshots()).map(({ SnapshotId }) => SnapshotId)).toEqual([taken]);
    await account.compute(region).deleteVolume(first.volumeId);
    const again = await restoreAgain(small);
    expect((await snapshots()).map(({ SnapshotId }) => SnapshotId)).toEqual([taken]);
    await expectRestored(again.volumeId, smallState);
  });

  it("that is over is not taken back by a later call with the same id that fails", async () => {
    const options = { keepSnapshot: true };
    const first = await restoreAgain(small, options);
    // the second look, by the volume's id
    const off = cloud.faults.inject({ kind: "error", code: "InvalidParameterValue", status: 400, service: "ec2", operation: "DescribeVolumes", after: 1 });
    await expect((async () => await new Restore({ repository, account }).volume(small, { availabilityZone, id: "monday01", ...options }))()).rejects.toMatchObject({ name: "ProviderError" });
    off();
    expect((await volumes()).map(({ VolumeId }) => VolumeId)).toEqual([first.volumeId]);
    expect((await snapshots()).map(({ SnapshotId }) => SnapshotId)).toEqual([first.snapshotId]);
    expect(await restoreAgain(small, options)).toMatchObject({ volumeId: first.volumeId, snapshotId: first.snapshotId });
  });

  it("into a snapshot that is over is not taken back by a later call with the same id that fails", async () => {
    const options = { id: "monday03", compare: true };
    const { snapshotId } = await new Restore({ repository, account }).snapshot(small, options);
    const off = cloud.faults.inject({ kind: "error", code: "ValidationException", status: 400, service: "ebs", operation: "GetSnapshotBlock" });
    await expect((async () => await new Restore({ repository, account }).snapshot(small, options))()).rejects.toMatchObject({ name: "ProviderError" });
    off();
    expect((await snapshots()).map(({ SnapshotId }) => SnapshotId)).toEqual([snapshotId]);
    expect(await new Restore({ repository, account }).snapshot(small, options)).toMatchObject({ snapshotId });
  });

  it("is not gone on with by other options", async () => {
    await restoreAndDie(small, 3, "death after");
    await expect(restoreAgain(small, { volumeType: "io2", iops: 1_000 })).rejects.toMatchObject({ code: "RestoreDiffers" });
    expect(await snapshots()).toHaveLength(1);
  });

  it("is not begun by a role that may not mark how far it is", async () => {
    const refused = new FaultyAccount(account, 2, "before");
    await expect(new Restore({ repository, account: refused }).volume(small, { availabilityZone, id: "monday01" })).rejects.toThrow();
    expect(await snapshots()).toEqual([]);
  });

  it("is gone on with at once where its user says that it is dead, and holds the lease that its process had", async () => {
    await restoreAndDie(small, "createVolume", "death before");
    const storage = s3Storage({ account, bucket: "backups", prefix: "gold" });
    const session = "a".repeat(32);
    await (await Repository.open({ storage, encryption: { key } }, { clock: new FakeClock() })).history.takeRestore({ id: "monday01", session, startedAt: new Date("2026-03-01T12:00:00Z") });
    const waits: number[] = [];
    /** Of the wait for a process that may live. */
    class Hasty extends FakeClock {
      override async sleep(ms: number, signal?: AbortSignal): Promise<void> {
        if (ms === 15_000) waits.push(ms);
        else await super.sleep(ms, signal);
      }
    }
    const restoring = new Restore({ repository: await Repository.open({ storage, encryption: { key } }, { clock: new Hasty() }), account }).volume(small, { availabilityZone, id: "monday01", takeOver: true });
    const told: unknown[] = [];
    for await (const event of restoring) if (event.type === "restore:waiting") told.push(event);
    expect(told).toMatchObject([{ type: "restore:waiting", id: "monday01", session, atMostMs: 15_000 }]);
    expect(waits).toEqual([15_000]);
    await expectRestored((await restoring).volumeId, smallState);
    expect(await snapshots()).toEqual([]);
  });

  it.each([
    [{ id: "Monday" }, "id"],
    [{ takeOver: true }, "takeOver"],
    [{ id: "monday01", parentSnapshotId: "snap-0123" }, "id"],
  ])("is refused before anything is made where its options make no sense: %j", async (options, path) => {
    const restore = new Restore({ repository, account });
    await expect((async () => await restore.volume(small, { availabilityZone, ...options }))()).rejects.toMatchObject({ code: "InvalidOption", context: { path } });
  });
});
