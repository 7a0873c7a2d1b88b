import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { S3Bed, readBody } from "../testing/s3-bed.js";
import { deleteObject } from "./delete-object.js";
import { getObject, headObject } from "./get-object.js";
import { putObject } from "./put-object.js";

const Bucket = "reads";
const bytes = randomBytes(1_500_000);
let bed: S3Bed;
let etag: string | undefined;

beforeAll(async () => {
  bed = await S3Bed.open();
  await bed.createBucket(Bucket);
  ({ ETag: etag } = await bed.call(putObject, {
    Bucket, Key: "k", Body: bytes, ContentType: "text/plain", Metadata: { Colour: "blue" }, CacheControl: "no-store",
  }));
  await bed.call(putObject, { Bucket, Key: "empty" });
});
afterAll(() => bed.close());

async function range(Range: string): Promise<{ bytes: Buffer; contentRange: string | undefined }> {
  const output = await bed.call(getObject, { Bucket, Key: "k", Range });
  const body = await readBody(output.Body);
  expect(output.ContentLength).toBe(body.length);
  return { bytes: body, contentRange: output.ContentRange };
}

describe("reading objects", () => {
  it("gives the bytes and what was stored beside them", async () => {
    const output = await bed.call(getObject, { Bucket, Key: "k" });
    expect((await readBody(output.Body)).equals(bytes)).toBe(true);
    expect(output).toMatchObject({ ContentType: "text/plain", CacheControl: "no-store", Metadata: { colour: "blue" }, ETag: etag });
    expect(output.ContentRange).toBeUndefined();
  });

  it("gives ranges: from-to, open, suffix, beyond the end", async () => {
    const middle = await range("bytes=700000-1400000");
    expect(middle.bytes.equals(bytes.subarray(700_000, 1_400_001))).toBe(true);
    expect(middle.contentRange).toBe("bytes 700000-1400000/1500000");
    expect((await range("bytes=1499999-")).bytes.equals(bytes.subarray(1_499_999))).toBe(true);
    expect((await range("bytes=-3")).bytes.equals(bytes.subarray(-3))).toBe(true);
    expect((await range("bytes=0-99999999")).contentRange).toBe("bytes 0-1499999/1500000");
  });

  it("refuses ranges that can't be, and passes over what is no range", async () => {
    for (const Range of ["bytes=1500000-", "bytes=-0", "bytes=0-1,5-6"]) {
      expect(await bed.refusal(getObject, { Bucket, Key: "k", Range })).toBe("416 InvalidRange");
    }
    expect(await bed.refusal(getObject, { Bucket, Key: "empty", Range: "bytes=0-" })).toBe("416 InvalidRange");
    for (const Range of ["bytes=5-2", "lines=1-2"]) {
      const output = await bed.call(headObject, { Bucket, Key: "k", Range });
      expect(output.ContentLength).toBe(bytes.length);
    }
    expect((await readBody((await bed.call(getObject, { Bucket, Key: "empty" })).Body)).length).toBe(0);
  });

  it("judges conditions, with ETags before dates", async () => {
    const read = (conditions: object) => bed.refusal(headObject, { Bucket, Key: "k", ...conditions });
    const before = new Date(bed.clock.now().getTime() - 3_600_000);
    const after = new Date(bed.clock.now().getTime() + 3_600_000);
    expect(await read({ IfMatch: etag })).toBe("succeeded");
    expect(await read({ IfMatch: '"0"' })).toBe("412 PreconditionFailed");
    expect(await read({ IfMatch: etag, IfUnmodifiedSince: before })).toBe("succeeded");
    expect(await read({ IfNoneMatch: etag })).toBe("304 NotModified");
    expect(await read({ IfNoneMatch: '"0"', IfModifiedSince: after })).toBe("succeeded");
    expect(await read({ IfModifiedSince: after })).toBe("304 NotModified");
    expect(await read({ IfModifiedSince: before })).toBe("succeeded");
    expect(await read({ IfUnmodifiedSince: before })).toBe("412 PreconditionFailed");
  });

  it("answers with the headers that the caller wants instead", async () => {
    const output = await bed.call(headObject, { Bucket, Key: "k", ResponseContentType: "image/png" });
    expect(output.ContentType).toBe("image/png");
  });

  it("gives all bytes of an object that is deleted while it is read", async () => {
    await bed.call(putObject, { Bucket, Key: "fleeting", Body: bytes });
    const { Body: body } = await bed.call(getObject, { Bucket, Key: "fleeting" });
    await bed.call(deleteObject, { Bucket, Key: "fleeting" });
    expect((await readBody(body)).equals(bytes)).toBe(true);
  });

  it("refuses metadata beyond 2 KiB, keys beyond 1,024 bytes and bodies beyond the limit", async () => {
    expect(await bed.refusal(putObject, { Bucket, Key: "m", Metadata: { a: "x".repeat(2048) } })).toBe("400 MetadataTooLarge");
    expect(await bed.refusal(putObject, { Bucket, Key: "é".repeat(513) })).toBe("400 KeyTooLongError");
    expect(await bed.refusal(putObject, { Bucket, Key: "é".repeat(512) })).toBe("succeeded");
    const small = await S3Bed.open({ maxPutBytes: 10 });
    try {
      await small.createBucket(Bucket);
      expect(await small.refusal(putObject, { Bucket, Key: "k", Body: Buffer.alloc(11) })).toBe("400 EntityTooLarge");
    } finally {
      await small.close();
    }
  });
});
