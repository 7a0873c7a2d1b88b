import { createHash, randomBytes } from "node:crypto";
import * as s3 from "@aws-sdk/client-s3";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { LocalCloud } from "../local-cloud.js";

const Bucket = "through-the-client";
const MIB = 1024 * 1024;
const DAY_MS = 86_400_000;
let cloud: LocalCloud;
let client: s3.S3Client;
/** A client that sends no checksum of its own accord. */
let plainClient: s3.S3Client;

beforeAll(async () => {
  cloud = await LocalCloud.start({ durable: false });
  const options = { ...cloud.connection({ region: "eu-west-1" }), forcePathStyle: true, maxAttempts: 1 };
  client = new s3.S3Client(options);
  plainClient = new s3.S3Client({ ...options, requestChecksumCalculation: "WHEN_REQUIRED", responseChecksumValidation: "WHEN_REQUIRED" });
  await client.send(
    new s3.CreateBucketCommand({
      Bucket,
      CreateBucketConfiguration: { LocationConstraint: "eu-west-1" },
      ObjectLockEnabledForBucket: true,
    }),
  );
});
afterAll(async () => {
  client.destroy();
  plainClient.destroy();
  await cloud.close();
});

async function read(input: Omit<s3.GetObjectCommandInput, "Bucket">): Promise<Buffer> {
  const { Body: body } = await client.send(new s3.GetObjectCommand({ Bucket, ...input }));
  return Buffer.from((await body?.transformToByteArray()) ?? []);
}

async function failure(sent: Promise<unknown>): Promise<{ name: string; status: number | undefined }> {
  try {
    await sent;
  } catch (error) {
    if (error instanceof s3.S3ServiceException) return { name: error.name, status: error.$metadata.httpStatusCode };
    throw error;
  }
  return { name: "succeeded", status: 200 };
}

describe("the local S3, through the AWS client", () => {
  it("stores and gives back objects with whatever checksum the client likes", async () => {
    const Body = randomBytes(3 * MIB);
    for (const ChecksumAlgorithm of [undefined, "CRC32C", "CRC64NVME", "SHA1", "SHA256"] as const) {
      const put = await client.send(new s3.PutObjectCommand({ Bucket, Key: "sum", Body, ChecksumAlgorithm }));
      expect(put[`Checksum${ChecksumAlgorithm ?? "CRC32"}`]).toBeDefined();
      expect(put.ETag).toBe(`"${createHash("md5").update(Body).digest("hex")}"`);
      expect((await read({ Key: "sum" })).equals(Body)).toBe(true);
    }
    const put = await plainClient.send(new s3.PutObjectCommand({ Bucket, Key: "plain", Body }));
    expect(put.ChecksumCRC64NVME).toBeDefined();
    expect((await read({ Key: "plain", Range: "bytes=-10" })).equals(Body.subarray(-10))).toBe(true);
  });

  it("stores streams of known length", async () => {
    const bytes = randomBytes(MIB + 1);
    const { Readable } = await import("node:stream");
    const Body = Readable.from([bytes.subarray(0, 1000), bytes.subarray(1000)]);
    await client.send(new s3.PutObjectCommand({ Bucket, Key: "stream", Body, ContentLength: bytes.length }));
    expect((await read({ Key: "stream" })).equals(bytes)).toBe(true);
  });

  it("keeps keys of any characters", async () => {
    const keys = ["a b+c%20d", "é/ｚ/\u{1F600}", "dots/../here", "//double", "tab\tand&<quote>'\"", "?versionId=x#y"];
    for (const Key of keys) await client.send(new s3.PutObjectCommand({ Bucket, Key: `odd/${Key}`, Body: Key }));
    const listed = await client.send(new s3.ListObjectsV2Command({ Bucket, Prefix: "odd/" }));
    expect(listed.Contents?.map((one) => one.Key)).toEqual(
      keys.map((key) => `odd/${key}`).sort((left, right) => Buffer.compare(Buffer.from(left), Buffer.from(right))),
    );
    for (const Key of keys) expect((await read({ Key: `odd/${Key}` })).toString()).toBe(Key);
    await client.send(new s3.CopyObjectCommand({ Bucket, Key: "copy", CopySource: encodeURIComponent(`${Bucket}/odd/${keys[1] ?? ""}`) }));
    expect((await read({ Key: "copy" })).toString()).toBe(keys[1]);
  });

  it("lets one of fifty concurrent If-None-Match puts win", async () => {
    const outcomes = await Promise.all(
      Array.from({ length: 50 }, (_, at) =>
        failure(client.send(new s3.PutObjectCommand({ Bucket, Key: "race", Body: `writer ${at}`, IfNoneMatch: "*" }))),
      ),
    );
    expect(outcomes.filter(({ name }) => name === "succeeded")).toHaveLength(1);
    expect(outcomes.every(({ status }) => status === 200 || status === 412 || status === 409)).toBe(true);
  });

  it("speaks its errors as the client knows them", async () => {
    expect(await failure(client.send(new s3.GetObjectCommand({ Bucket, Key: "none" })))).toEqual({ name: "NoSuchKey", status: 404 });
    expect(await failure(client.send(new s3.HeadObjectCommand({ Bucket, Key: "none" })))).toEqual({ name: "NotFound", status: 404 });
    expect(await failure(client.send(new s3.HeadBucketCommand({ Bucket: "no-such-bucket" })))).toEqual({ name: "NotFound", status: 404 });
    const { ETag: etag } = await client.send(new s3.PutObjectCommand({ Bucket, Key: "tagged", Body: "x" }));
    const unchanged = await failure(client.send(new s3.GetObjectCommand({ Bucket, Key: "tagged", IfNoneMatch: etag })));
    expect(unchanged.status).toBe(304);
    const range = await failure(client.send(new s3.GetObjectCommand({ Bucket, Key: "tagged", Range: "bytes=5-" })));
    expect(range).toEqual({ name: "InvalidRange", status: 416 });
    const digest = await failure(client.send(new s3.PutObjectCommand({ Bucket, Key: "bad", Body: "x", ChecksumCRC32: "AAAAAA==" })));
    expect(digest).toEqual({ name: "BadDigest", status: 400 });
  });

  it("says in headers that a delete marker is in the way", async () => {
    await client.send(new s3.PutObjectCommand({ Bucket, Key: "marked", Body: "x" }));
    const { VersionId } = await client.send(new s3.DeleteObjectCommand({ Bucket, Key: "marked" }));
    for (const named of [undefined, VersionId]) {
      const error: unknown = await client.send(new s3.HeadObjectCommand({ Bucket, Key: "marked", VersionId: named })).catch((cause: unknown) => cause);
      expect(error).toBeInstanceOf(s3.S3ServiceException);
      const { $response: response } = error as s3.S3ServiceException;
      expect(response?.statusCode).toBe(named === undefined ? 404 : 405);
      expect((response?.headers as Record<string, string>)["x-amz-delete-marker"]).toBe("true");
    }
  });

  it("takes multipart uploads as the client makes them", async () => {
    const pieces = [randomBytes(5 * MIB), randomBytes(MIB)];
    for (const [algorithm, sender] of [[undefined, client], ["SHA256", client], [undefined, plainClient]] as const) {
      const target = { Bucket, Key: "parts" };
      const { UploadId } = await sender.send(new s3.CreateMultipartUploadCommand({ ...target, ChecksumAlgorithm: algorithm }));
      const Parts: s3.CompletedPart[] = [];
      for (const [at, Body] of pieces.entries()) {
        const part = await sender.send(
          new s3.UploadPartCommand({ ...target, UploadId, PartNumber: at + 1, Body, ChecksumAlgorithm: algorithm }),
        );
        const { ETag, ChecksumCRC32, ChecksumSHA256 } = part;
        Parts.push({ PartNumber: at + 1, ETag, ChecksumCRC32, ChecksumSHA256 });
      }
      const done = await sender.send(new s3.CompleteMultipartUploadCommand({ ...target, UploadId, MultipartUpload: { Parts } }));
      expect(done.ETag).toMatch(/^"[0-9a-f]{32}-2"$/);
      expect((await read({ Key: "parts" })).equals(Buffer.concat(pieces))).toBe(true);
      expect((await read({ Key: "parts", PartNumber: 2 })).equals(pieces[1] as Buffer)).toBe(true);
    }
  });

  it("locks objects, and deletes many with a reason for each that it keeps", async () => {
    const until = new Date(cloud.clock.now().getTime() + DAY_MS);
    const { VersionId } = await client.send(
      new s3.PutObjectCommand({ Bucket, Key: "locked", Body: "x", ObjectLockMode: "GOVERNANCE", ObjectLockRetainUntilDate: until }),
    );
    const head = await client.send(new s3.HeadObjectCommand({ Bucket, Key: "locked" }));
    expect(head.ObjectLockMode).toBe("GOVERNANCE");
    expect(Math.abs(Number(head.ObjectLockRetainUntilDate) - until.getTime())).toBeLessThan(1000);
    const Objects = [{ Key: "locked", VersionId }, { Key: "nothing" }];
    for (const sender of [client, plainClient]) {
      const output = await sender.send(new s3.DeleteObjectsCommand({ Bucket, Delete: { Objects } }));
      expect(output.Errors).toMatchObject([{ Key: "locked", VersionId, Code: "AccessDenied" }]);
      expect(output.Deleted).toMatchObject([{ Key: "nothing", DeleteMarker: true }]);
    }
    await client.send(
      new s3.PutObjectRetentionCommand({ Bucket, Key: "locked", Retention: { Mode: "COMPLIANCE", RetainUntilDate: until }, BypassGovernanceRetention: true }),
    );
    const { Retention: retention } = await client.send(new s3.GetObjectRetentionCommand({ Bucket, Key: "locked" }));
    expect(retention?.Mode).toBe("COMPLIANCE");
    await client.send(new s3.PutObjectLegalHoldCommand({ Bucket, Key: "locked", LegalHold: { Status: "ON" } }));
    expect((await client.send(new s3.GetObjectLegalHoldCommand({ Bucket, Key: "locked" }))).LegalHold?.Status).toBe("ON");
  });

  it("gives back what is set of a bucket", async () => {
    await client.send(
      new s3.PutObjectLockConfigurationCommand({ Bucket, ObjectLockConfiguration: { ObjectLockEnabled: "Enabled" } }),
    );
    const lock = await client.send(new s3.GetObjectLockConfigurationCommand({ Bucket }));
    expect(lock.ObjectLockConfiguration).toEqual({ ObjectLockEnabled: "Enabled" });
    expect((await client.send(new s3.GetBucketLocationCommand({ Bucket }))).LocationConstraint).toBe("eu-west-1");
    expect((await client.send(new s3.GetBucketVersioningCommand({ Bucket }))).Status).toBe("Enabled");
    const rule: s3.LifecycleRule = {
      ID: "one", Status: "Enabled", Filter: { Prefix: "p/" }, NoncurrentVersionExpiration: { NoncurrentDays: 7 },
      AbortIncompleteMultipartUpload: { DaysAfterInitiation: 3 },
    };
    await client.send(new s3.PutBucketLifecycleConfigurationCommand({ Bucket, LifecycleConfiguration: { Rules: [rule] } }));
    expect((await client.send(new s3.GetBucketLifecycleConfigurationCommand({ Bucket }))).Rules).toEqual([rule]);
    await client.send(new s3.PutBucketTaggingCommand({ Bucket, Tagging: { TagSet: [{ Key: "k", Value: "v" }] } }));
    expect((await client.send(new s3.GetBucketTaggingCommand({ Bucket }))).TagSet).toEqual([{ Key: "k", Value: "v" }]);
    await client.send(new s3.DeleteBucketTaggingCommand({ Bucket }));
    const Policy = JSON.stringify({ Statement: [{ Effect: "Allow", Principal: "*", Action: "s3:GetObject", Resource: `arn:aws:s3:::${Bucket}/*` }] });
    await client.send(new s3.PutBucketPolicyCommand({ Bucket, Policy }));
    expect((await client.send(new s3.GetBucketPolicyCommand({ Bucket }))).Policy).toBe(Policy);
    await client.send(new s3.DeleteBucketPolicyCommand({ Bucket }));
    expect((await client.send(new s3.GetPublicAccessBlockCommand({ Bucket }))).PublicAccessBlockConfiguration?.BlockPublicAcls).toBe(true);
    expect((await client.send(new s3.GetBucketEncryptionCommand({ Bucket }))).ServerSideEncryptionConfiguration?.Rules).toHaveLength(1);
    expect((await client.send(new s3.ListBucketsCommand({}))).Buckets?.map((bucket) => bucket.Name)).toEqual([Bucket]);
  });

  it("restores archived objects by its clock", async () => {
    const target = { Bucket, Key: "cold" };
    await client.send(new s3.PutObjectCommand({ ...target, Body: "cold", StorageClass: "GLACIER" }));
    expect(await failure(client.send(new s3.GetObjectCommand(target)))).toEqual({ name: "InvalidObjectState", status: 403 });
    await client.send(new s3.RestoreObjectCommand({ ...target, RestoreRequest: { Days: 1, GlacierJobParameters: { Tier: "Standard" } } }));
    expect((await client.send(new s3.HeadObjectCommand(target))).Restore).toBe('ongoing-request="true"');
    cloud.clock.advance(6 * 3_600_000);
    expect((await read({ Key: "cold" })).toString()).toBe("cold");
    const attributes = await client.send(new s3.GetObjectAttributesCommand({ ...target, ObjectAttributes: ["ETag", "StorageClass", "ObjectSize"] }));
    expect(attributes).toMatchObject({ StorageClass: "GLACIER", ObjectSize: 4 });
  });

  it("lists versions in the client's pages", async () => {
    const Prefix = "paged/";
    for (let at = 0; at < 5; at++) await client.send(new s3.PutObjectCommand({ Bucket, Key: `${Prefix}k`, Body: String(at) }));
    const first = await client.send(new s3.ListObjectVersionsCommand({ Bucket, Prefix, MaxKeys: 3 }));
    expect(first).toMatchObject({ IsTruncated: true, NextKeyMarker: `${Prefix}k` });
    const second = await client.send(
      new s3.ListObjectVersionsCommand({ Bucket, Prefix, KeyMarker: first.NextKeyMarker, VersionIdMarker: first.NextVersionIdMarker }),
    );
    expect([...(first.Versions ?? []), ...(second.Versions ?? [])]).toHaveLength(5);
  });

  it("mixes versions and delete markers in a listing, newest first", async () => {
    for (let round = 0; round < 3; round++) {
      await client.send(new s3.PutObjectCommand({ Bucket, Key: "mixed", Body: "x" }));
      await client.send(new s3.DeleteObjectCommand({ Bucket, Key: "mixed" }));
    }
    const command = new s3.ListObjectVersionsCommand({ Bucket, Prefix: "mixed" });
    const elements: string[] = [];
    command.middlewareStack.add(
      (next) => async (args) => {
        const result = await next(args);
        const response = result.response as { body: AsyncIterable<Uint8Array> | Uint8Array };
        const chunks: Uint8Array[] = [];
        for await (const chunk of response.body as AsyncIterable<Uint8Array>) chunks.push(chunk);
        response.body = Buffer.concat(chunks);
        elements.push(...(response.body.toString().match(/<(Version|DeleteMarker)>/g) ?? []));
        return result;
      },
      { step: "deserialize", priority: "low" },
    );
    const { Versions, DeleteMarkers } = await client.send(command);
    expect([Versions?.length, DeleteMarkers?.length]).toEqual([3, 3]);
    expect(elements).toEqual(Array.from({ length: 6 }, (_, index) => (index % 2 === 0 ? "<DeleteMarker>" : "<Version>")));
  });

  it("answers a restore that begins by 202, and one of a restored object by 200", async () => {
    await client.send(new s3.PutObjectCommand({ Bucket, Key: "cold", Body: "x", StorageClass: "GLACIER" }));
    const restore = async (): Promise<number | undefined> =>
      (await client.send(new s3.RestoreObjectCommand({ Bucket, Key: "cold", RestoreRequest: { Days: 1, GlacierJobParameters: { Tier: "Standard" } } }))).$metadata.httpStatusCode;
    expect(await restore()).toBe(202);
    cloud.clock.advance(6 * 3_600_000);
    expect(await restore()).toBe(200);
  });

  it("deletes nothing by a document that does not have its digest", async () => {
    await client.send(new s3.PutObjectCommand({ Bucket, Key: "digest", Body: "x" }));
    const remove = (header: string, value: string): Promise<{ name: string; status: number | undefined }> => {
      const command = new s3.DeleteObjectsCommand({ Bucket, Delete: { Objects: [{ Key: "digest" }] } });
      command.middlewareStack.add(
        (next) => async (args) => {
          const request = args.request as { headers: Record<string, string> };
          request.headers = Object.fromEntries([...Object.entries(request.headers).filter(([name]) => !name.startsWith("x-amz-checksum-")), [header, value]]);
          return await next(args);
        },
        { step: "build", priority: "low" },
      );
      return failure(client.send(command));
    };
    expect(await remove("x-amz-checksum-crc32", "AAAAAA==")).toEqual({ name: "BadDigest", status: 400 });
    expect(await remove("content-md5", createHash("md5").update("another").digest("base64"))).toEqual({ name: "BadDigest", status: 400 });
    expect((await read({ Key: "digest" })).toString()).toBe("x");
    await client.send(new s3.DeleteObjectsCommand({ Bucket, Delete: { Objects: [{ Key: "digest" }] } }));
    expect(await failure(read({ Key: "digest" }))).toMatchObject({ name: "NoSuchKey" });
  });
});
