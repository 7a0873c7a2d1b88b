import { PutBucketVersioningCommand } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { S3Bed } from "../../../../test/support/s3-bed.js";
import type { ObjectStore, ObjectVersion, ObjectVersions } from "../../../ports/index.js";
import { objectStoreConformance, objectVersionsConformance } from "../../../testing/index.js";

let bed: S3Bed;
beforeAll(async () => {
  bed = await S3Bed.open();
});
afterAll(async () => {
  await bed.close();
});

async function openLocking(): Promise<ObjectStore> {
  return await bed.openStore({ bucket: await bed.makeBucket({ ObjectLockEnabledForBucket: true }) });
}

async function openVersioned(): Promise<ObjectStore> {
  const bucket = await bed.makeBucket();
  await bed.account.s3("eu-west-1").send(new PutBucketVersioningCommand({ Bucket: bucket, VersioningConfiguration: { Status: "Enabled" } }));
  return await bed.openStore({ bucket });
}

describe("an S3 object store in a bucket with Object Lock", () => {
  const clock = { now: () => bed.cloud.clock.now(), pass: async (ms: number): Promise<void> => bed.cloud.clock.advance(ms) };
  objectStoreConformance({ test: it, open: openLocking });
  objectVersionsConformance({ test: it, open: openLocking, locks: true, clock });
});

describe("an S3 object store in a versioned bucket", () => {
  objectVersionsConformance({ test: it, open: openVersioned, locks: false });
});

describe("the versions of an S3 object store", () => {
  it("are asked for once, also by many at a time, and are none in a bucket without them or with versioning suspended", async () => {
    const store = await openLocking();
    bed.cloud.calls.clear();
    const told = await Promise.all(Array.from({ length: 5 }, async () => await store.versions?.()));
    await store.versions?.();
    expect(new Set(told).size).toBe(1);
    expect(bed.cloud.calls.list().map(({ operation }) => operation)).toEqual(["GetBucketVersioning", "GetObjectLockConfiguration"]);
    expect(await (await bed.openStore()).versions?.()).toBeUndefined();
    const bucket = await bed.makeBucket();
    for (const Status of ["Enabled", "Suspended"] as const) await bed.account.s3("eu-west-1").send(new PutBucketVersioningCommand({ Bucket: bucket, VersioningConfiguration: { Status } }));
    expect(await (await bed.openStore({ bucket })).versions?.()).toBeUndefined();
  });

  it("are told page by page, past a thousand, newest first across the pages", async () => {
    const store = await openVersioned();
    const versions = await versionsOf(store);
    for (let round = 0; round < 130; round++) await Promise.all(Array.from({ length: 8 }, async (_, index) => await (round % 2 === 0 ? store.put(`a/${index}`, Buffer.from(String(round))) : store.delete(`a/${index}`))));
    bed.cloud.calls.clear();
    const told = await all(versions);
    expect(bed.cloud.calls.count({ operation: "ListObjectVersions" })).toBe(2);
    expect(told).toHaveLength(1_040);
    expect(told.map(({ isDeleteMarker }) => isDeleteMarker)).toEqual(Array.from({ length: 1_040 }, (_, index) => index % 2 === 0));
    expect(told.filter(({ isLatest }) => isLatest).map(({ name }) => name)).toEqual(Array.from({ length: 8 }, (_, index) => `a/${index}`));
  });

  it("name the permission that is missing, and do not take it for a lock", async () => {
    const store = await openLocking();
    const until = new Date(bed.cloud.clock.now().getTime() + 86_400_000);
    for (const action of ["s3:GetBucketVersioning", "s3:GetBucketObjectLockConfiguration"]) {
      const allow = bed.cloud.deny({ action });
      await expect(store.versions?.()).rejects.toMatchObject({ name: "ProviderError", code: "AccessDenied", message: expect.stringContaining(`allow ${action} `) as string });
      allow();
    }
    const versions = await versionsOf(store);
    const { versionId = "" } = await store.put("a", Buffer.from("x"));
    const calls: [string, () => Promise<unknown>][] = [
      ["s3:ListBucketVersions", () => all(versions)],
      ["s3:DeleteObjectVersion", () => versions.delete("a", versionId)],
      ["s3:GetObjectRetention", () => versions.lockOf("a", versionId)],
      ["s3:PutObjectRetention", () => versions.extendLock("a", versionId, { mode: "COMPLIANCE", until })],
      ["s3:RestoreObject", async () => await store.thaw?.("a", { days: 1, tier: "bulk" })],
    ];
    for (const [action, call] of calls) {
      const allow = bed.cloud.deny({ action });
      await expect(call()).rejects.toMatchObject({ name: "ProviderError", code: "AccessDenied", message: expect.stringContaining(`allow ${action} `) as string });
      allow();
    }
    await versions.delete("a", versionId);
  });
});

describe("an S3 object store with an archive", () => {
  it("thaws what is cold, step by step, and keeps the rest readable", async () => {
    const store = await bed.openStore({ storageClass: "GLACIER" });
    await store.put("hot", Buffer.from("hot"));
    await store.put("cold", Buffer.from("cold"), { temperature: "cold" });
    expect(await store.head("hot")).not.toHaveProperty("archive");
    expect((await store.head("cold"))?.archive).toEqual({ state: "archived" });
    await expect(store.get("cold")).rejects.toMatchObject({ name: "ConflictError", code: "ObjectArchived", retryable: false, message: expect.stringContaining("cold in the bucket") as string });
    expect(await store.thaw?.("cold", { days: 2, tier: "standard" })).toBe("started");
    expect(await store.thaw?.("cold", { days: 2, tier: "standard" })).toBe("underway");
    expect((await store.head("cold"))?.archive).toEqual({ state: "thawing" });
    await expect(store.get("cold")).rejects.toMatchObject({ code: "ObjectArchived" });
    bed.cloud.clock.advance(6 * 3_600_000);
    expect((await store.head("cold"))?.archive).toEqual({ state: "thawed", until: expect.any(Date) as Date });
    expect((await store.get("cold")).body.toString()).toBe("cold");
    expect(await store.thaw?.("cold", { days: 10, tier: "bulk" })).toBe("readable");
    const until = (await store.head("cold"))?.archive?.until?.getTime() ?? 0;
    expect(until - bed.cloud.clock.now().getTime()).toBeGreaterThan(9 * 86_400_000);
    bed.cloud.clock.advance(12 * 86_400_000);
    expect((await store.head("cold"))?.archive).toEqual({ state: "archived" });
    expect(await store.thaw?.("hot", { days: 1, tier: "bulk" })).toBe("readable");
    await expect(store.thaw?.("none", { days: 1, tier: "bulk" })).rejects.toMatchObject({ code: "ObjectNotFound" });
    await expect(store.thaw?.("cold", { days: 0, tier: "bulk" })).rejects.toMatchObject({ code: "InvalidOption", context: { path: "days" } });
  });

  it("says that deep archive has no expedited thaw, and when there is no room for one", async () => {
    const store = await bed.openStore({ storageClass: "DEEP_ARCHIVE" });
    const { versionId } = await store.put("cold", Buffer.from("cold"), { temperature: "cold" });
    expect(versionId).toBeUndefined();
    await expect(store.thaw?.("cold", { days: 1, tier: "expedited" })).rejects.toMatchObject({ name: "ConfigurationError", code: "InvalidOption" });
    const end = bed.cloud.faults.inject({ kind: "error", operation: "RestoreObject", code: "GlacierExpeditedRetrievalNotAvailable", status: 503 });
    bed.cloud.calls.clear();
    await expect(store.thaw?.("cold", { days: 1, tier: "expedited" })).rejects.toMatchObject({ code: "ExpeditedThawUnavailable", retryable: true });
    expect(bed.cloud.calls.count()).toBe(1);
    end();
  });
});

async function versionsOf(store: ObjectStore): Promise<ObjectVersions> {
  const versions = await store.versions?.();
  if (versions === undefined) throw new Error("The bucket should have versions.");
  return versions;
}

async function all(versions: ObjectVersions): Promise<ObjectVersion[]> {
  const told: ObjectVersion[] = [];
  for await (const version of versions.list("")) told.push(version);
  return told;
}
