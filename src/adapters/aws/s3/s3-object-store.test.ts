import { createHash } from "node:crypto";
import { inspect } from "node:util";
import { GetObjectCommand, GetObjectRetentionCommand, HeadObjectCommand, PutBucketVersioningCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { mockClient } from "aws-sdk-client-mock";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { ObjectInfo, ObjectStore } from "../../../ports/index.js";
import { objectStoreConformance } from "../../../testing/index.js";
import { AwsAccount } from "../aws-account.js";
import { region, S3Bed } from "../../../../test/support/s3-bed.js";
import { s3Storage } from "./s3-storage.js";
import type { S3StorageOptions } from "./s3-storage-options.js";

let bed: S3Bed;
beforeAll(async () => {
  bed = await S3Bed.open();
});
afterEach(() => {
  bed.cloud.faults.removeAll();
});
afterAll(async () => {
  await bed.close();
});

const bytes = Buffer.alloc(300_000, "holdfast keeps what it is given. ");

describe("an S3 object store", () => {
  objectStoreConformance({
    test: it,
    open: () => bed.openStore(),
    reopen: (store) => bed.openStore({ account: bed.openAccount(), bucket: store.location.split("/")[2] ?? "" }),
  });

  it("stores under its prefix, with its SHA-256, cold objects in the storage class, and reads the body once only", async () => {
    const bucket = await bed.makeBucket();
    const store = await bed.openStore({ bucket, storageClass: "STANDARD_IA", expectedBucketOwner: "111122223333" });
    expect(store.location).toBe(`s3://${bucket}/repositories/gold`);
    await store.put("data/1", bytes, { temperature: "cold" });
    await store.put("data/2", bytes);
    expect(await bed.account.s3(region).send(new HeadObjectCommand({ Bucket: bucket, Key: "repositories/gold/data/2" }))).not.toHaveProperty("StorageClass");
    const head = await bed.account.s3(region).send(new HeadObjectCommand({ Bucket: bucket, Key: "repositories/gold/data/1", ChecksumMode: "ENABLED" }));
    expect(head).toMatchObject({ StorageClass: "STANDARD_IA", ContentLength: bytes.length, ChecksumSHA256: createHash("sha256").update(bytes).digest("base64") });
    expect(await names(await bed.openStore({ bucket, prefix: undefined }))).toEqual(["repositories/gold/data/1", "repositories/gold/data/2"]);
    expect(await names(await bed.openStore({ bucket, prefix: "repositories/gol" }))).toEqual([]);
  });

  it("lists thousands of objects page by page, each page when it is needed", async () => {
    const store = await bed.openStore();
    const all = Array.from({ length: 1_100 }, (_, index) => `list/${String(index * 7).padStart(6, "0")}`);
    for (let start = 0; start < all.length; start += 100) await Promise.all(all.slice(start, start + 100).map((name) => store.put(name, Buffer.alloc(0))));
    bed.cloud.calls.clear();
    expect(await names(store, "list/")).toEqual(all);
    expect(bed.cloud.calls.count({ operation: "ListObjectsV2" })).toBe(2);
    expect(await names(store, "list/", "list/006000")).toEqual(all.filter((name) => name > "list/006000"));
    bed.cloud.calls.clear();
    for await (const { name } of store.list("list/")) if (name === all[500]) break;
    expect(bed.cloud.calls.count({ operation: "ListObjectsV2" })).toBe(1);
  });

  it("leaves out keys of other programs that no store takes as names", async () => {
    const bucket = await bed.makeBucket();
    const store = await bed.openStore({ bucket });
    for (const key of ["folder/", "groups/", "a b+c%20d", "\u0001\u{1F600}"]) await bed.account.s3(region).send(new PutObjectCommand({ Bucket: bucket, Key: `repositories/gold/${key}`, Body: "x" }));
    await store.put("groups/own", Buffer.from("x"));
    expect(await names(store)).toEqual(["groups/own"]);
  });

  it("reads the version that is meant on a versioned bucket", async () => {
    const bucket = await bed.makeBucket();
    await bed.account.s3(region).send(new PutBucketVersioningCommand({ Bucket: bucket, VersioningConfiguration: { Status: "Enabled" } }));
    const store = await bed.openStore({ bucket });
    const first = await store.put("v", Buffer.from("first"));
    const second = await store.put("v", Buffer.from("second"));
    expect((await store.get("v", { versionId: first.versionId })).body.toString()).toBe("first");
    expect(await store.head("v", { versionId: first.versionId })).toMatchObject({ etag: first.etag, versionId: first.versionId });
    await store.delete("v", { etag: second.etag });
    expect(await store.head("v")).toBeUndefined();
    await expect(store.get("v")).rejects.toMatchObject({ code: "ObjectNotFound" });
    await expect(store.get("v", { versionId: "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" })).rejects.toMatchObject({ code: "ObjectNotFound" });
    expect((await store.get("v", { versionId: second.versionId })).body.toString()).toBe("second");
  });

  it("locks an object, and says where a bucket cannot", async () => {
    const bucket = await bed.makeBucket({ ObjectLockEnabledForBucket: true });
    const store = await bed.openStore({ bucket });
    const until = new Date(Math.ceil(Date.now() / 1000) * 1000 + 86_400_000);
    await store.put("locked", bytes, { lock: { mode: "COMPLIANCE", until } });
    const { Retention } = await bed.account.s3(region).send(new GetObjectRetentionCommand({ Bucket: bucket, Key: "repositories/gold/locked" }));
    expect(Retention).toEqual({ Mode: "COMPLIANCE", RetainUntilDate: until });
    await expect((await bed.openStore()).put("locked", bytes, { lock: { mode: "COMPLIANCE", until } })).rejects.toMatchObject({ name: "ConfigurationError", code: "ObjectLockNotEnabled" });
  });

  it("asks S3 for no more than it needs", async () => {
    const store = await bed.openStore();
    bed.cloud.calls.clear();
    await store.put("a", bytes, { condition: "absent" });
    await store.get("a");
    await store.head("a");
    await store.head("none");
    await store.head("none");
    await store.delete("a");
    expect(bed.cloud.calls.list().map(({ operation }) => operation)).toEqual(["PutObject", "GetObject", "HeadObject", "HeadObject", "HeadObject", "DeleteObject"]);
  });

  it("works with a mocked client", async () => {
    const s3 = mockClient(new S3Client({ region }));
    s3.on(PutObjectCommand).resolves({ ETag: '"mocked"' });
    const account = new AwsAccount({ region, clients: { s3: s3 as unknown as S3Client } });
    const store = await s3Storage({ account, bucket: "mocked" }).openStore();
    expect(await store.put("a", Buffer.from("x"))).toEqual({ name: "a", sizeBytes: 1, etag: '"mocked"' });
    expect(s3.commandCalls(PutObjectCommand)).toHaveLength(1);
    await account.close();
  });
});

describe("the place of an S3 object store", () => {
  it("is checked before anything is called", () => {
    const { account } = bed;
    bed.cloud.calls.clear();
    const wrong: [unknown, string][] = [
      [{ account, bucket: "UPPER" }, "bucket"],
      [{ account, bucket: "data--use1-az4--x-s3" }, "bucket"],
      [{ account: {}, bucket: "bucket" }, "account"],
      [{ account, bucket: "bucket", prefix: "/a" }, "prefix"],
      [{ account, bucket: "bucket", prefix: "a/../b" }, "prefix"],
      [{ account, bucket: "bucket", storageClass: "FROZEN" }, "storageClass"],
      [{ account, bucket: "bucket", region: "Oslo" }, "region"],
      [{ account, bucket: "bucket", expectedBucketOwner: "me" }, "expectedBucketOwner"],
      [{ account, bucket: "bucket", prefx: "a" }, "prefx"],
    ];
    for (const [options, path] of wrong) expect(() => s3Storage(options as S3StorageOptions)).toThrow(expect.objectContaining({ name: "ConfigurationError", code: "InvalidOption", context: { path } }));
    const storage = s3Storage({ account, bucket: "bucket", prefix: "a/b" });
    expect(storage.location).toBe("s3://bucket/a/b");
    expect(inspect(storage)).toBe("s3Storage(s3://bucket/a/b)");
    expect(bed.cloud.calls.count()).toBe(0);
  });

  it("names a bucket that is not there", async () => {
    const store = await bed.openStore({ bucket: "no-such-bucket" });
    const expected = { name: "NotFoundError", code: "BucketNotFound", message: expect.stringContaining("no-such-bucket") as string };
    await expect(store.get("a")).rejects.toMatchObject(expected);
    await expect(store.head("a")).rejects.toMatchObject(expected);
    await expect(store.put("a", bytes)).rejects.toMatchObject(expected);
    await expect(store.delete("a")).rejects.toMatchObject(expected);
    await expect(names(store)).rejects.toMatchObject(expected);
  });

  it("names the region of a bucket that lies elsewhere", async () => {
    const bucket = await bed.makeBucket({}, "eu-north-1");
    const store = await bed.openStore({ bucket });
    const expected = { name: "ConfigurationError", code: "WrongRegion", message: expect.stringContaining('region: "eu-north-1"') as string };
    await expect(store.put("a", bytes)).rejects.toMatchObject(expected);
    await expect(store.get("a")).rejects.toMatchObject(expected);
    await expect(store.head("a")).rejects.toMatchObject({ code: "WrongRegion" });
    await expect(names(store)).rejects.toMatchObject(expected);
    await (await bed.openStore({ bucket, region: "eu-north-1" })).put("a", bytes);
  });

  it("names the IAM action that is missing, without trying again", async () => {
    const store = await bed.openStore();
    const calls: [string, () => Promise<unknown>][] = [
      ["s3:PutObject", () => store.put("a", bytes)],
      ["s3:GetObject", () => store.get("a")],
      ["s3:GetObject", () => store.head("a")],
      ["s3:ListBucket", () => names(store)],
      ["s3:DeleteObject", () => store.delete("a")],
    ];
    for (const [action, call] of calls) {
      const allow = bed.cloud.deny({ action });
      bed.cloud.calls.clear();
      await expect(call()).rejects.toMatchObject({ name: "ProviderError", code: "AccessDenied", service: "s3", retryable: false, message: expect.stringContaining(`allow ${action} `) as string });
      expect(bed.cloud.calls.count()).toBe(1);
      allow();
    }
    const stranger = await bed.openStore({ bucket: await bed.makeBucket(), expectedBucketOwner: "999999999999" });
    await expect(stranger.put("a", bytes)).rejects.toMatchObject({ code: "AccessDenied", message: expect.stringContaining("another account than 999999999999") as string });
  });
});

describe("an S3 object store over a bad connection", () => {
  const bad = { service: "s3", probability: 0.4 };

  for (const fault of [
    { ...bad, kind: "error" },
    { ...bad, kind: "throttle", probability: 0.2 },
    { ...bad, kind: "reset" },
    { ...bad, kind: "reset", when: "body" },
    { ...bad, kind: "truncate" },
    { ...bad, kind: "lost-response" },
    { ...bad, kind: "latency", ms: 20 },
    { ...bad, operation: "PutObject", kind: "corrupt-request" },
    { ...bad, operation: "GetObject", kind: "corrupt" },
    { service: "s3", kind: "stall", ms: 60_000, times: 2 },
    { service: "s3", operation: "GetObject", kind: "stall", ms: 60_000, times: 2, when: "body" },
  ] as const) {
    it(`stores, finds and gives back everything where some calls meet ${JSON.stringify(fault)}`, async () => {
      const store = await bed.openStore({ account: bed.openAccount({ firstByteTimeoutMs: 200, bodyIdleTimeoutMs: 200, maxAttempts: 30 }) });
      bed.cloud.faults.inject(fault);
      const bodies = Array.from({ length: 12 }, (_, index) => Buffer.alloc(1 + index * 9_973, `body ${index}`));
      await Promise.all(bodies.map((body, index) => store.put(`a/${index}`, body, { condition: "absent" })));
      const swapped = await store.put("a/0", Buffer.from("next"), { condition: { etag: (await store.get("a/0")).etag } });
      expect(await store.head("a/0")).toMatchObject({ etag: swapped.etag });
      for (const [index, body] of bodies.entries()) expect((await store.get(`a/${index}`)).body.equals(index === 0 ? Buffer.from("next") : body)).toBe(true);
      expect(await names(store)).toHaveLength(bodies.length);
      await store.delete("a/3");
      expect(await store.head("a/3")).toBeUndefined();
      expect(bed.cloud.faults.counts().at(-1)?.met).toBeGreaterThan(0);
    });
  }

  it("gets two hundred calls through a burst of two hundred throttles", async () => {
    // What is counted are throttles alone: on a busy machine no answer shall count as late.
    const account = bed.openAccount({ firstByteTimeoutMs: 20_000, attemptTimeoutMs: 20_000, totalTimeoutMs: 60_000 });
    const store = await bed.openStore({ account });
    bed.cloud.faults.inject({ kind: "throttle", service: "s3", operation: "PutObject", times: 200 });
    await Promise.all(Array.from({ length: 200 }, (_, index) => store.put(`burst/${index}`, Buffer.from(`${index}`), { condition: "absent" })));
    expect(await names(store)).toHaveLength(200);
    const bucket = store.location.split("/")[2] ?? "";
    expect(account.calls.ratePerSecond({ service: "s3", operation: "PutObject", region, rateClass: `${bucket}/write` })).not.toBe(Number.POSITIVE_INFINITY);
    expect(account.callCounts().find(({ operation }) => operation === "PutObject")).toMatchObject({ requests: 400, throttled: 200, failed: 0 });
  });

  it("knows that it won although the answer was lost", async () => {
    const store = await bed.openStore();
    bed.cloud.faults.inject({ kind: "lost-response", operation: "PutObject", times: 1 });
    const first = await store.put("commit", bytes, { condition: "absent" });
    expect(first).toEqual({ name: "commit", sizeBytes: bytes.length, etag: (await store.get("commit")).etag });
    bed.cloud.faults.inject({ kind: "lost-response", operation: "PutObject", times: 1 });
    const second = await store.put("commit", Buffer.from("second"), { condition: { etag: first.etag } });
    expect((await store.get("commit")).etag).toBe(second.etag);
  });

  it("knows that it lost, also to a writer of the very same bytes", async () => {
    const store = await bed.openStore();
    await store.put("commit", bytes, { condition: "absent" });
    bed.cloud.faults.inject({ kind: "reset", operation: "PutObject", times: 1 });
    await expect(store.put("commit", bytes, { condition: "absent" })).rejects.toMatchObject({ name: "ConflictError", code: "ConditionFailed" });
  });

  it("lets one of many win where many answers are lost", async () => {
    const store = await bed.openStore({ account: bed.openAccount({ maxAttempts: 20 }) });
    bed.cloud.faults.inject({ kind: "lost-response", operation: "PutObject", probability: 0.5 });
    const outcomes = await Promise.allSettled(Array.from({ length: 30 }, () => store.put("race", bytes, { condition: "absent" })));
    expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    expect(outcomes.every((outcome) => outcome.status === "fulfilled" || (outcome.reason as { code: string }).code === "ConditionFailed")).toBe(true);
  });

  it("tries a conditional put again that meets another one under way", async () => {
    const store = await bed.openStore();
    bed.cloud.faults.inject({ kind: "error", operation: "PutObject", code: "ConditionalRequestConflict", status: 409, times: 3 });
    expect(await store.put("a", bytes, { condition: "absent" })).toMatchObject({ name: "a" });
  });

  it("gives up in the end with an error that says so", async () => {
    const store = await bed.openStore({ account: bed.openAccount({ maxAttempts: 3, firstByteTimeoutMs: 100 }) });
    await store.put("a", bytes);
    const given: [Parameters<typeof bed.cloud.faults.inject>[0], object][] = [
      [{ kind: "reset" }, { name: "ProviderError", code: "Unreachable", retryable: true, context: { attempts: 3 } }],
      [{ kind: "error" }, { name: "ProviderError", code: "ProviderFailed", retryable: true }],
      [{ kind: "stall", ms: 60_000 }, { name: "ProviderError", code: "TimedOut", retryable: true }],
      [{ kind: "corrupt", operation: "GetObject" }, { name: "IntegrityError", code: "ChecksumMismatch", retryable: false }],
      [{ kind: "truncate", operation: "GetObject" }, { retryable: expect.any(Boolean) as boolean }],
    ];
    for (const [fault, expected] of given) {
      const end = bed.cloud.faults.inject(fault);
      await expect(store.get("a")).rejects.toMatchObject(expected);
      end();
    }
    const hurried = await bed.openStore({ account: bed.openAccount({ totalTimeoutMs: 200 }) });
    bed.cloud.faults.inject({ kind: "throttle" });
    await expect(hurried.put("a", bytes)).rejects.toMatchObject({ name: "ProviderError", code: "Throttled", retryable: true });
  });

  it("does not blame the connection for a wrong SHA-256 that it was given", async () => {
    const store = await bed.openStore();
    bed.cloud.calls.clear();
    await expect(store.put("a", bytes, { sha256: Buffer.alloc(32) })).rejects.toMatchObject({ name: "IntegrityError", code: "ChecksumMismatch" });
    expect(bed.cloud.calls.count({ operation: "PutObject" })).toBe(1);
    await expect(store.put("a", bytes, { sha256: Buffer.alloc(31) })).rejects.toMatchObject({ name: "ConfigurationError", code: "InvalidOption" });
  });

  it("ends what is under way with the signal's reason", async () => {
    const store = await bed.openStore();
    await store.put("a", bytes);
    const reason = new Error("enough");
    const get = (signal: AbortSignal): Promise<unknown> => store.get("a", { signal });
    const list = (signal: AbortSignal): Promise<unknown> => names(store, "", undefined, signal);
    const put = (signal: AbortSignal): Promise<unknown> => store.put("b", bytes, { signal });
    for (const [fault, calls] of [
      [{ kind: "stall", ms: 60_000 }, [get, list, put]],
      [{ kind: "stall", ms: 60_000, when: "body" }, [get, list]],
      [{ kind: "throttle" }, [get, list, put]],
      [{ kind: "error" }, [get, list, put]],
    ] as const) {
      const end = bed.cloud.faults.inject({ service: "s3", ...fault });
      for (const call of calls) {
        const controller = new AbortController();
        setTimeout(() => {
          controller.abort(reason);
        }, 30);
        await expect(call(controller.signal)).rejects.toBe(reason);
      }
      end();
    }
  });

  it("reads large objects whole and in parts, many at a time", async () => {
    const store = await bed.openStore();
    const large = Buffer.alloc(24 * 2 ** 20, createHash("sha512").update("large").digest());
    await store.put("large", [large.subarray(0, 7_000_001), large.subarray(7_000_001)]);
    const parts = await Promise.all(Array.from({ length: 24 }, async (_, index) => await store.get("large", { range: { offset: index * 2 ** 20, length: 2 ** 20 } })));
    expect(Buffer.concat(parts.map(({ body }) => body)).equals(large)).toBe(true);
    expect((await store.get("large")).body.equals(large)).toBe(true);
    const whole = await bed.account.s3(region).send(new GetObjectCommand({ Bucket: store.location.split("/")[2], Key: "repositories/gold/large" }));
    expect(await whole.Body?.transformToByteArray()).toHaveLength(large.length);
  });
});

async function names(store: ObjectStore, prefix = "", startAfter?: string, signal?: AbortSignal): Promise<string[]> {
  const found: ObjectInfo[] = [];
  for await (const info of store.list(prefix, { startAfter, signal })) found.push(info);
  return found.map(({ name }) => name);
}
