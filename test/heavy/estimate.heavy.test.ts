import { DescribeSnapshotsCommand } from "@aws-sdk/client-ec2";
import { EBSClient, ListChangedBlocksCommand, ListSnapshotBlocksCommand } from "@aws-sdk/client-ebs";
import { CreateBucketCommand, ListObjectsV2Command } from "@aws-sdk/client-s3";
import { AwsAccount, Policy, Repository, s3Storage, WorkerPool, type Clock, type CostLine } from "holdfast";
import { LocalCloud } from "holdfast/local";
import { SeededRandom } from "holdfast/testing";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { noiseBlock } from "../support/backup-world.js";

const [home, away] = ["eu-west-1", "eu-north-1"] as const;
const blockBytes = 524_288;
const gb = 2 ** 30;
const [dataBlocks, hotBlocks, coldBlocks] = [40, 4, 2];

let folder: string;
let cloud: LocalCloud;
let account: AwsAccount;
/** The engine goes by the cloud's time. */
const clock: Clock = {
  now: () => cloud.clock.now(),
  monotonicMs: () => performance.now(),
  sleep: (ms, signal) =>
    new Promise((resolve, reject) => {
      const timer = setTimeout(resolve, ms);
      signal?.addEventListener("abort", () => {
        clearTimeout(timer);
        reject(signal.reason instanceof Error ? signal.reason : new Error("aborted"));
      });
    }),
};

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "holdfast-estimate-"));
  cloud = await LocalCloud.start({ directory: join(folder, "cloud"), durable: false });
  account = new AwsAccount({ ...cloud.connection({ region: home }), limits: { baseDelayMs: 5, maxDelayMs: 100 } });
  await account.s3(home).send(new CreateBucketCommand({ Bucket: "backups", CreateBucketConfiguration: { LocationConstraint: home } }));
});
afterAll(async () => {
  await account.close();
  await cloud.close();
  await rm(folder, { recursive: true, force: true });
});

/** Bytes under a prefix, by the store's own listing. */
async function storedBytes(prefix: string): Promise<number> {
  let bytes = 0;
  for (let token: string | undefined, more = true; more; ) {
    const page = await account.s3(home).send(new ListObjectsV2Command({ Bucket: "backups", Prefix: prefix, ...(token !== undefined && { ContinuationToken: token }) }));
    for (const { Size = 0 } of page.Contents ?? []) bytes += Size;
    token = page.NextContinuationToken;
    more = token !== undefined;
  }
  return bytes;
}

/** What AWS would bill of the snapshots of a region: the blocks of the first of each volume, and of each later one those that differ from the one before. */
async function snapshotBytes(region: string, ebs: EBSClient): Promise<number> {
  const { Snapshots = [] } = await account.ec2(region).send(new DescribeSnapshotsCommand({ OwnerIds: ["self"] }));
  const lines = new Map<string, string[]>();
  for (const { SnapshotId = "", VolumeId = "" } of Snapshots.sort((a, b) => (a.StartTime?.getTime() ?? 0) - (b.StartTime?.getTime() ?? 0))) {
    lines.set(VolumeId, [...(lines.get(VolumeId) ?? []), SnapshotId]);
  }
  let blocks = 0;
  for (const snapshots of lines.values()) {
    for (const [position, snapshot] of snapshots.entries()) {
      const before = snapshots[position - 1];
      for (let token: string | undefined, more = true; more; ) {
        const next = token !== undefined && { NextToken: token };
        const page =
          before === undefined
            ? await ebs.send(new ListSnapshotBlocksCommand({ SnapshotId: snapshot, MaxResults: 10_000, ...next }))
            : await ebs.send(new ListChangedBlocksCommand({ FirstSnapshotId: before, SecondSnapshotId: snapshot, MaxResults: 10_000, ...next }));
        blocks += "Blocks" in page ? (page.Blocks?.length ?? 0) : ((page as { ChangedBlocks?: unknown[] }).ChangedBlocks?.length ?? 0);
        token = page.NextToken;
        more = token !== undefined;
      }
    }
  }
  return blocks * blockBytes;
}

it("an estimate is within 5 % of what the local cloud counts in the month that follows, line by line", async () => {
  const volumes: string[] = [];
  for (let volume = 0; volume < 2; volume++) {
    const id = await cloud.volumes.create({ sizeGib: 1, availabilityZone: `${home}a`, tags: { backup: "gold" } });
    for (let block = 0; block < dataBlocks; block++) await cloud.volumes.write(id, block * 7 * blockBytes, noiseBlock());
    volumes.push(id);
  }
  const storage = (prefix: string): ReturnType<typeof s3Storage> => s3Storage({ account, bucket: "backups", prefix });
  const repository = await Repository.create({ storage: storage("gold"), encryption: { passphrase: "a long enough passphrase" } }, { clock });
  const archive = await Repository.create({ storage: storage("archive"), encryption: { passphrase: "a long enough passphrase" } }, { clock });
  const options = {
    name: "gold", account, include: [{ tag: { backup: "gold" } }], snapshots: { keep: 3 }, schedule: { daily: { hours: [2] }, weekly: { on: "sunday" } }, replicas: [{ region: away, keep: 2 }],
    backup: { repository, retention: { daily: 5, weekly: 2 } }, archive: { repository: archive, flags: ["weekly"] }, workers: WorkerPool.inProcess({ threads: 0 }),
  } as const;
  const policy = new Policy(options, { clock, random: new SeededRandom(11) });
  const ebs = new EBSClient({ ...cloud.connection({ region: home }) });

  /** What the cloud counted, by line item. */
  const counted = new Map<string, number>();
  const add = (line: string, amount: number): void => void counted.set(line, (counted.get(line) ?? 0) + amount);
  const count = async <Result>(work: () => Promise<Result>): Promise<Result> => {
    // what is not there is billed as what is: an alert that nobody raised is asked for too
    const calls = (service: string, operation: string): number => cloud.calls.count({ service, operation });
    const all = (): Record<string, number> => ({
      "ebs-lists": calls("ebs", "ListSnapshotBlocks") + calls("ebs", "ListChangedBlocks"),
      "ebs-gets": calls("ebs", "GetSnapshotBlock"),
      "s3-puts": calls("s3", "PutObject") + calls("s3", "ListObjectsV2"),
      "s3-gets": calls("s3", "GetObject") + calls("s3", "HeadObject"),
    });
    const before = all();
    const result = await work();
    for (const [line, calls] of Object.entries(all())) add(line, calls - (before[line] ?? 0));
    return result;
  };
  /** One day: some blocks of each volume change, most of them the same every day; then the run, at two o'clock. */
  const oneDay = async (day: number, next: Date): Promise<void> => {
    for (const id of volumes) {
      for (let block = 0; block < hotBlocks; block++) await cloud.volumes.write(id, block * 7 * blockBytes, noiseBlock());
      for (let block = 0; block < coldBlocks; block++) await cloud.volumes.write(id, (hotBlocks + ((coldBlocks * day + block) % (dataBlocks - hotBlocks))) * 7 * blockBytes, noiseBlock());
    }
    cloud.clock.advance(next.getTime() - cloud.clock.now().getTime());
    await count(async () => await policy.run());
  };
  const nextRun = (): Date => policy.next(1)[0]?.at ?? new Date(Number.NaN);

  // from a Sunday on, so that the copies into the archive that are measured are of whole weeks
  cloud.clock.advance(Date.UTC(2027, 0, 2, 12) - cloud.clock.now().getTime());
  for (let day = 0; day < 16; day++) await oneDay(day, nextRun());
  cloud.clock.advance(3_600_000);
  const estimate = await policy.estimate({ months: 1 });
  const [month] = estimate.months;
  if (month === undefined) throw new Error("There is no month.");
  counted.clear();
  const [from, to] = [Date.parse(month.from), Date.parse(month.to)];
  let atMs = from;
  const pass = async (untilMs: number): Promise<void> => {
    const share = (untilMs - atMs) / (to - from);
    atMs = untilMs;
    add("repository-storage", ((await storedBytes("gold/")) / gb) * share);
    add("archive-storage", ((await storedBytes("archive/")) / gb) * share);
    add("snapshot-storage", ((await snapshotBytes(home, ebs)) / gb) * share);
    // copies cannot be compared with each other: what differs between two of a volume is what this test wrote between them
    const { Snapshots: replicas = [] } = await account.ec2(away).send(new DescribeSnapshotsCommand({ OwnerIds: ["self"] }));
    const blocks = volumes.length * dataBlocks + (replicas.length - volumes.length) * (hotBlocks + coldBlocks);
    add("replica-storage", ((blocks * blockBytes) / gb) * share);
  };
  let runs = 0;
  for (let day = 16, next = nextRun(); next.getTime() <= to; day++, next = nextRun()) {
    await pass(next.getTime());
    await oneDay(day, next);
    runs++;
  }
  await pass(to);
  expect(month.runs).toBe(runs);
  const sum = (item: CostLine["item"]): number => month.lines.filter((line) => line.item === item).reduce((total, { quantity }) => total + quantity, 0);
  const rows = [...counted].map(([item, amount]) => ({ item, counted: amount, estimated: sum(item as CostLine["item"]), off: sum(item as CostLine["item"]) / amount - 1 }));
  expect(rows.filter(({ off }) => Math.abs(off) > 0.05)).toEqual([]);
  expect(rows).toHaveLength(8);
});
