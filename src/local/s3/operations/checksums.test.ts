import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { crc32 } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ServiceError } from "../../service.js";
import { S3Bed } from "../testing/s3-bed.js";
import { getObject, headObject } from "./get-object.js";
import { putObject } from "./put-object.js";

const Bucket = "checksums";
const bytes = Buffer.from("the quick brown fox");
const md5 = createHash("md5").update(bytes).digest();
const crc32Value = toBase64(crc32(bytes));
let bed: S3Bed;

beforeAll(async () => {
  bed = await S3Bed.open();
  await bed.createBucket(Bucket);
});
afterAll(() => bed.close());

function toBase64(crc: number): string {
  const digest = Buffer.alloc(4);
  digest.writeUInt32BE(crc);
  return digest.toString("base64");
}

describe("checksums of puts", () => {
  it("make the MD5 the ETag, and add a CRC64NVME where the client sends none", async () => {
    const output = await bed.call(putObject, { Bucket, Key: "plain", Body: bytes });
    expect(output.ETag).toBe(`"${md5.toString("hex")}"`);
    expect(output.ChecksumCRC64NVME).toMatch(/^[A-Za-z0-9+/]{11}=$/);
    expect(output.ChecksumType).toBe("FULL_OBJECT");
  });

  it("verify Content-MD5", async () => {
    const ContentMD5 = md5.toString("base64");
    expect(await bed.refusal(putObject, { Bucket, Key: "md5", Body: bytes, ContentMD5 })).toBe("succeeded");
    const wrong = createHash("md5").update("other").digest("base64");
    expect(await bed.refusal(putObject, { Bucket, Key: "bad", Body: bytes, ContentMD5: wrong })).toBe("400 BadDigest");
    expect(await bed.refusal(putObject, { Bucket, Key: "bad", Body: bytes, ContentMD5: "short" })).toBe("400 InvalidDigest");
    expect(await bed.refusal(headObject, { Bucket, Key: "bad" })).toBe("404 NoSuchKey");
  });

  it("verify a checksum in a header, store it and give it back when asked for", async () => {
    await bed.call(putObject, { Bucket, Key: "header", Body: bytes, ChecksumCRC32: crc32Value });
    expect((await bed.call(headObject, { Bucket, Key: "header" })).ChecksumCRC32).toBeUndefined();
    const head = await bed.call(headObject, { Bucket, Key: "header", ChecksumMode: "ENABLED" });
    expect(head.ChecksumCRC32).toBe(crc32Value);
    const part = await bed.call(getObject, { Bucket, Key: "header", ChecksumMode: "ENABLED", Range: "bytes=0-3" });
    expect(part.ChecksumCRC32).toBeUndefined();
    await expect(bed.call(putObject, { Bucket, Key: "bad", Body: bytes, ChecksumCRC32: toBase64(1) })).rejects.toThrow(
      new ServiceError("BadDigest", 400, "The CRC32 you specified did not match the calculated checksum."),
    );
  });

  it("verify a checksum that follows the body as a trailer", async () => {
    const withTrailer = (value: string) =>
      Object.assign(Readable.from([bytes]), { trailers: { "x-amz-checksum-crc32": value } });
    const headers = { "x-amz-trailer": "x-amz-checksum-crc32" };
    const input = { Bucket, Key: "trailer", ChecksumAlgorithm: "CRC32" } as const;
    const output = await bed.call(putObject, { ...input, Body: withTrailer(crc32Value) }, { headers });
    expect(output.ChecksumCRC32).toBe(crc32Value);
    expect(await bed.refusal(putObject, { ...input, Body: withTrailer(toBase64(1)) }, { headers })).toBe("400 BadDigest");
    expect(await bed.refusal(putObject, { ...input, Body: bytes }, { headers })).toBe("400 InvalidRequest");
  });

  it("refuse two checksums, an algorithm without a value, and a value of the wrong length", async () => {
    const input = { Bucket, Key: "several", Body: bytes };
    const sha = createHash("sha256").update(bytes).digest("base64");
    expect(await bed.refusal(putObject, { ...input, ChecksumCRC32: crc32Value, ChecksumSHA256: sha })).toBe("400 InvalidRequest");
    expect(await bed.refusal(putObject, { ...input, ChecksumAlgorithm: "SHA256" })).toBe("400 InvalidRequest");
    expect(await bed.refusal(putObject, { ...input, ChecksumSHA256: crc32Value })).toBe("400 InvalidRequest");
    expect(await bed.refusal(putObject, { ...input, ChecksumSHA256: sha })).toBe("succeeded");
  });

  it("publish nothing of a body that breaks off", async () => {
    const broken = Readable.from(
      (async function* () {
        yield bytes;
        throw new ServiceError("IncompleteBody", 400, "broken off");
      })(),
    );
    expect(await bed.refusal(putObject, { Bucket, Key: "broken", Body: broken })).toBe("400 IncompleteBody");
    expect(await bed.refusal(putObject, { Bucket, Key: "broken", Body: bytes, ContentLength: 5 })).toBe("400 IncompleteBody");
    expect(await bed.refusal(headObject, { Bucket, Key: "broken" })).toBe("404 NoSuchKey");
  });
});
