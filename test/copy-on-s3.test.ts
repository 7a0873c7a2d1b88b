import { CreateBucketCommand } from "@aws-sdk/client-s3";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AwsAccount, directoryStorage, Repository, s3Storage, type Clock } from "holdfast";
import { LocalCloud } from "holdfast/local";
import { afterEach, beforeEach, expect, it } from "vitest";
import { key, noiseBlock, textBlock } from "./support/backup-world.js";
import { CopyBed, expectHolds } from "./support/copy-bed.js";
import { MemoryVolume } from "./support/memory-volume.js";

const dayMs = 24 * 60 * 60_000;

let folder: string;
let cloud: LocalCloud;
const accounts: AwsAccount[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "holdfast-copy-"));
  cloud = await LocalCloud.start({ directory: join(folder, "cloud"), durable: false });
});
afterEach(async () => {
  for (const account of accounts.splice(0)) await account.close();
  await cloud.close();
  await rm(folder, { recursive: true, force: true });
});

async function bucket(accountId: string, region: "eu-west-1" | "eu-north-1", name: string): Promise<AwsAccount> {
  const account = new AwsAccount({ ...cloud.connection({ region, accountId }), limits: { baseDelayMs: 5, maxDelayMs: 100 } });
  accounts.push(account);
  await account.s3(region).send(new CreateBucketCommand({ Bucket: name, CreateBucketConfiguration: { LocationConstraint: region } }));
  return account;
}

it("copies from a directory into a bucket, and from there into another region's and account's deep archive, to be thawed and restored from there alone", async () => {
  const west = s3Storage({ account: await bucket("111122223333", "eu-west-1", "backups"), bucket: "backups" });
  const north = s3Storage({ account: await bucket("444455556666", "eu-north-1", "archive"), bucket: "archive", prefix: "gold", storageClass: "DEEP_ARCHIVE" });
  const local = await Repository.create({ storage: directoryStorage(join(folder, "local")), encryption: { key } });
  const backups = await Repository.create({ storage: west, encryption: { key: Buffer.alloc(32, 1) } });
  const archiveOptions = { storage: north, encryption: { key: Buffer.alloc(32, 2) } };
  const archive = await Repository.create({ ...archiveOptions, packs: { targetBytes: 64 * 2 ** 20, maxBlocks: 16 } });

  const volume = new MemoryVolume(2 ** 40);
  for (let index = 0; index < 20; index++) volume.blocks.set(index * 100, index % 2 === 0 ? noiseBlock() : textBlock(`block ${String(index)} `));
  const bed = new CopyBed();
  const first = await bed.backUp(local, "vol-1", { "vol-1": volume }, "snap-1");
  volume.blocks.set(100, noiseBlock());
  const second = await bed.backUp(local, "vol-1", { "vol-1": volume }, "snap-2");

  expect(await local.copy(local.restorePoints(), backups)).toMatchObject({ blocks: { read: 21, stored: 21 } });
  const copied = await backups.copy(backups.restorePoints(), archive);
  expect(copied).toMatchObject({ blocks: { read: 21, stored: 21 }, points: [{ volumes: [{ method: "full" }] }, { volumes: [{ method: "incremental" }] }] });
  // asked again by another process, which can read no pack
  const again = await backups.copy(backups.restorePoints(), await Repository.open(archiveOptions));
  expect(again.points.map(({ outcome }) => outcome)).toEqual(["present", "present"]);

  // a process whose time is the cloud's: it waits by letting it pass
  const sleep = (ms: number): Promise<void> => {
    cloud.clock.advance(ms);
    return Promise.resolve();
  };
  const clock: Clock = { now: () => cloud.clock.now(), monotonicMs: () => cloud.clock.now().getTime(), sleep };
  const restoring = await Repository.open(archiveOptions, { clock });
  const copies = copied.points.map(({ copy }) => copy);
  await expect(expectHolds(restoring, copies[1] ?? "", second.states)).rejects.toMatchObject({ code: "ThawNeeded" });
  const plan = await restoring.planThaw(copies[1] ?? "");
  expect(plan).toMatchObject({ storageClass: "DEEP_ARCHIVE", archived: { packs: 3 }, tiers: [{ tier: "standard", hours: 12 }, { tier: "bulk", hours: 48 }] });
  const thawed = await restoring.thaw(copies[1] ?? "", { tier: "standard", days: 2 });
  expect(thawed).toMatchObject({ requestedPacks: 3, isReadable: true });
  expect(thawed.durationMs).toBeGreaterThan(11 * 60 * 60_000);
  await expectHolds(restoring, copies[1] ?? "", second.states);
  cloud.clock.advance(4 * dayMs);
  await expect(expectHolds(restoring, copies[0] ?? "", first.states)).rejects.toMatchObject({ code: "ThawNeeded" });
  expect((await restoring.statistics()).whole).toMatchObject({ unique: { blocks: 21, isExact: true }, cost: { dataClass: "DEEP_ARCHIVE" } });
});
