import type { PutObjectRequest } from "@aws-sdk/client-s3";
import { ServiceError } from "../../service.js";
import { invalidArgument, invalidRequest, notImplemented } from "../s3-error.js";
import type { Bucket } from "../storage/bucket.js";
import type { BucketSettings } from "../storage/bucket-settings.js";
import { objectLockMissing } from "../storage/object-lock.js";
import type { ObjectAttributes, ObjectEncryption, ObjectHeaders, Retention } from "../storage/object-version.js";
import { parseTagHeader } from "./tags.js";

/** What user metadata may take: names and values in bytes. Source: Amazon S3 user guide, "Working with object metadata". */
const MAX_METADATA_BYTES = 2048;
const DAY_MS = 24 * 60 * 60 * 1000;
/** The longest retention Object Lock takes: 100 years. */
const MAX_RETENTION_MS = 36_525 * DAY_MS;

const STORAGE_CLASSES: ReadonlySet<string> = new Set([
  "STANDARD",
  "REDUCED_REDUNDANCY",
  "STANDARD_IA",
  "ONEZONE_IA",
  "INTELLIGENT_TIERING",
  "GLACIER",
  "DEEP_ARCHIVE",
  "GLACIER_IR",
]);

/** The members that PutObject, CopyObject and CreateMultipartUpload share. */
export type AttributesInput = Pick<
  PutObjectRequest,
  | "ACL" | "CacheControl" | "ContentDisposition" | "ContentEncoding" | "ContentLanguage" | "ContentType" | "Expires"
  | "WebsiteRedirectLocation" | "Metadata" | "StorageClass" | "Tagging" | "ServerSideEncryption" | "SSEKMSKeyId"
  | "BucketKeyEnabled" | "SSECustomerAlgorithm" | "ObjectLockMode" | "ObjectLockRetainUntilDate" | "ObjectLockLegalHoldStatus"
>;

export function resolveObjectAttributes(input: AttributesInput, bucket: Bucket, nowMs: number): ObjectAttributes {
  if (input.ACL !== undefined && input.ACL !== "bucket-owner-full-control") {
    throw new ServiceError("AccessControlListNotSupported", 400, "The bucket does not allow ACLs");
  }
  if (input.SSECustomerAlgorithm !== undefined) throw notImplemented("x-amz-server-side-encryption-customer-algorithm");
  const storageClass = input.StorageClass ?? "STANDARD";
  if (!STORAGE_CLASSES.has(storageClass)) {
    throw new ServiceError("InvalidStorageClass", 400, "The storage class you specified is not valid", {
      StorageClassRequested: storageClass,
    });
  }
  const retention = resolveRetention(input, bucket, nowMs);
  return {
    headers: resolveHeaders(input),
    metadata: resolveMetadata(input.Metadata ?? {}),
    storageClass,
    tags: parseTagHeader(input.Tagging),
    encryption: resolveEncryption(input, bucket.settings),
    ...(retention === undefined ? {} : { retention }),
    ...(resolveLegalHold(input.ObjectLockLegalHoldStatus, bucket) ? { isLegallyHeld: true } : {}),
  };
}

/** Refuses retention dates that are past or beyond what Object Lock takes. */
export function assertRetainUntil(until: Date, nowMs: number): void {
  if (Number.isNaN(until.getTime())) throw invalidArgument("The retain until date must be a valid date");
  if (until.getTime() <= nowMs) {
    throw invalidArgument("The retain until date must be in the future!", "x-amz-object-lock-retain-until-date", until.toISOString());
  }
  if (until.getTime() > nowMs + MAX_RETENTION_MS) {
    throw invalidArgument("The retain until date is too far in the future", "x-amz-object-lock-retain-until-date", until.toISOString());
  }
}

/** Objects under retention must come with a digest of their own. */
export function assertDigestForLock(attributes: ObjectAttributes, hasDigest: boolean): void {
  if (hasDigest || (attributes.retention === undefined && attributes.isLegallyHeld !== true)) return;
  throw invalidRequest("Content-MD5 OR x-amz-checksum- HTTP header is required for Put Object requests with Object Lock parameters");
}

function resolveHeaders(input: AttributesInput): ObjectHeaders {
  // The transfer coding of a signed stream is no property of the object.
  const encoding = input.ContentEncoding?.split(",").map((part) => part.trim()).filter((part) => part !== "aws-chunked" && part !== "").join(",");
  const headers = {
    CacheControl: input.CacheControl,
    ContentDisposition: input.ContentDisposition,
    ContentEncoding: encoding === "" ? undefined : encoding,
    ContentLanguage: input.ContentLanguage,
    ContentType: input.ContentType ?? "binary/octet-stream",
    Expires: input.Expires?.toUTCString(),
    WebsiteRedirectLocation: input.WebsiteRedirectLocation,
  };
  return Object.fromEntries(Object.entries(headers).filter(([, value]) => value !== undefined));
}

function resolveMetadata(metadata: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const entries = Object.entries(metadata).map(([name, value]) => [name.toLowerCase(), value] as const);
  const sizeBytes = entries.reduce((sum, [name, value]) => sum + Buffer.byteLength(name) + Buffer.byteLength(value), 0);
  if (sizeBytes > MAX_METADATA_BYTES) {
    throw new ServiceError("MetadataTooLarge", 400, "Your metadata headers exceed the maximum allowed metadata size", {
      Size: sizeBytes,
      MaxSizeAllowed: MAX_METADATA_BYTES,
    });
  }
  return Object.fromEntries(entries);
}

function resolveEncryption(input: AttributesInput, settings: BucketSettings): ObjectEncryption {
  const byDefault = settings.encryption?.Rules?.[0];
  const algorithm = input.ServerSideEncryption ?? byDefault?.ApplyServerSideEncryptionByDefault?.SSEAlgorithm ?? "AES256";
  if (!["AES256", "aws:kms", "aws:kms:dsse"].includes(algorithm)) {
    throw invalidArgument("The encryption method specified is not supported", "x-amz-server-side-encryption", algorithm);
  }
  const kmsKeyId =
    input.SSEKMSKeyId ??
    (input.ServerSideEncryption === undefined ? byDefault?.ApplyServerSideEncryptionByDefault?.KMSMasterKeyID : undefined);
  if (algorithm === "AES256") {
    if (input.SSEKMSKeyId === undefined) return { algorithm };
    throw invalidArgument("Server Side Encryption with AWS KMS managed key requires HTTP header x-amz-server-side-encryption : aws:kms");
  }
  const isBucketKeyEnabled = input.BucketKeyEnabled ?? byDefault?.BucketKeyEnabled ?? false;
  return { algorithm, isBucketKeyEnabled, ...(kmsKeyId === undefined ? {} : { kmsKeyId }) };
}

function resolveRetention(input: AttributesInput, bucket: Bucket, nowMs: number): Retention | undefined {
  const { ObjectLockMode: mode, ObjectLockRetainUntilDate: until } = input;
  const { objectLock } = bucket.settings;
  if (mode === undefined && until === undefined) return defaultRetention(bucket.settings, nowMs);
  if (objectLock === undefined) throw objectLockMissing();
  if (mode === undefined || until === undefined) {
    throw invalidArgument("x-amz-object-lock-retain-until-date and x-amz-object-lock-mode must both be supplied");
  }
  if (!isLockMode(mode)) throw invalidArgument("Unknown wormMode directive.", "x-amz-object-lock-mode", mode);
  assertRetainUntil(until, nowMs);
  return { mode, untilMs: until.getTime() };
}

/** What comes over the wire may be any text. */
function isLockMode(mode: string): mode is Retention["mode"] {
  return mode === "GOVERNANCE" || mode === "COMPLIANCE";
}

function defaultRetention(settings: BucketSettings, nowMs: number): Retention | undefined {
  const { Mode: mode, Days: days, Years: years } = settings.objectLock?.defaultRetention ?? {};
  if (mode === undefined) return undefined;
  const until = new Date(nowMs);
  if (years !== undefined) until.setUTCFullYear(until.getUTCFullYear() + years);
  else until.setTime(nowMs + (days ?? 0) * DAY_MS);
  return { mode, untilMs: until.getTime() };
}

function resolveLegalHold(status: string | undefined, bucket: Bucket): boolean {
  if (status === undefined) return false;
  if (bucket.settings.objectLock === undefined) throw objectLockMissing();
  if (status !== "ON" && status !== "OFF") throw invalidArgument("Legal Hold must be either of 'ON' or 'OFF'", "x-amz-object-lock-legal-hold", status);
  return status === "ON";
}
