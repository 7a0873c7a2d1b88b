import { DeleteSnapshotCommand, DescribeLockedSnapshotsCommand, DescribeSnapshotsCommand } from "@aws-sdk/client-ec2";
import { CreateBucketCommand } from "@aws-sdk/client-s3";
import { AwsAccount, directoryStorage, Policy, Repository, Restore, s3Storage, type RestorePoint, type SessionRecord } from "holdfast";
import { LocalCloud } from "holdfast/local";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { all } from "./support/all.js";
import type { Clock } from "../src/ports/index.js";
import { SystemClock } from "../src/system/index.js";
import { key, noiseBlock, textBlock } from "./support/backup-world.js";
import { hastyClock } from "./support/hasty-clock.js";

const region = "eu-west-1";
const away = "eu-north-1";
const blockBytes = 524_288;
const encryption = { key };

let folder: string;
let cloud: LocalCloud;
let account: AwsAccount;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "holdfast-policy-"));
  cloud = await LocalCloud.start({ directory: join(folder, "cloud"), durable: false });
  account = new AwsAccount({ ...cloud.connection({ region }), clock: hastyClock, limits: { baseDelayMs: 5, maxDelayMs: 100 } });
  await account.s3(region).send(new CreateBucketCommand({ Bucket: "backups", CreateBucketConfiguration: { LocationConstraint: region } }));
});
afterEach(async () => {
  await account.close();
  await cloud.close();
  await rm(folder, { recursive: true, force: true });
});

describe("what a run asked for, over the wire", () => {
  it("is one count in its result and in its record, and what the cloud counted", async () => {
    const volumeId = await cloud.volumes.create({ sizeGib: 1, availabilityZone: `${region}a` });
    await cloud.volumes.write(volumeId, 0, noiseBlock());
    const repository = await Repository.create({ storage: s3Storage({ account, bucket: "backups", prefix: "gold" }), encryption });
    const policy = new Policy({ name: "gold", account, include: [{ volume: volumeId }], backup: { repository, retention: { count: 1 } } });
    await policy.run();
    const counted = (): Map<string, number> => new Map(["CreateSnapshot", "DescribeSnapshots", "DescribeVolumes", "DeleteSnapshot", "ListChangedBlocks", "GetSnapshotBlock"].map((operation) => [operation, cloud.calls.count({ operation })]));
    const before = counted();
    const { requests = [], storeRequests: { repository: store } } = await policy.run();
    const asked = (operation: string): number => requests.filter((count) => count.operation === operation).reduce((sum, count) => sum + count.requests - count.throttled - count.failed, 0);
    for (const [operation, calls] of counted()) expect([operation, asked(operation)]).toEqual([operation, calls - (before.get(operation) ?? 0)]);
    expect([asked("PutObject"), asked("ListObjectsV2"), asked("GetSnapshotBlock")]).toEqual([store.puts + store.dataPuts, store.lists, 8]);
    const records = await all(policy.sessions());
    expect(records.at(-1)?.requests).toEqual(requests);
    expect(records.at(-1)?.result).toMatchObject({ requests });
  });
});

describe("what two runs at once asked for", () => {
  it("is each one's own in its result, though they share an account and a bucket with each other and with somebody else", async () => {
    const policies = [];
    for (const [name, blocks] of [["gold", 3], ["silver", 11]] as const) {
      const volumeId = await cloud.volumes.create({ sizeGib: 1, availabilityZone: `${region}a` });
      for (let index = 0; index < blocks; index++) await cloud.volumes.write(volumeId, index * blockBytes, noiseBlock());
      const repository = await Repository.create({ storage: s3Storage({ account, bucket: "backups", prefix: name }), encryption });
      policies.push(new Policy({ name, account, include: [{ volume: volumeId }], backup: { repository, auditBlocks: 0 } }));
    }
    const over = new AbortController();
    let others = 0;
    const somebody = (async (): Promise<void> => {
      while (!over.signal.aborted) {
        expect(await all(account.compute(region).volumesByTags({ nobody: "has it" }))).toEqual([]);
        others++;
      }
    })();
    const results = await Promise.all(policies.map(async (policy) => await policy.run()));
    over.abort();
    await somebody;
    expect(others).toBeGreaterThan(0);
    const asked = results.map(({ requests = [] }) => (operation: string): number => requests.filter((of) => of.operation === operation).reduce((sum, of) => sum + of.requests - of.throttled - of.failed, 0));
    expect(asked.map((of) => [of("CreateSnapshot"), of("GetSnapshotBlock")])).toEqual([[1, 3], [1, 11]]);
    for (const [index, { storeRequests: { repository: store } }] of results.entries()) expect([asked[index]?.("PutObject"), asked[index]?.("ListObjectsV2")]).toEqual([store.puts + store.dataPuts, store.lists]);
    // each has asked for its own volume alone, a handful of times, however often somebody else asked
    for (const of of asked) expect(of("DescribeVolumes")).toBeLessThan(10);
  });
});

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
  });
});

describe("a policy of two accounts, over the wire", () => {
  it("backs up each by its own credentials and in its own regions, and an account whose role cannot be assumed fails alone", async () => {
    const otherId = "222222222222";
    const other = new AwsAccount({ ...cloud.connection({ region: away, accountId: otherId }), clock: hastyClock, limits: { baseDelayMs: 5, maxDelayMs: 100 } });
    try {
      const here = await cloud.volumes.create({ sizeGib: 1, availabilityZone: `${region}a` });
      const there = await cloud.volumes.create({ sizeGib: 1, availabilityZone: `${away}a`, accountId: otherId });
      // not in a region of the policy
      await cloud.volumes.create({ sizeGib: 1, availabilityZone: `${region}a`, accountId: otherId });
      const data = noiseBlock();
      await cloud.volumes.write(here, 0, textBlock("here"));
      await cloud.volumes.write(there, 5 * blockBytes, data);
      const repository = await Repository.create({ storage: directoryStorage(join(folder, "gold")), encryption });
      const accounts = [{ account }, { account: other }];
      const options = { name: "gold", include: [{ all: true as const }], snapshots: { keep: 2 }, replicas: [{ region: "us-west-2", keep: 1 }], backup: { repository, retention: { count: 1 }, auditBlocks: 0 } };
      const policy = new Policy({ ...options, accounts });
      const { resources } = await policy.run();
      expect(resources).toMatchObject([
        { outcome: "succeeded", warnings: [], resource: expect.stringMatching(new RegExp(`/${region}/${here}$`)) as string },
        { outcome: "succeeded", warnings: [], resource: `${otherId}/${away}/${there}`, replicas: [{ region: "us-west-2", accountId: otherId }] },
      ]);
      expect(await policy.unprotected()).toEqual([]);
      const { volumeId } = await new Restore({ repository, account: other }).volume(resources[1]?.point ?? "", { volume: there, availabilityZone: `${away}b` });
      expect((await cloud.volumes.read(volumeId, { offset: 5 * blockBytes, length: blockBytes })).equals(data)).toBe(true);

      const lost = account.assume({ roleArn: "arn:aws:iam::444455556666:role/nobody" });
      await expect(new Policy({ ...options, accounts: [{ account: lost }, ...accounts], exclude: [{ volume: volumeId }] }).run()).rejects.toMatchObject({
        code: "ResourcesFailed",
        completed: resources.map(({ resource }) => resource),
        failures: [{ resource: "444455556666/*/*", error: { message: expect.stringContaining("sts:AssumeRole") as string } }],
      });
      // the second run's points took the place of the first's, and each account's snapshots and replicas are its own
      expect(await all(repository.restorePoints())).toHaveLength(2);
      for (const [of, where] of [[account, region], [other, away]] as const) {
        for (const [place, count] of [[where, 2], ["us-west-2", 1]] as const) expect((await of.ec2(place).send(new DescribeSnapshotsCommand({ OwnerIds: ["self"], Filters: [{ Name: "tag-key", Values: ["holdfast:session"] }] }))).Snapshots?.length).toBe(count);
      }
      const [retained] = await policy.retain();
      expect(retained?.snapshots).toMatchObject({ left: [], removed: { length: 2 } });
    } finally {
      await other.close();
    }
  });
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
