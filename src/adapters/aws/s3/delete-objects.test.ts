import { DeleteObjectCommand, DeleteObjectsCommand, PutBucketPolicyCommand, S3Client, type DeleteObjectsCommandInput, type DeleteObjectsCommandOutput } from "@aws-sdk/client-s3";
import { mockClient } from "aws-sdk-client-mock";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { ObjectStore } from "../../../ports/index.js";
import { S3Bed, region } from "../../../../test/support/s3-bed.js";
import { AwsAccount } from "../aws-account.js";
import { s3Storage } from "./s3-storage.js";

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

const numbered = (count: number): string[] => Array.from({ length: count }, (_, number) => `many/${String(number)}`);

async function filled(count: number): Promise<{ readonly store: ObjectStore; readonly names: string[] }> {
  const store = await bed.openStore({ account: bed.openAccount({ maxAttempts: 30 }) });
  const names = numbered(count);
  await Promise.all(names.map((name) => store.put(name, Buffer.from(name))));
  bed.cloud.calls.clear();
  return { store, names };
}

async function namesIn(store: ObjectStore): Promise<string[]> {
  const found: string[] = [];
  for await (const { name } of store.list("")) found.push(name);
  return found;
}

describe("the removal of many objects from S3", () => {
  it("is one request", async () => {
    const { store, names } = await filled(40);
    await store.deleteMany?.(names);
    expect(bed.cloud.calls.list().map(({ operation }) => operation)).toEqual(["DeleteObjects"]);
    expect(await namesIn(store)).toEqual([]);
  });

  it("raises a key that must not be removed, by the action that is missing, and removes the others", async () => {
    const { store, names } = await filled(12);
    const bucket = store.location.split("/")[2] ?? "";
    const Statement = [{ Effect: "Deny", Principal: "*", Action: "s3:DeleteObject", Resource: `arn:aws:s3:::${bucket}/repositories/gold/many/7` }];
    await bed.account.s3(region).send(new PutBucketPolicyCommand({ Bucket: bucket, Policy: JSON.stringify({ Version: "2012-10-17", Statement }) }));
    bed.cloud.calls.clear();
    await expect(store.deleteMany?.(names)).rejects.toMatchObject({ name: "ProviderError", code: "AccessDenied", message: expect.stringMatching(/allow s3:DeleteObject .*many\/7/) as string });
    expect(bed.cloud.calls.count()).toBe(1);
    expect(await namesIn(store)).toEqual(["many/7"]);
  });

  it("names the action that is missing altogether, and removes nothing", async () => {
    const { store, names } = await filled(3);
    const allow = bed.cloud.deny({ action: "s3:DeleteObject" });
    await expect(store.deleteMany?.(names)).rejects.toMatchObject({ code: "AccessDenied", message: expect.stringContaining("allow s3:DeleteObject ") as string });
    allow();
    expect(await namesIn(store)).toEqual(names);
  });

  for (const fault of [{ kind: "error" }, { kind: "throttle" }, { kind: "reset" }, { kind: "lost-response" }, { kind: "truncate" }] as const) {
    it(`gets through a connection that meets ${fault.kind}`, async () => {
      const { store, names } = await filled(5);
      bed.cloud.faults.inject({ service: "s3", operation: "DeleteObjects", times: 3, ...fault });
      await store.deleteMany?.(names);
      expect(await namesIn(store)).toEqual([]);
    });
  }

  it("names a bucket that is not there", async () => {
    const store = await bed.openStore({ bucket: "no-such-bucket" });
    await expect(store.deleteMany?.(numbered(2))).rejects.toMatchObject({ name: "NotFoundError", code: "BucketNotFound" });
  });
});

describe("an answer to the removal of many objects", () => {
  const s3 = mockClient(new S3Client({ region }));
  const limits = { baseDelayMs: 0, maxDelayMs: 0, maxAttempts: 4 };
  let account: AwsAccount;
  let store: ObjectStore;
  beforeAll(async () => {
    account = new AwsAccount({ region, clients: { s3: s3 as unknown as S3Client }, limits });
    store = await s3Storage({ account, bucket: "mocked", prefix: "p" }).openStore();
  });
  afterEach(() => {
    s3.reset();
  });
  afterAll(async () => {
    await account.close();
  });

  type Errors = NonNullable<DeleteObjectsCommandOutput["Errors"]>;

  /** Answers, one call after another, with these errors; of the other keys that they are removed. */
  function answer(...turns: readonly Errors[]): void {
    let turn = 0;
    s3.on(DeleteObjectsCommand).callsFake((input: DeleteObjectsCommandInput): DeleteObjectsCommandOutput => {
      const Errors = turns[turn++] ?? [];
      const failed = new Set(Errors.map(({ Key }) => Key));
      return { $metadata: {}, Deleted: (input.Delete?.Objects ?? []).filter(({ Key }) => !failed.has(Key)), Errors };
    });
  }

  function asked(): (string | undefined)[][] {
    return s3.commandCalls(DeleteObjectsCommand).map(({ args: [{ input }] }) => (input.Delete?.Objects ?? []).map(({ Key }) => Key));
  }

  it("has those asked for again that failed for a reason that passes", async () => {
    answer([{ Key: "p/b", Code: "InternalError" }, { Key: "p/c", Code: "SlowDown" }], [{ Key: "p/c", Code: "ServiceUnavailable" }]);
    await store.deleteMany?.(["a", "b", "c"]);
    expect(asked()).toEqual([["p/a", "p/b", "p/c"], ["p/b", "p/c"], ["p/c"]]);
  });

  it("is an error where some fail again and again, and names one", async () => {
    answer(...new Array<Errors>(10).fill([{ Key: "p/b", Code: "InternalError", Message: "We encountered an internal error." }]));
    await expect(store.deleteMany?.(["a", "b"])).rejects.toMatchObject({ name: "ProviderError", code: "ProviderFailed", retryable: true, message: expect.stringContaining("p/b") as string });
    expect(asked()).toHaveLength(4);
  });

  it("is an error where one is refused, once the others are gone that had to be asked for again", async () => {
    answer([{ Key: "p/a", Code: "AccessDenied", Message: "Access Denied" }, { Key: "p/b", Code: "InternalError" }]);
    await expect(store.deleteMany?.(["a", "b", "c"])).rejects.toMatchObject({ code: "AccessDenied", message: expect.stringContaining("p/a") as string });
    expect(asked()).toEqual([["p/a", "p/b", "p/c"], ["p/b"]]);
  });

  it("takes an object for gone that was not there", async () => {
    answer([{ Key: "p/a", Code: "NoSuchKey" }]);
    await store.deleteMany?.(["a", "b"]);
    expect(asked()).toHaveLength(1);
  });

  it("is not believed where it leaves a key out", async () => {
    s3.on(DeleteObjectsCommand).resolves({ Deleted: [{ Key: "p/a" }] });
    await expect(store.deleteMany?.(["a", "b"])).rejects.toMatchObject({ name: "IntegrityError", code: "TransferDamaged", message: expect.stringContaining("such as b") as string });
  });

  it("has each removed by itself from then on where a server does not know the call", async () => {
    const fresh = await s3Storage({ account, bucket: "mocked" }).openStore();
    s3.on(DeleteObjectsCommand).rejects(Object.assign(new Error("A header you provided implies functionality that is not implemented"), { name: "NotImplemented", $fault: "client", $metadata: { httpStatusCode: 501 } }));
    s3.on(DeleteObjectCommand).resolves({});
    await fresh.deleteMany?.(["a", "b", "c"]);
    await fresh.deleteMany?.(["d"]);
    expect(s3.commandCalls(DeleteObjectsCommand)).toHaveLength(1);
    expect(s3.commandCalls(DeleteObjectCommand).map(({ args: [{ input }] }) => input.Key)).toEqual(["a", "b", "c", "d"]);
  });
});
