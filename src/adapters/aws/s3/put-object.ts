import { createHash } from "node:crypto";
import type { PutObjectCommandInput } from "@aws-sdk/client-s3";
import { ConfigurationError, type ConflictError, IntegrityError, ProviderError } from "../../../errors/index.js";
import { conditionFailed } from "../../../object-store/store-errors.js";
import { optionError } from "../../../options/option-error.js";
import type { ObjectInfo, PutOptions } from "../../../ports/index.js";
import type { AwsAttempt, AwsCall } from "../aws-calls.js";
import { describeAwsFailure, type AwsFailure } from "../aws-failure.js";
import type { S3Package } from "../clients/aws-packages.js";
import { leaveBodyUnsigned } from "../request-header.js";
import { hotPutObject } from "./hot-put-object.js";
import { putIdKey } from "./put-id.js";
import { putBody } from "./put-body.js";
import { addressOf, s3Call, type S3Place } from "./s3-place.js";
import type { S3StorageClass } from "./s3-storage-options.js";

/** The largest object of a single PutObject: 5 GiB (Amazon S3 user guide, "Uploading objects"). The engine's packs are far smaller. */
const maxObjectBytes = 5 * 2 ** 30;

interface Put {
  readonly name: string;
  readonly buffers: readonly Uint8Array[];
  readonly sizeBytes: number;
  readonly sha256: Buffer;
  readonly condition: PutOptions["condition"];
  /** Random, the same for all attempts of one conditional put, and kept with the object. */
  readonly putId: string | undefined;
  readonly lock: PutOptions["lock"];
  readonly storageClass: S3StorageClass | undefined;
  readonly signal: AbortSignal | undefined;
}

/**
 * Stores an object with its SHA-256, which S3 checks.
 *
 * A conditional put whose answer was lost may meet its own object when it is tried again. So it leaves a random id with the
 * object, and where a repeated attempt finds the condition false, that id tells whether this put won. (If another writer
 * has replaced the object since, over its own condition, that cannot be told: the conflict is then the present state.)
 */
export async function putObject(place: S3Place, name: string, body: Uint8Array | readonly Uint8Array[], options: PutOptions): Promise<ObjectInfo> {
  const put = resolve(place, name, body, options);
  const call = putCall(place, put);
  return await place.calls.run(call, async (attempt) => {
    try {
      return await send(place, put, attempt);
    } catch (error) {
      const failure = describeAwsFailure(error);
      if (failure === undefined || !isConditionFalse(failure, put)) throw error;
      const own = attempt.isOutcomeUnknown || (failure.clientAttempts ?? 1) > 1 ? await findOwn(place, put, attempt.signal) : undefined;
      if (own !== undefined) return own;
      throw unmet(place, put, failure);
    }
  });
}

function resolve(place: S3Place, name: string, body: Uint8Array | readonly Uint8Array[], options: PutOptions): Put {
  const { condition, lock, temperature = "hot", sha256, signal } = options;
  const buffers = body instanceof Uint8Array ? [body] : body;
  const sizeBytes = buffers.reduce((sum, buffer) => sum + buffer.length, 0);
  if (sizeBytes > maxObjectBytes) throw new ConfigurationError(`The object ${name} has ${sizeBytes} bytes, and one put takes 5 GiB at most: split it.`, { code: "PutTooLarge", context: { name, sizeBytes } });
  if (sha256 !== undefined && sha256.length !== 32) throw optionError("sha256", `must be a SHA-256 of 32 bytes. It has ${sha256.length}.`);
  const putId = condition === undefined ? undefined : place.random.bytes(16).toString("hex");
  return { name, buffers, sizeBytes, sha256: sha256 === undefined ? hashOf(buffers) : Buffer.from(sha256), condition, putId, lock, storageClass: temperature === "cold" ? place.storageClass : undefined, signal };
}

function putCall(place: S3Place, put: Put): AwsCall {
  const { name, lock, signal } = put;
  const permissions = lock === undefined ? ["s3:PutObject"] : ["s3:PutObject", "s3:PutObjectRetention"];
  const call = s3Call(place, { operation: "PutObject", rateClass: "write", permissions, name, signal });
  // S3 found other bytes than the SHA-256 says: either they were damaged on the way, or they were not these from the start.
  const isOursWrong = (failure: AwsFailure): boolean => failure.kind === "damaged" && !hashOf(put.buffers).equals(put.sha256);
  return {
    ...call,
    bodyBytes: put.sizeBytes,
    retry: (failure) => (isOursWrong(failure) ? false : undefined),
    translate: (failure, attempt) => {
      if (!isOursWrong(failure)) return call.translate?.(failure, attempt);
      return new IntegrityError(`${name} was not stored: its bytes do not have the SHA-256 that was given for them. Check this machine's memory, then try again.`, { code: "ChecksumMismatch", context: { name } });
    },
  };
}

async function send(place: S3Place, put: Put, attempt: AwsAttempt): Promise<ObjectInfo> {
  const { name, buffers, sizeBytes, sha256, condition, putId, lock, storageClass } = put;
  const hot = place.hot?.bucket(place.bucket);
  if (hot !== undefined) {
    const { etag, versionId } = await hotPutObject(hot, { ...put, key: place.keyPrefix + name, expectedBucketOwner: place.expectedBucketOwner, signal: attempt.signal });
    if (etag === undefined) throw noEtag("PutObject", name);
    return { name, sizeBytes, etag, ...(versionId === undefined ? {} : { versionId }) };
  }
  const input: PutObjectCommandInput = {
    ...addressOf(place, name),
    Body: putBody(buffers, sizeBytes),
    ContentLength: sizeBytes,
    ContentType: "application/octet-stream",
    ChecksumSHA256: sha256.toString("base64"),
    StorageClass: storageClass,
    ...(condition === "absent" ? { IfNoneMatch: "*" } : condition === undefined ? {} : { IfMatch: condition.etag }),
    ...(putId === undefined ? {} : { Metadata: { [putIdKey]: putId } }),
    // "The Content-MD5 or x-amz-sdk-checksum-algorithm header is required for any request to upload an object with a retention period" (PutObject).
    ...(lock === undefined ? {} : { ObjectLockMode: lock.mode, ObjectLockRetainUntilDate: lock.until, ChecksumAlgorithm: "SHA256" }),
  };
  const unsigned = (aws: S3Package) => {
    const command = new aws.PutObjectCommand(input);
    leaveBodyUnsigned(command);
    return command;
  };
  const { ETag: etag, VersionId: versionId } = await place.client.send(unsigned, { abortSignal: attempt.signal });
  if (etag === undefined) throw noEtag("PutObject", name);
  return { name, sizeBytes, etag, ...(versionId === undefined ? {} : { versionId }) };
}

/** The object that an earlier attempt of this very put stored, if it is the one there now. */
async function findOwn(place: S3Place, put: Put, signal: AbortSignal): Promise<ObjectInfo | undefined> {
  const { name, sizeBytes, putId } = put;
  const call = s3Call(place, { operation: "HeadObject", rateClass: "read", permissions: ["s3:GetObject"], name, signal });
  return await place.calls.run(call, async (attempt) => {
    try {
      const found = await place.client.send((aws) => new aws.HeadObjectCommand(addressOf(place, name)), { abortSignal: attempt.signal });
      if (found.Metadata?.[putIdKey] !== putId || found.ContentLength !== sizeBytes) return undefined;
      if (found.ETag === undefined) throw noEtag("HeadObject", name);
      return { name, sizeBytes, etag: found.ETag, ...(found.VersionId === undefined ? {} : { versionId: found.VersionId }) };
    } catch (error) {
      if (describeAwsFailure(error)?.httpStatus === 404) return undefined;
      throw error;
    }
  });
}

function isConditionFalse(failure: AwsFailure, { condition }: Put): boolean {
  if (condition === undefined) return false;
  // If-Match over an object that is gone is answered by 404.
  return failure.httpStatus === 412 || failure.code === "PreconditionFailed" || (condition !== "absent" && failure.code === "NoSuchKey");
}

function unmet({ bucket }: S3Place, { name, condition }: Put, failure: AwsFailure): ConflictError {
  const reason = condition === "absent" ? "there is already an object of that name" : failure.code === "NoSuchKey" ? "there is no object of that name any more" : "somebody else changed it";
  return conditionFailed(name, reason, { bucket });
}

function noEtag(operation: string, name: string): ProviderError {
  return new ProviderError(`s3:${operation} of ${name} gave no ETag: the endpoint does not speak S3 as AWS does.`, { code: "InvalidAnswer", service: "s3", operation, context: { name } });
}

function hashOf(buffers: readonly Uint8Array[]): Buffer {
  const hash = createHash("sha256");
  for (const buffer of buffers) hash.update(buffer);
  return hash.digest();
}
