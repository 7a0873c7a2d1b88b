import { CreateBucketCommand } from "@aws-sdk/client-s3";
import { AwsAccount, Policy, Repository, Restore, s3Storage, type RestorePoint } from "holdfast";
import { LocalCloud } from "holdfast/local";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { key, noiseBlock, textBlock } from "./support/backup-world.js";
import { hastyClock } from "./support/hasty-clock.js";

const region = "eu-west-1";
const availabilityZone = `${region}a`;
const blockBytes = 524_288;
const zeros = Buffer.alloc(blockBytes);
type State = Map<number, Buffer>;

let folder: string;
let cloud: LocalCloud;
let account: AwsAccount;
let restore: Restore;
let volumeId: string;
let policy: Policy;
let first: State;
let point: RestorePoint;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "holdfast-delta-"));
  cloud = await LocalCloud.start({ directory: join(folder, "cloud"), durable: false });
  account = new AwsAccount({ ...cloud.connection({ region }), clock: hastyClock, limits: { baseDelayMs: 5, maxDelayMs: 100 } });
  await account.s3(region).send(new CreateBucketCommand({ Bucket: "backups", CreateBucketConfiguration: { LocationConstraint: region } }));
  const repository = await Repository.create({ storage: s3Storage({ account, bucket: "backups", prefix: "gold" }), encryption: { key } });
  restore = new Restore({ repository, account });
  volumeId = await cloud.volumes.create({ sizeGib: 1, availabilityZone });
  first = new Map(Array.from({ length: 100 }, (_, number) => [number * 20, number % 10 === 0 ? noiseBlock() : textBlock(`file ${String(number)} `)]));
  await write(first);
  policy = new Policy({ name: "gold", account, include: [{ volume: volumeId }], snapshots: { keep: 3 }, backup: { repository, auditBlocks: 0 } });
  await policy.run();
  for await (const found of repository.restorePoints()) point = found;
  // one block is another, one is zeros, and one was not there
  await write(new Map([[40, noiseBlock()], [60, zeros], [61, textBlock("new")]]));
});
beforeEach(() => {
  cloud.calls.clear();
});
afterAll(async () => {
  await account.close();
  await cloud.close();
  await rm(folder, { recursive: true, force: true });
});

async function write(state: State): Promise<void> {
  for (const [index, data] of state) await cloud.volumes.write(volumeId, index * blockBytes, data);
}

async function snapshot(of = volumeId): Promise<string> {
  const { snapshotId } = await account.compute(region).snapshotVolume(of, { description: "now", tags: {} });
  await account.compute(region).waitForSnapshot(snapshotId);
  return snapshotId;
}

function calls(operation: string): number {
  return cloud.calls.count({ service: "ebs", operation, outcome: "ok" });
}

async function expectFirst(of: string): Promise<void> {
  for (let index = 0; index < 2_048; index++) {
    if (!(await cloud.volumes.read(of, { offset: index * blockBytes, length: blockBytes })).equals(first.get(index) ?? zeros)) expect.fail(`block ${String(index)} is another`);
  }
}

describe("a restore over a snapshot that is still there", () => {
  it("writes what differs by the provider's changed blocks, zeros too, and gives the point byte for byte", async () => {
    const parentSnapshotId = await snapshot();
    const plan = await restore.planVolume(point, { availabilityZone, parentSnapshotId });
    expect(plan).toMatchObject({ putSnapshotBlockCalls: 3, parent: { parentSnapshotId }, writes: { method: "delta", over: parentSnapshotId, by: "changed blocks", isAtMost: false, blocks: 3, blocksRead: 0 }, estimate: { isAtMost: false } });
    expect(plan.writes.storeBytes).toBeLessThan(plan.source.storeBytes);
    expect(plan.estimate.restoreCost).toBeLessThan((await restore.planVolume(point, { availabilityZone })).estimate.restoreCost);
    expect(inspect(plan)).toContain(`writes 1.5 MiB over ${parentSnapshotId}, by changed blocks`);
    expect(calls("GetSnapshotBlock") + calls("StartSnapshot")).toBe(0);
    const session = restore.volume(point, { availabilityZone, parentSnapshotId, compare: true });
    const types: string[] = [];
    for await (const event of session) if (event.type === "restore:delta" || event.type === "snapshot:compared") types.push(event.type === "restore:delta" ? `${event.method}, ${String(event.blocks)}` : event.type);
    const result = await session;
    expect(types).toEqual(["changed blocks, 3", "snapshot:compared"]);
    expect(result).toMatchObject({ method: "delta", blocks: 3, sizeBytes: 2 ** 30 });
    expect(calls("PutSnapshotBlock")).toBe(3);
    await expectFirst(result.volumeId);
  });

  it("reads nothing of a parent that the repository has a point of, and writes nothing over the point's own snapshot", async () => {
    const { resources } = await policy.run();
    const parentSnapshotId = resources[0]?.volumes[0]?.snapshotId;
    const [reads, lists] = [calls("GetSnapshotBlock"), calls("ListChangedBlocks")];
    const back = await restore.volume(point, { availabilityZone, parentSnapshotId });
    expect(back).toMatchObject({ method: "delta", parentSnapshotId, blocks: 3 });
    await expectFirst(back.volumeId);
    const same = await restore.volume(point, { availabilityZone, parentSnapshotId: point.volumes[0]?.snapshotId });
    expect(same).toMatchObject({ method: "delta", blocks: 0 });
    await expectFirst(same.volumeId);
    expect(calls("PutSnapshotBlock")).toBe(3);
    expect(calls("GetSnapshotBlock")).toBe(reads);
    expect(calls("ListChangedBlocks")).toBe(lists);
  });

  it("reads and compares a parent of which nothing is known", async () => {
    const other = await cloud.volumes.create({ sizeGib: 1, availabilityZone });
    for (const [index, data] of first) await cloud.volumes.write(other, index * blockBytes, index === 20 ? zeros : index === 40 ? noiseBlock() : data);
    await cloud.volumes.write(other, 2_047 * blockBytes, noiseBlock());
    const parentSnapshotId = await snapshot(other);
    expect(await restore.planSnapshot(point, { parentSnapshotId })).toMatchObject({ putSnapshotBlockCalls: 2_048, writes: { by: "reading", isAtMost: true, blocks: 2_048, blocksRead: 2_048 } });
    expect(calls("GetSnapshotBlock")).toBe(0);
    const session = restore.snapshot(point, { parentSnapshotId, compare: true });
    const told: unknown[] = [];
    for await (const event of session) if (event.type === "restore:delta") told.push(event.method, event.blocks);
    expect(told).toEqual(["reading", 3]);
    const { snapshotId } = await session;
    expect(calls("PutSnapshotBlock")).toBe(3);
    const { volumeId: made } = await account.compute(region).createVolume({ snapshotId, availabilityZone, tags: {}, clientToken: "look" });
    await expectFirst(made);
  });

  it("that cannot be a parent is told of, and everything is written", async () => {
    const parentSnapshotId = await snapshot();
    const larger = await cloud.volumes.create({ sizeGib: 2, availabilityZone });
    const reasons: (string | undefined)[] = [];
    for (const options of [{ parentSnapshotId: "snap-0123456789abcdef0" }, { parentSnapshotId: await snapshot(larger) }, { parentSnapshotId, encrypted: true }]) {
      const session = restore.snapshot(point, options);
      const told: string[] = [];
      for await (const event of session) if (event.type === "restore:full") told.push(event.reason);
      const { method, fullReason, blocks } = await session;
      expect({ method, blocks, told }).toEqual({ method: "full", blocks: 100, told: [fullReason] });
      expect((await restore.planSnapshot(point, options)).parent?.fullReason).toBe(fullReason);
      reasons.push(fullReason);
    }
    expect(reasons).toMatchObject([expect.stringContaining("is not there in eu-west-1"), expect.stringContaining("is of a volume of 2147483648 bytes"), expect.stringContaining("is not encrypted")]);
    expect(() => restore.snapshot(point, { parentSnapshotId: "ami-1" })).toThrow(/^parentSnapshotId: must be the id of a snapshot/);
  });

  it("leaves nothing when it is stopped in the middle, and the next one is not in its way", async () => {
    const parentSnapshotId = await snapshot();
    const controller = new AbortController();
    const stopped = restore.volume(point, { availabilityZone, parentSnapshotId, signal: controller.signal });
    const before = [...(await snapshotIds())];
    const watched = (async () => {
      for await (const { type } of stopped) if (type === "restore:delta") controller.abort(new Error("stop"));
    })();
    await expect(watched).rejects.toThrow("stop");
    await expect(stopped).rejects.toThrow("stop");
    expect(await snapshotIds()).toEqual(before);
    // as a killed process leaves it: started, and neither finished nor removed
    await account.openSnapshotWriter({ region, volumeSizeBytes: 2 ** 30, parentSnapshotId, description: "killed", tags: {}, clientToken: "killed" });
    const { volumeId: made, blocks } = await restore.volume(point, { availabilityZone, parentSnapshotId });
    expect(blocks).toBe(3);
    await expectFirst(made);
  });
});

async function snapshotIds(): Promise<string[]> {
  const ids: string[] = [];
  for await (const { snapshotId } of account.compute(region).snapshotsByTags({})) ids.push(snapshotId);
  return ids.sort();
}
