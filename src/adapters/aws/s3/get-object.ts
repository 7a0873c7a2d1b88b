import { createHash } from "node:crypto";
import { ProviderError, type NotFoundError } from "../../../errors/index.js";
import type { GetOptions, ObjectContent } from "../../../ports/index.js";
import { checkWholeSize } from "../../../object-store/byte-range.js";
import { objectNotFound, truncatedObject } from "../../../object-store/store-errors.js";
import type { AwsAttempt } from "../aws-calls.js";
import { describeAwsFailure } from "../aws-failure.js";
import { collectBody, discardBody } from "../collect-body.js";
import { DamagedAnswer } from "../damaged-answer.js";
import type { S3Package } from "../clients/aws-packages.js";
import { setRequestHeader } from "../request-header.js";
import { hotGetObject } from "./hot-get-object.js";
import type { ObjectAnswer } from "./object-answer.js";
import { addressOf, s3Call, type S3Place } from "./s3-place.js";

interface Extent {
  /** The whole object's size. */
  readonly sizeBytes: number;
  readonly lengthBytes: number;
}

/**
 * Reads an object or a range of it. A whole object is checked against the SHA-256 that it was stored with, a range against
 * what was asked for; what is cut off or damaged is read again before it is an `IntegrityError`.
 */
export async function getObject(place: S3Place, name: string, options: GetOptions): Promise<ObjectContent> {
  const call = s3Call(place, {
    operation: "GetObject",
    rateClass: "read",
    permissions: [options.versionId === undefined ? "s3:GetObject" : "s3:GetObjectVersion"],
    deniedHint: "without s3:ListBucket, S3 says the same of an object that is not there",
    name,
    signal: options.signal,
  });
  const content = await place.calls.run(call, async (attempt) => {
    try {
      const content = await read(place, name, options, attempt);
      place.calls.charge(call, content.body.length);
      return content;
    } catch (error) {
      const failure = describeAwsFailure(error);
      if (failure?.code === "InvalidRange" || failure?.httpStatus === 416) return "out-of-range";
      if (failure?.code === "NoSuchKey" || failure?.code === "NoSuchVersion" || failure?.httpStatus === 405) throw missingObject(place, name);
      throw error;
    }
  });
  if (content !== "out-of-range") return content;
  // S3 has no last bytes of an empty object; here they are none.
  if (options.range !== undefined && "suffix" in options.range) return await getObject(place, name, { ...options, range: undefined });
  throw truncatedObject(name, `it ends before byte ${options.range?.offset ?? 0}, which was asked for`);
}

/** The error for an object that is not there. */
export function missingObject({ bucket, keyPrefix }: S3Place, name: string): NotFoundError {
  return objectNotFound(name, `s3://${bucket}/${keyPrefix}`);
}

async function read(place: S3Place, name: string, { range, versionId, into }: GetOptions, attempt: AwsAttempt): Promise<ObjectContent> {
  const hot = place.hot?.bucket(place.bucket);
  if (hot !== undefined) {
    const { keyPrefix, expectedBucketOwner } = place;
    const get = { key: keyPrefix + name, range: rangeHeader(range), versionId, expectedBucketOwner, into: attempt.number === 1 ? into : undefined, signal: attempt.signal };
    const { answer, body } = await hotGetObject(hot, get, (announced) => extentOf(name, range, announced));
    return contentOf(name, range, answer, body);
  }
  const get = (aws: S3Package) => {
    const command = new aws.GetObjectCommand({ ...addressOf(place, name), Range: rangeHeader(range), VersionId: versionId });
    // By a header, not by the client's own option: the client would hash the body a second time.
    if (range === undefined) setRequestHeader(command, "x-amz-checksum-mode", "ENABLED");
    return command;
  };
  const answer = await place.client.send(get, { abortSignal: attempt.signal });
  try {
    return contentOf(name, range, answer, await collectBody(answer.Body, extentOf(name, range, answer).lengthBytes, name));
  } catch (error) {
    discardBody(answer.Body);
    throw error;
  }
}

/** The content, if it is what was asked for and what was stored. */
function contentOf(name: string, range: GetOptions["range"], answer: ObjectAnswer, body: Buffer): ObjectContent {
  const { sizeBytes } = extentOf(name, range, answer);
  if (range === undefined) checkSha256(name, body, answer);
  const { ETag: etag, VersionId, LastModified: modifiedAt } = answer;
  if (etag === undefined) throw malformed(name, "no ETag");
  return { name, sizeBytes, etag, body, ...(VersionId === undefined ? {} : { versionId: VersionId }), ...(modifiedAt === undefined ? {} : { modifiedAt }) };
}

function rangeHeader(range: GetOptions["range"]): string | undefined {
  if (range === undefined) return undefined;
  return "suffix" in range ? `bytes=-${range.suffix}` : `bytes=${range.offset}-${range.offset + range.length - 1}`;
}

/** How much comes, if it is what was asked for. */
function extentOf(name: string, range: GetOptions["range"], { ContentLength: contentLength, ContentRange: contentRange }: ObjectAnswer): Extent {
  if (contentLength === undefined) throw malformed(name, "no Content-Length");
  if (range === undefined) {
    checkWholeSize(name, contentLength, range);
    return { sizeBytes: contentLength, lengthBytes: contentLength };
  }
  // No bytes are no range: of an empty object S3 refuses one, and other servers answer with the whole of it.
  if (contentLength === 0 && contentRange === undefined) {
    if ("suffix" in range) return { sizeBytes: 0, lengthBytes: 0 };
    throw truncatedObject(name, `bytes from ${range.offset} on were asked for, it has none`);
  }
  const [, first, last, total] = /^bytes (\d+)-(\d+)\/(\d+)$/.exec(contentRange ?? "")?.map(Number) ?? [];
  if (first === undefined || last === undefined || total === undefined) throw malformed(name, "no Content-Range for a range");
  const wanted = "suffix" in range ? { first: Math.max(0, total - range.suffix), last: total - 1 } : { first: range.offset, last: range.offset + range.length - 1 };
  if (last < wanted.last && last === total - 1) throw truncatedObject(name, `bytes ${wanted.first} to ${wanted.last} were asked for, it has ${total}`);
  if (first !== wanted.first || last !== wanted.last || contentLength !== last - first + 1) {
    throw new DamagedAnswer("TransferDamaged", `${name}: bytes ${wanted.first} to ${wanted.last} were asked for, ${first} to ${last} came (${contentLength} bytes)`);
  }
  return { sizeBytes: total, lengthBytes: contentLength };
}

function checkSha256(name: string, body: Buffer, { ChecksumSHA256: checksum, ChecksumType: type }: ObjectAnswer): void {
  // The checksum of an object that was put together from parts is one of checksums: `…-3`.
  if (checksum === undefined || type === "COMPOSITE" || checksum.includes("-")) return;
  if (createHash("sha256").update(body).digest("base64") !== checksum) throw new DamagedAnswer("ChecksumMismatch", `${name}: the bytes that arrived do not have the object's SHA-256`);
}

function malformed(name: string, what: string): ProviderError {
  return new ProviderError(`s3:GetObject of ${name} was answered with ${what}: the endpoint does not speak S3 as AWS does.`, { code: "InvalidAnswer", service: "s3", operation: "GetObject", context: { name } });
}
