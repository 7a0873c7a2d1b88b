import { CreateBucketCommand } from "@aws-sdk/client-s3";
import { AttachVolumeCommand, DescribeImagesCommand, DescribeSnapshotsCommand, RunInstancesCommand } from "@aws-sdk/client-ec2";
import { AwsAccount, HoldfastError, Policy, Repository, Restore, s3Storage, type RestorePoint } from "holdfast";
import { LocalCloud } from "holdfast/local";
import { mkdtemp, open, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { key, noiseBlock, textBlock } from "./support/backup-world.js";
import { hastyClock } from "./support/hasty-clock.js";

const region = "eu-west-1";
const blockBytes = 524_288;
const bootGib = 8;
const zeros = Buffer.alloc(blockBytes);
const encryption = { key };
type State = Map<number, Buffer>;

let folder: string;
let cloud: LocalCloud;
let account: AwsAccount;
let repository: Repository;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "holdfast-road-"));
  cloud = await LocalCloud.start({ directory: join(folder, "cloud"), durable: false });
  account = new AwsAccount({ ...cloud.connection({ region }), clock: hastyClock, limits: { baseDelayMs: 5, maxDelayMs: 100 } });
  await account.s3(region).send(new CreateBucketCommand({ Bucket: "backups", CreateBucketConfiguration: { LocationConstraint: region } }));
  repository = await Repository.create({ storage: s3Storage({ account, bucket: "backups", prefix: "gold" }), encryption });
});
afterEach(async () => {
  await account.close();
  await cloud.close();
  await rm(folder, { recursive: true, force: true });
});

/** Starts an instance with a boot volume of 8 GiB and a data volume of 1 GiB; gives their ids, the boot volume's first. */
async function startInstance(tags: Readonly<Record<string, string>>): Promise<{ readonly instanceId: string; readonly volumeIds: readonly [string, string] }> {
  const ec2 = account.ec2(region);
  const { Images } = await ec2.send(new DescribeImagesCommand({ Owners: ["amazon"], Filters: [{ Name: "architecture", Values: ["x86_64"] }] }));
  const { Instances } = await ec2.send(
    new RunInstancesCommand({
      ImageId: Images?.[0]?.ImageId, InstanceType: "t3.micro", MinCount: 1, MaxCount: 1,
      BlockDeviceMappings: [{ DeviceName: "/dev/xvda", Ebs: { VolumeSize: bootGib } }],
      TagSpecifications: [{ ResourceType: "instance", Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })) }],
    }),
  );
  const [instance] = Instances ?? [];
  const boot = instance?.BlockDeviceMappings?.[0]?.Ebs?.VolumeId ?? "";
  const data = await cloud.volumes.create({ sizeGib: 1, availabilityZone: instance?.Placement?.AvailabilityZone ?? "" });
  await account.instanceCompute(region).waitUntilRunning(instance?.InstanceId ?? "");
  await ec2.send(new AttachVolumeCommand({ Device: "/dev/xvdb", InstanceId: instance?.InstanceId, VolumeId: data }));
  return { instanceId: instance?.InstanceId ?? "", volumeIds: [boot, data] };
}

async function write(volumeId: string, state: State): Promise<void> {
  for (const [index, data] of state) await cloud.volumes.write(volumeId, index * blockBytes, data);
}

function getBlockCalls(): number {
  return cloud.calls.count({ service: "ebs", operation: "GetSnapshotBlock", outcome: "ok" });
}

async function points(): Promise<RestorePoint[]> {
  const reopened = await Repository.open({ storage: s3Storage({ account, bucket: "backups", prefix: "gold" }), encryption });
  const found: RestorePoint[] = [];
  for await (const point of reopened.restorePoints()) found.push(point);
  return found;
}

/** Whether a reader gives exactly these blocks, and zeros elsewhere. */
async function expectHolds(read: (offset: number) => Promise<Buffer>, state: State): Promise<void> {
  for (let index = 0; index < 2_048; index++) {
    const block = await read(index * blockBytes);
    if (!block.equals(state.get(index) ?? zeros)) expect.fail(`block ${String(index)} is another`);
  }
}

/** Tries a few times; whatever fails does so with an error of the engine's own. */
async function untilItSucceeds<T>(run: () => PromiseLike<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await run();
    } catch (error) {
      expect(error).toBeInstanceOf(HoldfastError);
      if (attempt === 8) throw error;
    }
  }
}

describe("the road from instances over EBS direct to S3 and back", () => {
  it("backs up, changes, backs up again, and restores both points to volumes and images, byte for byte", async () => {
    const { volumeIds } = await startInstance({ backup: "gold" });
    const [boot, data] = volumeIds;
    const first: State = new Map(Array.from({ length: 60 }, (_, index) => [index * 30, index % 2 === 0 ? noiseBlock() : textBlock(`file ${String(index)} `)]));
    await write(boot, first);
    await write(data, new Map([[7, noiseBlock()]]));
    const policy = new Policy({ name: "gold", account, include: [{ tag: { backup: "gold" } }], backup: { repository, auditBlocks: 0 } });

    const full = await policy.run();
    expect(full.resources[0]?.volumes).toMatchObject([{ method: "full", blocks: { read: 60, stored: 60 } }, { method: "full", blocks: { read: 1, stored: 1 } }]);
    expect(getBlockCalls()).toBe(61);

    const second: State = new Map(first).set(1, textBlock("new")).set(30, noiseBlock());
    second.delete(60);
    await write(boot, new Map([[1, second.get(1) ?? noiseBlock()], [30, second.get(30) ?? noiseBlock()]]));
    await cloud.volumes.trim(boot, { offset: 60 * blockBytes, length: blockBytes });
    const increment = await policy.run();
    expect(increment.resources[0]?.volumes).toMatchObject([{ method: "incremental", blocks: { changed: 2, removed: 1, read: 2, stored: 2 } }, { method: "incremental", blocks: { changed: 0, read: 0 } }]);
    // two blocks changed: two calls
    expect(getBlockCalls()).toBe(63);

    const kept = await points();
    expect(kept).toHaveLength(2);
    const restore = new Restore({ repository, account });
    for (const [position, state] of [first, second].entries()) {
      const point = kept[position];
      if (point === undefined) throw new Error("a point is missing");
      const path = join(folder, `${String(position)}.img`);
      await restore.image(point, { volume: boot, path });
      expect((await stat(path)).size).toBe(bootGib * 2 ** 30);
      const { volumeId } = await restore.volume(point.id, { volume: boot, availabilityZone: `${region}b` });
      const image = await open(path);
      try {
        await expectHolds(async (offset) => (await image.read(Buffer.alloc(blockBytes), 0, blockBytes, offset)).buffer, state);
      } finally {
        await image.close();
      }
      await expectHolds((offset) => cloud.volumes.read(volumeId, { offset, length: blockBytes }), state);
    }
    expect((await repository.verify({ level: "data" })).findings).toEqual([]);
  });

  it("gives a typed error, no point and no snapshot, where the bucket refuses", async () => {
    const volumeId = await cloud.volumes.create({ sizeGib: 1, availabilityZone: `${region}a` });
    await write(volumeId, new Map([[7, noiseBlock()]]));
    const allow = cloud.deny({ action: "s3:PutObject" });
    const policy = new Policy({ name: "gold", account, include: [{ volume: volumeId }], backup: { repository }, retries: 0 });
    await expect(policy.run()).rejects.toMatchObject({ name: "ProviderError", code: "AccessDenied", operation: "PutObject" });
    expect((await account.ec2(region).send(new DescribeSnapshotsCommand({ OwnerIds: ["self"] }))).Snapshots).toEqual([]);
    allow();
    expect((await policy.run()).resources).toMatchObject([{ outcome: "succeeded" }]);
    expect(await points()).toHaveLength(1);
  });

  it("takes the same data, or fails with a typed error, through every kind of fault on both doors", async () => {
    const volumeId = await cloud.volumes.create({ sizeGib: 1, availabilityZone: `${region}a` });
    const state: State = new Map(Array.from({ length: 24 }, (_, index) => [index * 80, noiseBlock()]));
    await write(volumeId, state);
    const faults = [{ kind: "throttle" }, { kind: "error" }, { kind: "reset" }, { kind: "reset", when: "body" }, { kind: "truncate" }, { kind: "corrupt" }, { kind: "corrupt-request" }, { kind: "lost-response" }] as const;
    for (const fault of faults) for (const service of ["ebs", "s3"]) cloud.faults.inject({ ...fault, service, probability: 0.02 });
    const policy = new Policy({ name: "gold", account, include: [{ volume: volumeId }], backup: { repository } });
    await untilItSucceeds(() => policy.run());
    const [point] = await points();
    if (point === undefined) throw new Error("the point is missing");
    const restore = new Restore({ repository, account });
    const restored = await untilItSucceeds(() => restore.volume(point, { volume: volumeId, availabilityZone: `${region}b` }));
    cloud.faults.removeAll();
    await expectHolds((offset) => cloud.volumes.read(restored.volumeId, { offset, length: blockBytes }), state);
    expect((await repository.verify({ level: "data" })).findings).toEqual([]);
  });
});
