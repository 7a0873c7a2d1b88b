import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DeleteObjectCommand, GetObjectRetentionCommand, ListObjectVersionsCommand, PutObjectCommand, PutObjectLockConfigurationCommand, type ObjectVersion } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { directoryStorage, Repository, s3Storage, type ImmutabilityOptions, type RestorePoint } from "../src/index.js";
import { backUp, expectRestores, key, noiseBlock, textBlock } from "./support/backup-world.js";
import { MemoryVolume } from "./support/memory-volume.js";
import { region, S3Bed } from "./support/s3-bed.js";

const dayMs = 86_400_000;

let bed: S3Bed;
beforeAll(async () => {
  bed = await S3Bed.open();
});
afterAll(async () => {
  await bed.close();
});

interface Saved {
  readonly point: RestorePoint;
  readonly state: ReadonlyMap<number, Buffer>;
}

async function open(bucket: string): Promise<Repository> {
  return await Repository.open({ storage: s3Storage({ account: bed.account, bucket, prefix: "gold" }), encryption: { key } });
}

async function create(immutability: ImmutabilityOptions): Promise<{ bucket: string; repository: Repository }> {
  const bucket = await bed.makeBucket({ ObjectLockEnabledForBucket: true });
  return { bucket, repository: await Repository.create({ storage: s3Storage({ account: bed.account, bucket, prefix: "gold" }), encryption: { key }, immutability }) };
}

async function save(repository: Repository, volume: MemoryVolume, snapshotId: string): Promise<Saved> {
  volume.blocks.set(volume.blocks.size, textBlock(snapshotId));
  volume.blocks.set(900, noiseBlock());
  const state = volume.freeze(snapshotId);
  return { point: (await backUp(repository, volume, snapshotId)).point, state };
}

/** What the bucket holds, by a client of its own. */
async function versionsOf(bucket: string): Promise<ObjectVersion[]> {
  return (await bed.account.s3(region).send(new ListObjectVersionsCommand({ Bucket: bucket }))).Versions ?? [];
}

async function expectWhole(repository: Repository, saved: readonly Saved[]): Promise<void> {
  const points: RestorePoint[] = [];
  for await (const point of repository.restorePoints()) points.push(point);
  expect(points.map(({ id }) => id)).toEqual(saved.map(({ point }) => point.id));
  for (const [position, point] of points.entries()) await expectRestores(point, saved[position]?.state ?? new Map());
}

describe("an immutable repository on S3", () => {
  for (const mode of ["GOVERNANCE", "COMPLIANCE"] as const) {
    it(`is whole after an attacker with every permission except bypass overwrote and deleted everything (${mode})`, async () => {
      const { bucket, repository } = await create({ mode, periodDays: 20, generationDays: 10 });
      const volume = new MemoryVolume(2 ** 30);
      const saved = [await save(repository, volume, "snap-1"), await save(repository, volume, "snap-2")];
      expect(await repository.verifyLocks()).toMatchObject({ isHealthy: true, restorePoints: 2 });

      const s3 = bed.account.s3(region);
      const before = await versionsOf(bucket);
      let refusals = 0;
      for (const { Key, VersionId } of before) {
        await s3.send(new DeleteObjectCommand({ Bucket: bucket, Key, VersionId })).catch((error: unknown) => {
          expect(error).toMatchObject({ name: "AccessDenied" });
          refusals++;
        });
        await s3.send(new PutObjectCommand({ Bucket: bucket, Key, Body: "ransom" }));
        await s3.send(new DeleteObjectCommand({ Bucket: bucket, Key }));
      }
      expect(refusals).toBeGreaterThanOrEqual(8);

      await expectWhole(await open(bucket), saved);
      const report = await (await open(bucket)).recover();
      expect(report).toMatchObject({ isWhole: true, leftUnderLocked: 0, failedObjects: 0 });
      expect(report.removedDeleteMarkers).toBe(report.removedVersions);
      expect(report.removedVersions).toBe(refusals);
      const recovered = await open(bucket);
      expect(await recovered.verifyLocks()).toMatchObject({ isHealthy: true });
      expect(await recovered.verify({ level: "data" })).toMatchObject({ isHealthy: true, restorePoints: 2 });
      saved.push(await save(recovered, volume, "snap-3"));
      await expectWhole(await open(bucket), saved);
    });
  }

  it("is whole after the versions over its own were locked for years", async () => {
    const { bucket, repository } = await create({ mode: "COMPLIANCE", periodDays: 20, generationDays: 10 });
    const saved = [await save(repository, new MemoryVolume(2 ** 30), "snap-1")];
    const until = new Date(bed.cloud.clock.now().getTime() + 1_000 * dayMs);
    for (const { Key } of await versionsOf(bucket)) {
      await bed.account.s3(region).send(new PutObjectCommand({ Bucket: bucket, Key, Body: "ransom", ObjectLockMode: "COMPLIANCE", ObjectLockRetainUntilDate: until, ChecksumAlgorithm: "SHA256" }));
    }
    const report = await (await open(bucket)).recover();
    expect(report).toMatchObject({ isWhole: true, removedVersions: 0, failedObjects: 0 });
    expect(report.putOnTop).toBe(4);
    await expectWhole(await open(bucket), saved);
    expect(await (await open(bucket)).recover()).toMatchObject({ isWhole: true, putOnTop: 0 });
  });

  it("extends each object once in the next generation, to where S3 says it ends", async () => {
    const { bucket, repository } = await create({ mode: "COMPLIANCE", periodDays: 20, generationDays: 10 });
    const volume = new MemoryVolume(2 ** 30);
    const saved = [await save(repository, volume, "snap-1")];
    bed.cloud.clock.advance(15 * dayMs);
    bed.cloud.calls.clear();
    const reopened = await open(bucket);
    saved.push(await save(reopened, volume, "snap-2"));
    // the pack that is still reached, the configuration and the slot; the first meta pack is not reached any more
    expect(bed.cloud.calls.count({ operation: "PutObjectRetention" })).toBe(3);
    saved.push(await save(reopened, volume, "snap-3"));
    saved.push(await save(await open(bucket), volume, "snap-4"));
    expect(bed.cloud.calls.count({ operation: "PutObjectRetention" })).toBe(3);
    expect(await reopened.verifyLocks()).toMatchObject({ isHealthy: true, restorePoints: 4 });
    const needMs = (saved.at(-1)?.point.createdAt.getTime() ?? 0) + 20 * dayMs;
    for (const { Key, VersionId } of await versionsOf(bucket)) {
      if (Key === undefined || !/^gold\/(packs|keys)\/|^gold\/holdfast/.test(Key)) continue;
      const { Retention } = await bed.account.s3(region).send(new GetObjectRetentionCommand({ Bucket: bucket, Key, VersionId }));
      expect(Retention?.Mode).toBe("COMPLIANCE");
      expect(Retention?.RetainUntilDate?.getTime()).toBeGreaterThanOrEqual(needMs);
    }
  });

  it("is refused in a bucket without Object Lock, in one that locks everything, and in a directory", async () => {
    const immutability = { mode: "GOVERNANCE" } as const;
    const plain = await bed.makeBucket();
    await expect(Repository.create({ storage: s3Storage({ account: bed.account, bucket: plain }), encryption: { key }, immutability })).rejects.toMatchObject({ code: "ObjectLockNotEnabled" });
    const eager = await bed.makeBucket({ ObjectLockEnabledForBucket: true });
    await bed.account.s3(region).send(new PutObjectLockConfigurationCommand({ Bucket: eager, ObjectLockConfiguration: { ObjectLockEnabled: "Enabled", Rule: { DefaultRetention: { Mode: "GOVERNANCE", Days: 1 } } } }));
    await expect(Repository.create({ storage: s3Storage({ account: bed.account, bucket: eager }), encryption: { key }, immutability })).rejects.toMatchObject({ code: "BucketLocksEverything" });
    const directory = await mkdtemp(join(tmpdir(), "holdfast-"));
    try {
      await expect(Repository.create({ storage: directoryStorage(directory), encryption: { key }, immutability })).rejects.toMatchObject({ code: "ObjectLockNotEnabled" });
    } finally {
      await rm(directory, { recursive: true });
    }
  });
});
