import { DeleteSnapshotCommand, DescribeLockedSnapshotsCommand, DescribeSnapshotsCommand } from "@aws-sdk/client-ec2";
import { CreateBucketCommand } from "@aws-sdk/client-s3";
import { AwsAccount, directoryStorage, Policy, Repository, Restore, s3Storage, type RestorePoint, type SessionRecord } from "holdfast";
import { LocalCloud } from "holdfast/local";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Clock } from "../src/ports/index.js";
import { SystemClock } from "../src/system/index.js";
import { noiseBlock, textBlock } from "./support/backup-world.js";

const region = "eu-west-1";
const away = "eu-north-1";
const blockBytes = 524_288;
const encryption = { passphrase: "a long enough passphrase" };

let folder: string;
let cloud: LocalCloud;
let account: AwsAccount;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "holdfast-policy-"));
  cloud = await LocalCloud.start({ directory: join(folder, "cloud"), durable: false });
  account = new AwsAccount({ ...cloud.connection({ region }), limits: { baseDelayMs: 5, maxDelayMs: 100 } });
  await account.s3(region).send(new CreateBucketCommand({ Bucket: "backups", CreateBucketConfiguration: { LocationConstraint: region } }));
});
afterEach(async () => {
  await account.close();
  await cloud.close();
  await rm(folder, { recursive: true, force: true });
});

async function all<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const found: Item[] = [];
  for await (const item of items) found.push(item);
  return found;
}

describe("a policy with native locks, over the wire", () => {
  it("leaves what is locked until its lock is over, and has EC2 itself refuse its removal until then", async () => {
    const volumeId = await cloud.volumes.create({ sizeGib: 1, availabilityZone: `${region}a` });
    await cloud.volumes.write(volumeId, 0, textBlock("locked"));
    const system = new SystemClock();
    const clock: Clock = { now: () => cloud.clock.now(), monotonicMs: () => system.monotonicMs(), sleep: async (ms, signal) => await system.sleep(ms, signal) };
    const repository = await Repository.create({ storage: directoryStorage(join(folder, "gold")), encryption }, { clock });
    const policy = new Policy(
      { name: "gold", account, include: [{ volume: volumeId }], snapshots: { keep: 1, lock: { mode: "compliance", days: 2, coolOffHours: 1 } }, replicas: [{ region: away, keep: 1, lock: { mode: "governance", days: 3 } }], backup: { repository, auditBlocks: 0 } },
      { clock },
    );
    const snapshotsIn = async (where: string): Promise<number> => (await account.ec2(where).send(new DescribeSnapshotsCommand({ OwnerIds: ["self"] }))).Snapshots?.length ?? -1;
    const { resources: [first] } = await policy.run();
    expect(first).toMatchObject({ outcome: "succeeded", locks: [{ region, mode: "compliance" }, { region: away, mode: "governance" }] });
    const { Snapshots: locks = [] } = await account.ec2(region).send(new DescribeLockedSnapshotsCommand({}));
    expect(locks).toMatchObject([{ SnapshotId: first?.locks?.[0]?.snapshotId, LockState: "compliance-cooloff", LockDuration: 2 }]);
    await expect(account.ec2(region).send(new DeleteSnapshotCommand({ SnapshotId: locks[0]?.SnapshotId }))).rejects.toThrow("locked");
    const { resources: [second] } = await policy.run();
    expect(second).toMatchObject({ outcome: "succeeded", warnings: [], waiting: [{ snapshotId: first?.locks?.[0]?.snapshotId }, { snapshotId: first?.locks?.[1]?.snapshotId }] });
    expect([await snapshotsIn(region), await snapshotsIn(away)]).toEqual([2, 2]);
    cloud.clock.advance(2 * 86_400_000 + 60_000);
    await policy.run();
    expect([await snapshotsIn(region), await snapshotsIn(away)]).toEqual([1, 3]);
    cloud.clock.advance(86_400_000);
    await policy.run();
    expect(await snapshotsIn(away)).toBe(2);
  }, 60_000);
});

describe("a policy with replicas, an archive and retention, over the wire", () => {
  it("keeps what its rules say in each place, and the replica and the archive hold the data", async () => {
    const volumeId = await cloud.volumes.create({ sizeGib: 1, availabilityZone: `${region}a` });
    const changing = noiseBlock();
    await cloud.volumes.write(volumeId, 7 * blockBytes, textBlock("stays"));
    const repository = await Repository.create({ storage: s3Storage({ account, bucket: "backups", prefix: "gold" }), encryption });
    const archive = await Repository.create({ storage: directoryStorage(join(folder, "archive")), encryption });
    const policy = new Policy({
      name: "gold",
      account,
      include: [{ all: true }],
      backup: { repository, retention: { count: 2, monthly: 1 }, auditBlocks: 0 },
      replicas: [{ region: away, keep: 1 }],
      archive: { repository: archive },
    });
    for (let run = 0; run < 4; run++) {
      changing.writeUInt32BE(run);
      await cloud.volumes.write(volumeId, 3 * blockBytes, changing);
      const { resources } = await policy.run();
      expect(resources).toMatchObject([{ outcome: "succeeded", warnings: [] }]);
    }
    const points: RestorePoint[] = await all(repository.restorePoints());
    // the first as the month's, and the newest two
    expect(points).toHaveLength(3);
    expect((await all(policy.sessions())).map(({ state }: SessionRecord) => state)).toEqual(["succeeded", "succeeded", "succeeded", "succeeded"]);

    const { Snapshots: replicas = [] } = await account.ec2(away).send(new DescribeSnapshotsCommand({ OwnerIds: ["self"] }));
    expect(replicas).toHaveLength(1);
    const reader = await account.openSnapshotReader({ region: away, snapshotId: replicas[0]?.SnapshotId ?? "" });
    const indexes = new Map<number, Buffer>();
    for await (const reference of reader.blocks()) indexes.set(reference.index, (await reader.read(reference)).data);
    await reader.close();
    expect([...indexes.keys()]).toEqual([3, 7]);
    expect(indexes.get(3)?.equals(changing)).toBe(true);

    const [copy, ...more] = await all(archive.restorePoints());
    expect(more).toEqual([]);
    expect(copy?.copiedFrom?.pointId).toBe(points[0]?.id);
    const { volumeId: restored } = await new Restore({ repository: archive, account }).volume(copy?.id ?? "", { volume: volumeId, availabilityZone: `${region}b` });
    const first = Buffer.from(changing);
    first.writeUInt32BE(0);
    expect((await cloud.volumes.read(restored, { offset: 3 * blockBytes, length: blockBytes })).equals(first)).toBe(true);
  });
});
