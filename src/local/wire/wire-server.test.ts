import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import * as ebs from "@aws-sdk/client-ebs";
import * as s3 from "@aws-sdk/client-s3";
import * as sts from "@aws-sdk/client-sts";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ServiceError } from "../service.js";
import type { Operation, RequestContext, ServiceDefinition } from "../service.js";
import type { RequestBody } from "./request-body.js";
import { operation as bare, readAll, startTestServer, TEST_CREDENTIALS, TEST_REGION } from "./wire-server.fixture.js";
import type { TestServer } from "./wire-server.fixture.js";

const BLOCK_BYTES = 524_288;
const block = Buffer.alloc(BLOCK_BYTES, 7);
const digest = createHash("sha256").update(block).digest("base64");
const objects = new Map<string, { readonly bytes: Buffer; readonly metadata: Record<string, string> | undefined }>();
const seen: { input: unknown }[] = [];

function operation(run: (input: never, context: RequestContext) => unknown): Operation {
  return bare((input: never, context) => {
    seen.push({ input });
    return run(input, context);
  });
}

const ebsService: ServiceDefinition = {
  signingName: "ebs",
  protocol: "restJson",
  apiVersion: "2019-11-02",
  schemas: ebs,
  operations: {
    StartSnapshot: operation((input: ebs.StartSnapshotRequest): ebs.StartSnapshotResponse => ({
      SnapshotId: "snap-1",
      VolumeSize: input.VolumeSize,
      StartTime: new Date(1_700_000_000_500),
      Tags: input.Tags,
    })),
    GetSnapshotBlock: operation((input: ebs.GetSnapshotBlockRequest): unknown => {
      if (input.BlockToken === "bad") throw new ServiceError("ValidationException", 400, "No.", { Reason: "INVALID_BLOCK_TOKEN" });
      return { BlockData: block, DataLength: BLOCK_BYTES, Checksum: digest, ChecksumAlgorithm: "SHA256" };
    }),
    PutSnapshotBlock: operation(async (input: { BlockData: Readable }) => {
      const bytes = await readAll(input.BlockData);
      return { Checksum: createHash("sha256").update(bytes).digest("base64"), ChecksumAlgorithm: "SHA256" };
    }),
    ListSnapshotBlocks: operation((input: ebs.ListSnapshotBlocksRequest): ebs.ListSnapshotBlocksResponse => ({
      Blocks: [{ BlockIndex: input.StartingBlockIndex, BlockToken: "a+b/c=" }],
      BlockSize: BLOCK_BYTES,
      ExpiryTime: new Date(1_700_000_000_000),
    })),
  },
};

const s3Service: ServiceDefinition = {
  signingName: "s3",
  protocol: "restXml",
  apiVersion: "2006-03-01",
  xmlNamespace: "http://s3.amazonaws.com/doc/2006-03-01/",
  schemas: s3,
  operations: {
    PutObject: operation(async (input: { Key: string; Body: RequestBody; Metadata?: Record<string, string> }) => {
      const bytes = await readAll(input.Body);
      objects.set(input.Key, { bytes, metadata: input.Metadata });
      return { ETag: `"${createHash("md5").update(bytes).digest("hex")}"`, ...checksums(input.Body) };
    }),
    GetObject: operation((input: s3.GetObjectRequest): unknown => {
      const object = objects.get(input.Key ?? "");
      if (object === undefined) throw new ServiceError("NoSuchKey", 404, "The specified key does not exist.", { Key: input.Key });
      return { Body: Readable.from([object.bytes], { objectMode: false }), ContentLength: object.bytes.length, Metadata: object.metadata };
    }),
    HeadObject: operation((input: s3.HeadObjectRequest): s3.HeadObjectOutput => {
      const object = objects.get(input.Key ?? "");
      if (object === undefined) throw new ServiceError("NoSuchKey", 404, "The specified key does not exist.");
      return { ContentLength: object.bytes.length };
    }),
    ListObjectsV2: operation((): s3.ListObjectsV2Output => ({
      Name: "b",
      IsTruncated: false,
      Contents: [{ Key: "a&<b>\n", Size: 3, LastModified: new Date(1_700_000_000_000) }, { Key: "c" }],
      CommonPrefixes: [{ Prefix: "p/" }],
    })),
    GetBucketLocation: operation((): unknown => ({ LocationConstraint: "eu-west-1" })),
    ListBuckets: operation((): s3.ListBucketsOutput => ({ Buckets: [{ Name: "b" }], Owner: { ID: "1" } })),
    DeleteObjects: operation((input: s3.DeleteObjectsRequest): s3.DeleteObjectsOutput => ({
      Deleted: (input.Delete?.Objects ?? []).map((object) => ({ Key: object.Key })),
      Errors: [{ Key: "x", Code: "AccessDenied" }],
    })),
    PutObjectRetention: operation((): s3.PutObjectRetentionOutput => ({})),
    CopyObject: operation((): s3.CopyObjectOutput => ({ CopyObjectResult: { ETag: '"1"' } })),
    UploadPart: operation(async (input: { Body: Readable }) => ({ ETag: `"${(await readAll(input.Body)).length}"` })),
  },
};

const stsService: ServiceDefinition = {
  signingName: "sts",
  protocol: "awsQuery",
  apiVersion: "2011-06-15",
  xmlNamespace: "https://sts.amazonaws.com/doc/2011-06-15/",
  schemas: sts,
  operations: {
    GetCallerIdentity: operation((_input: unknown, context): sts.GetCallerIdentityResponse => ({ Account: context.accountId, Arn: context.principalArn })),
    AssumeRole: operation((input: sts.AssumeRoleRequest): sts.AssumeRoleResponse => ({
      SourceIdentity: JSON.stringify(input.Tags),
      Credentials: { AccessKeyId: "a", SecretAccessKey: "b", SessionToken: "c", Expiration: new Date(1_700_000_000_000) },
    })),
  },
};

function checksums(body: RequestBody): Record<string, string> {
  const crc32 = body.trailers["x-amz-checksum-crc32"];
  return crc32 === undefined ? {} : { ChecksumCRC32: crc32 };
}

const clients: { destroy(): void }[] = [];
function keep<T extends { destroy(): void }>(client: T): T {
  clients.push(client);
  return client;
}
let server: TestServer;
let ebsClient: ebs.EBSClient;
let s3Client: s3.S3Client;
let stsClient: sts.STSClient;

beforeAll(async () => {
  server = await startTestServer([ebsService, s3Service, stsService]);
  const options = { region: TEST_REGION, endpoint: server.server.endpoint, credentials: TEST_CREDENTIALS, maxAttempts: 1 };
  ebsClient = keep(new ebs.EBSClient(options));
  s3Client = keep(new s3.S3Client({ ...options, forcePathStyle: true }));
  stsClient = keep(new sts.STSClient(options));
});

afterAll(async () => {
  for (const client of clients) client.destroy();
  await server.server.close();
});

describe("EBS over the wire", () => {
  it("reads and writes JSON with numbers as numbers and times as seconds", async () => {
    const answer = await ebsClient.send(new ebs.StartSnapshotCommand({ VolumeSize: 8, Tags: [{ Key: "a", Value: "ø" }], ClientToken: "t" }));
    expect(answer.VolumeSize).toBe(8);
    expect(answer.StartTime?.getTime()).toBe(1_700_000_000_500);
    expect(answer.Tags).toEqual([{ Key: "a", Value: "ø" }]);
    expect(answer.$metadata.httpStatusCode).toBe(201);
    expect(answer.$metadata.requestId).toMatch(/^[0-9a-f-]{36}$/);
  });

  it("carries blocks both ways", async () => {
    const read = await ebsClient.send(new ebs.GetSnapshotBlockCommand({ SnapshotId: "snap-1", BlockIndex: 5, BlockToken: "a+b/c==" }));
    expect(seen.at(-1)?.input).toEqual({ SnapshotId: "snap-1", BlockIndex: 5, BlockToken: "a+b/c==" });
    expect(Buffer.from((await read.BlockData?.transformToByteArray()) ?? []).equals(block)).toBe(true);
    expect(read.DataLength).toBe(BLOCK_BYTES);
    const written = await ebsClient.send(
      new ebs.PutSnapshotBlockCommand({ SnapshotId: "snap-1", BlockIndex: 5, BlockData: block, DataLength: BLOCK_BYTES, Checksum: digest, ChecksumAlgorithm: "SHA256" }),
    );
    expect(written.Checksum).toBe(digest);
  });

  it("gives modelled errors with their members", async () => {
    const error: unknown = await ebsClient
      .send(new ebs.GetSnapshotBlockCommand({ SnapshotId: "snap-1", BlockIndex: 5, BlockToken: "bad" }))
      .catch((cause: unknown) => cause);
    expect(error).toBeInstanceOf(ebs.ValidationException);
    expect(error).toMatchObject({ Reason: "INVALID_BLOCK_TOKEN", message: "No." });
  });

  it("answers UnknownOperationException for what it does not implement", async () => {
    await expect(
      ebsClient.send(new ebs.CompleteSnapshotCommand({ SnapshotId: "snap-1", ChangedBlocksCount: 1 })),
    ).rejects.toMatchObject({ name: "UnknownOperationException" });
  });
});

describe("S3 over the wire", () => {
  it.each(["plain", "a b+c/ø'()*!~", "x//y", "../up", "%41"])("takes the key %s as it is", async (key) => {
    await s3Client.send(new s3.PutObjectCommand({ Bucket: "b", Key: key, Body: "hello", Metadata: { one: "1" } }));
    expect(objects.get(key)?.bytes.toString()).toBe("hello");
    const read = await s3Client.send(new s3.GetObjectCommand({ Bucket: "b", Key: key }));
    expect(await read.Body?.transformToString()).toBe("hello");
    expect(read.Metadata).toEqual({ one: "1" });
  });

  it("decodes streamed bodies with trailing checksums", async () => {
    const bytes = Buffer.alloc(3_000_000, 9);
    const answer = await s3Client.send(
      new s3.PutObjectCommand({ Bucket: "b", Key: "streamed", Body: Readable.from([bytes.subarray(0, 1_000_000), bytes.subarray(1_000_000)]), ContentLength: bytes.length }),
    );
    expect(objects.get("streamed")?.bytes.equals(bytes)).toBe(true);
    expect(answer.ChecksumCRC32).toBeDefined();
    expect(seen.at(-1)?.input).toMatchObject({ ContentLength: bytes.length });
    expect(seen.at(-1)?.input).not.toHaveProperty("ContentEncoding");
  });

  it("tells operations apart that share method and path", async () => {
    await s3Client.send(new s3.UploadPartCommand({ Bucket: "b", Key: "k", PartNumber: 2, UploadId: "u", Body: "abc" }));
    await s3Client.send(new s3.CopyObjectCommand({ Bucket: "b", Key: "k", CopySource: "b/o" }));
    await s3Client.send(new s3.PutObjectRetentionCommand({ Bucket: "b", Key: "k", Retention: { Mode: "COMPLIANCE", RetainUntilDate: new Date(1_900_000_000_000) } }));
    expect(server.calls.list({ service: "s3" }).slice(-3).map((entry) => entry.operation)).toEqual(["UploadPart", "CopyObject", "PutObjectRetention"]);
    expect(seen.at(-1)?.input).toMatchObject({ Retention: { Mode: "COMPLIANCE", RetainUntilDate: new Date(1_900_000_000_000) } });
  });

  it("writes and reads lists, with what XML must escape", async () => {
    const listed = await s3Client.send(new s3.ListObjectsV2Command({ Bucket: "b" }));
    expect(listed.Contents).toMatchObject([{ Key: "a&<b>\n", Size: 3, LastModified: new Date(1_700_000_000_000) }, { Key: "c" }]);
    expect(listed.CommonPrefixes).toEqual([{ Prefix: "p/" }]);
    const deleted = await s3Client.send(new s3.DeleteObjectsCommand({ Bucket: "b", Delete: { Objects: [{ Key: "a&b" }, { Key: "ø" }] } }));
    expect(deleted.Deleted).toEqual([{ Key: "a&b" }, { Key: "ø" }]);
    expect(deleted.Errors).toEqual([{ Key: "x", Code: "AccessDenied" }]);
    expect((await s3Client.send(new s3.GetBucketLocationCommand({ Bucket: "b" }))).LocationConstraint).toBe("eu-west-1");
    expect((await s3Client.send(new s3.ListBucketsCommand({}))).Buckets).toEqual([{ Name: "b" }]);
  });

  it("answers errors as XML, and HEAD without a body", async () => {
    await expect(s3Client.send(new s3.GetObjectCommand({ Bucket: "b", Key: "none" }))).rejects.toBeInstanceOf(s3.NoSuchKey);
    await expect(s3Client.send(new s3.HeadObjectCommand({ Bucket: "b", Key: "none" }))).rejects.toMatchObject({ name: "NotFound" });
    await s3Client.send(new s3.PutObjectCommand({ Bucket: "b", Key: "there", Body: "hello" }));
    expect((await s3Client.send(new s3.HeadObjectCommand({ Bucket: "b", Key: "there" }))).ContentLength).toBe(5);
  });

  it("answers NotImplemented for what it does not implement", async () => {
    await expect(s3Client.send(new s3.GetBucketCorsCommand({ Bucket: "b" }))).rejects.toMatchObject({ name: "NotImplemented", $metadata: { httpStatusCode: 501 } });
  });
});

describe("STS over the wire", () => {
  it("reads forms and writes results", async () => {
    expect(await stsClient.send(new sts.GetCallerIdentityCommand({}))).toMatchObject({ Account: "111122223333" });
    const answer = await stsClient.send(
      new sts.AssumeRoleCommand({ RoleArn: "arn:aws:iam::111122223333:role/r", RoleSessionName: "s", Tags: [{ Key: "a b", Value: "c&d=e" }] }),
    );
    expect(answer.SourceIdentity).toBe('[{"Key":"a b","Value":"c&d=e"}]');
    expect(answer.Credentials?.Expiration).toEqual(new Date(1_700_000_000_000));
  });
});
