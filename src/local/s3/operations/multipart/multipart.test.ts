import { createHash, randomBytes } from "node:crypto";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createChecksumHash, type ChecksumAlgorithmName } from "../../checksums/checksum-algorithm.js";
import { S3Bed, readBody } from "../../testing/s3-bed.js";
import { getObjectAttributes } from "../get-object-attributes.js";
import { getObject, headObject } from "../get-object.js";
import { putObject } from "../put-object.js";
import { abortMultipartUpload } from "./abort-multipart-upload.js";
import { completeMultipartUpload } from "./complete-multipart-upload.js";
import { createMultipartUpload } from "./create-multipart-upload.js";
import { listMultipartUploads } from "./list-multipart-uploads.js";
import { listParts } from "./list-parts.js";
import { uploadPart, uploadPartCopy } from "./upload-part.js";

const target = { Bucket: "multipart", Key: "k" };
const pieces = [randomBytes(1000), randomBytes(1500), randomBytes(10)];
const whole = Buffer.concat(pieces);
let bed: S3Bed;

beforeEach(async () => {
  bed = await S3Bed.open({ minPartBytes: 1000 });
  await bed.createBucket("multipart");
});
afterEach(() => bed.close());

function digest(algorithm: ChecksumAlgorithmName, bytes: Buffer): string {
  const hash = createChecksumHash(algorithm);
  hash.update(bytes);
  return hash.digest().toString("base64");
}

async function begin(options: { ChecksumAlgorithm?: "CRC32" | "SHA256"; ChecksumType?: "FULL_OBJECT" | "COMPOSITE" } = {}) {
  const { UploadId } = await bed.call(createMultipartUpload, { ...target, ...options });
  return { ...target, UploadId };
}

async function upload(into: { Bucket: string; Key: string; UploadId: string | undefined }) {
  const Parts: { PartNumber: number; ETag: string | undefined }[] = [];
  for (const [at, Body] of pieces.entries()) {
    const { ETag } = await bed.call(uploadPart, { ...into, PartNumber: at + 1, Body });
    Parts.push({ PartNumber: at + 1, ETag });
  }
  return { ...into, MultipartUpload: { Parts } };
}

describe("multipart uploads", () => {
  it("become one object with S3's ETag and a whole CRC64NVME", async () => {
    const into = await begin();
    const completion = await upload(into);
    await bed.restart();
    const listed = await bed.call(listParts, { ...into, MaxParts: 2 });
    expect(listed).toMatchObject({ IsTruncated: true, NextPartNumberMarker: "2", Parts: [{ PartNumber: 1, Size: 1000 }, { PartNumber: 2 }] });
    const output = await bed.call(completeMultipartUpload, completion);
    const md5s = Buffer.concat(pieces.map((piece) => createHash("md5").update(piece).digest()));
    expect(output.ETag).toBe(`"${createHash("md5").update(md5s).digest("hex")}-3"`);
    expect(output.ChecksumCRC64NVME).toBe(digest("CRC64NVME", whole));
    await bed.restart();
    expect((await readBody((await bed.call(getObject, target)).Body)).equals(whole)).toBe(true);
    const across = await bed.call(getObject, { ...target, Range: "bytes=990-2505" });
    expect((await readBody(across.Body)).equals(whole.subarray(990, 2506))).toBe(true);
    const part = await bed.call(getObject, { ...target, PartNumber: 2 });
    expect(part).toMatchObject({ PartsCount: 3, ContentRange: "bytes 1000-2499/2510" });
    expect((await readBody(part.Body)).equals(pieces[1] as Buffer)).toBe(true);
    expect(await bed.refusal(headObject, { ...target, PartNumber: 4 })).toBe("416 InvalidPartNumber");
    expect(await bed.refusal(completeMultipartUpload, completion)).toBe("404 NoSuchUpload");
  });

  it("refuse parts that are out of order, unknown, changed or too small", async () => {
    const into = await begin();
    const completion = await upload(into);
    const [one, two, three] = completion.MultipartUpload.Parts;
    const complete = (...Parts: unknown[]) =>
      bed.refusal(completeMultipartUpload, { ...into, MultipartUpload: { Parts: Parts as (typeof one & object)[] } });
    expect(await complete(two, one)).toBe("400 InvalidPartOrder");
    expect(await complete(one, { PartNumber: 9, ETag: '"0"' })).toBe("400 InvalidPart");
    expect(await complete(one, { ...two, ETag: '"0"' })).toBe("400 InvalidPart");
    expect(await complete(three)).toBe("succeeded");
    const small = await begin();
    await bed.call(uploadPart, { ...small, PartNumber: 1, Body: Buffer.alloc(999) });
    const { ETag: last } = await bed.call(uploadPart, { ...small, PartNumber: 2, Body: Buffer.alloc(1) });
    const ETag = createHash("md5").update(Buffer.alloc(999)).digest("hex");
    const Parts = [{ PartNumber: 1, ETag }, { PartNumber: 2, ETag: last }];
    expect(await bed.refusal(completeMultipartUpload, { ...small, MultipartUpload: { Parts } })).toBe("400 EntityTooSmall");
    expect(await bed.refusal(completeMultipartUpload, { ...small, MultipartUpload: { Parts: [] } })).toBe("400 MalformedXML");
    expect(await bed.refusal(uploadPart, { ...small, PartNumber: 10_001 })).toBe("400 InvalidArgument");
  });

  it("judge conditions when they are completed, and can be completed again after a failure", async () => {
    const completion = await upload(await begin());
    const { ETag } = await bed.call(putObject, { ...target, Body: Buffer.from("before") });
    expect(await bed.refusal(completeMultipartUpload, { ...completion, IfNoneMatch: "*" })).toBe("412 PreconditionFailed");
    expect(await bed.refusal(completeMultipartUpload, { ...completion, IfMatch: '"0"' })).toBe("412 PreconditionFailed");
    expect(await bed.refusal(completeMultipartUpload, { ...completion, IfMatch: ETag, MpuObjectSize: 1 })).toBe("400 InvalidRequest");
    expect(await bed.refusal(completeMultipartUpload, { ...completion, IfMatch: ETag, MpuObjectSize: 2510 })).toBe("succeeded");
  });

  it("let one of several concurrent completions win", async () => {
    const completion = await upload(await begin());
    const outcomes = await Promise.all([1, 2, 3].map(() => bed.refusal(completeMultipartUpload, { ...completion, IfNoneMatch: "*" })));
    expect(outcomes.filter((outcome) => outcome === "succeeded")).toHaveLength(1);
    expect((await readBody((await bed.call(getObject, target)).Body)).equals(whole)).toBe(true);
  });

  it("carry composite checksums, which the completion must list", async () => {
    const into = await begin({ ChecksumAlgorithm: "SHA256" });
    const sums = pieces.map((piece) => digest("SHA256", piece));
    expect(await bed.refusal(uploadPart, { ...into, PartNumber: 1, Body: pieces[0] })).toBe("400 InvalidRequest");
    const Parts = [];
    for (const [at, Body] of pieces.entries()) {
      const ChecksumSHA256 = sums[at];
      const { ETag } = await bed.call(uploadPart, { ...into, PartNumber: at + 1, Body, ChecksumSHA256 });
      Parts.push({ PartNumber: at + 1, ETag, ChecksumSHA256 });
    }
    const without = Parts.map(({ PartNumber, ETag }) => ({ PartNumber, ETag }));
    expect(await bed.refusal(completeMultipartUpload, { ...into, MultipartUpload: { Parts: without } })).toBe("400 InvalidRequest");
    const composite = digest("SHA256", Buffer.concat(sums.map((sum) => Buffer.from(sum, "base64"))));
    const wrong = { ...into, MultipartUpload: { Parts }, ChecksumSHA256: sums[0] };
    expect(await bed.refusal(completeMultipartUpload, wrong)).toBe("400 BadDigest");
    const output = await bed.call(completeMultipartUpload, { ...into, MultipartUpload: { Parts } });
    expect(output).toMatchObject({ ChecksumSHA256: `${composite}-3`, ChecksumType: "COMPOSITE" });
    const attributes = await bed.call(getObjectAttributes, { ...target, ObjectAttributes: ["ObjectParts", "Checksum", "ObjectSize"] });
    expect(attributes).toMatchObject({
      ObjectSize: 2510,
      Checksum: { ChecksumSHA256: `${composite}-3` },
      ObjectParts: { TotalPartsCount: 3, Parts: sums.map((ChecksumSHA256) => ({ ChecksumSHA256 })) },
    });
  });

  it("carry whole CRC32 checksums, verified at completion", async () => {
    const completion = await upload(await begin({ ChecksumAlgorithm: "CRC32", ChecksumType: "FULL_OBJECT" }));
    expect(await bed.refusal(completeMultipartUpload, { ...completion, ChecksumCRC32: "AAAAAA==" })).toBe("400 BadDigest");
    const output = await bed.call(completeMultipartUpload, { ...completion, ChecksumCRC32: digest("CRC32", whole) });
    expect(output.ChecksumType).toBe("FULL_OBJECT");
    expect(await bed.refusal(createMultipartUpload, { ...target, ChecksumAlgorithm: "SHA256", ChecksumType: "FULL_OBJECT" })).toBe("400 InvalidRequest");
  });

  it("copy parts from ranges of other objects", async () => {
    await bed.call(putObject, { Bucket: "multipart", Key: "source é", Body: whole });
    const into = await begin();
    const CopySource = `multipart/${encodeURIComponent("source é")}`;
    const copy = (PartNumber: number, CopySourceRange: string) =>
      bed.call(uploadPartCopy, { ...into, PartNumber, CopySource, CopySourceRange });
    const one = await copy(1, "bytes=0-1499");
    const two = await copy(2, "bytes=1500-2509");
    expect(await bed.refusal(uploadPartCopy, { ...into, PartNumber: 3, CopySource, CopySourceRange: "bytes=0-2510" })).toBe("400 InvalidArgument");
    expect(await bed.refusal(uploadPartCopy, { ...into, PartNumber: 3, CopySource, CopySourceIfMatch: '"0"' })).toBe("412 PreconditionFailed");
    const Parts = [one, two].map(({ CopyPartResult: result }, at) => ({ PartNumber: at + 1, ETag: result?.ETag }));
    await bed.call(completeMultipartUpload, { ...into, MultipartUpload: { Parts } });
    expect((await readBody((await bed.call(getObject, target)).Body)).equals(whole)).toBe(true);
  });

  it("are listed until they are aborted", async () => {
    const into = await begin();
    await bed.call(uploadPart, { ...into, PartNumber: 1, Body: pieces[0] });
    await bed.call(createMultipartUpload, { Bucket: "multipart", Key: "dir/other" });
    await bed.restart();
    const listed = await bed.call(listMultipartUploads, { Bucket: "multipart", Delimiter: "/" });
    expect(listed).toMatchObject({ Uploads: [{ Key: "k", UploadId: into.UploadId }], CommonPrefixes: [{ Prefix: "dir/" }] });
    const page = await bed.call(listMultipartUploads, { Bucket: "multipart", MaxUploads: 1 });
    expect(page).toMatchObject({ IsTruncated: true, NextKeyMarker: "dir/other" });
    await bed.call(abortMultipartUpload, into);
    expect(await bed.refusal(abortMultipartUpload, into)).toBe("404 NoSuchUpload");
    expect(await bed.refusal(uploadPart, { ...into, PartNumber: 1, Body: pieces[0] })).toBe("404 NoSuchUpload");
  });
});

describe("parts and completions at the same time", () => {
  it("never leave an object without its bytes", async () => {
    for (let round = 0; round < 20; round++) {
      const into = await begin();
      const completion = await upload(into);
      const replacement = randomBytes(1000);
      const [completed] = await Promise.all([
        bed.refusal(completeMultipartUpload, completion),
        bed.refusal(uploadPart, { ...into, PartNumber: 1, Body: replacement }),
        bed.refusal(uploadPart, { ...into, PartNumber: 2, Body: replacement }),
      ]);
      if (completed !== "succeeded") continue;
      expect((await readBody((await bed.call(getObject, target)).Body)).equals(whole)).toBe(true);
    }
    await bed.restart();
    expect((await bed.call(listMultipartUploads, { Bucket: "multipart" })).Uploads?.length ?? 0).toBeLessThan(20);
  });
});
