import { CreateBucketCommand } from "@aws-sdk/client-s3";
import { mkdtemp, open, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { AwsAccount } from "../src/adapters/aws/aws-account.js";
import { s3Storage } from "../src/adapters/aws/s3/s3-storage.js";
import { Restore } from "../src/composition/restore.js";
import { Repository } from "../src/index.js";
import { LocalCloud } from "../src/local/index.js";
import { Policy } from "../src/policy/policy.js";
import { blockSizeBytes } from "../src/ports/index.js";
import type { RestorePoint } from "../src/repository/points/restore-point.js";
import { SystemClock } from "../src/system/index.js";
import { noiseBlock, textBlock } from "./support/backup-world.js";
import { MemoryCloud } from "./support/memory-cloud.js";

const encryption = { passphrase: "a long enough passphrase" };

let folder: string;
let local: LocalCloud;
let account: AwsAccount;
let repository: Repository;
let servers: MemoryCloud;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "holdfast-road-"));
  local = await LocalCloud.start({ directory: join(folder, "cloud") });
  account = new AwsAccount(local.connection({ region: "eu-west-1" }));
  await account.s3("eu-west-1").send(new CreateBucketCommand({ Bucket: "backups", CreateBucketConfiguration: { LocationConstraint: "eu-west-1" } }));
  repository = await Repository.create({ storage: s3Storage({ account, bucket: "backups", prefix: "gold" }), encryption });
  servers = new MemoryCloud(new SystemClock());
});
afterEach(async () => {
  await account.close();
  await local.close();
  await rm(folder, { recursive: true, force: true });
});

describe("the road from instances to S3 and back", () => {
  it("backs up, changes, backs up again, and restores both points to volumes and images, byte for byte", async () => {
    const root = servers.addVolume("vol-a1").blocks;
    for (let index = 0; index < 60; index++) root.set(index * 30, index % 2 === 0 ? noiseBlock() : textBlock(`file ${String(index)} `));
    servers.addVolume("vol-a2").blocks.set(7, noiseBlock());
    servers.addInstance("i-a", ["vol-a1", "vol-a2"], { tags: { backup: "gold" } });
    const policy = new Policy({ name: "gold", account: servers, include: [{ tag: { backup: "gold" } }], backup: { repository, auditBlocks: 0 } });
    const states = [new Map(root)];
    const first = await policy.run();
    root.set(1, textBlock("new")).set(30, noiseBlock()).delete(60);
    states.push(new Map(root));
    const second = await policy.run();
    expect(first.resources[0]?.volumes[0]).toMatchObject({ method: "full", blocks: { read: 60, stored: 60 } });
    expect(second.resources[0]?.volumes[0]).toMatchObject({ method: "incremental", blocks: { changed: 2, removed: 1, read: 2, stored: 2 } });

    // the repository is opened anew, with nothing but its storage and key
    const reopened = await Repository.open({ storage: s3Storage({ account, bucket: "backups", prefix: "gold" }), encryption });
    const points: RestorePoint[] = [];
    for await (const point of reopened.restorePoints()) points.push(point);
    expect(points).toHaveLength(2);
    const restore = new Restore({ repository: reopened, account: servers });
    for (const [position, point] of points.entries()) {
      const path = join(folder, `${String(position)}.img`);
      await restore.image(point, { volume: "vol-a1", path });
      expect((await stat(path)).size).toBe(2 ** 30);
      const { volumeId } = await restore.volume(point.id, { volume: "vol-a1", availabilityZone: "eu-west-1b" });
      const volume = servers.in("eu-west-1").volumes.get(volumeId)?.blocks ?? new Map<number, Buffer>();
      const state = states[position] ?? new Map<number, Buffer>();
      expect([...volume.keys()].sort((a, b) => a - b)).toEqual([...state.keys()].sort((a, b) => a - b));
      const image = await open(path);
      const block = Buffer.alloc(blockSizeBytes);
      for (const [index, data] of state) {
        await image.read(block, 0, blockSizeBytes, index * blockSizeBytes);
        expect([index, volume.get(index)?.equals(data), block.equals(data)]).toEqual([index, true, true]);
      }
      await image.close();
    }
    expect((await reopened.verify({ level: "data" })).findings).toEqual([]);
  });

  it("gives a typed error, and no point, where the bucket refuses", async () => {
    servers.addVolume("vol-b").blocks.set(7, noiseBlock());
    const allow = local.deny({ action: "s3:PutObject" });
    const policy = new Policy({ name: "gold", account: servers, include: [{ volume: "vol-b" }], backup: { repository }, retries: 0 });
    await expect(policy.run()).rejects.toMatchObject({ name: "PartialFailureError", failures: [{ error: { name: "ProviderError", code: "AccessDenied", operation: "PutObject" } }] });
    expect(servers.snapshotIds()).toEqual([]);
    allow();
    expect((await policy.run()).resources).toMatchObject([{ outcome: "succeeded" }]);
  });
});
