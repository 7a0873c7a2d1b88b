import { ServiceError, type RequestContext } from "../../service.js";
import { accessDenied, invalidArgument } from "../s3-error.js";
import type { S3Environment } from "../s3-environment.js";
import type { Bucket } from "../storage/bucket.js";
import { BucketPolicy } from "./bucket-policy.js";

/** Longest key, in bytes of UTF-8. Source: Amazon S3 user guide, "Naming Amazon S3 objects". */
const MAX_KEY_BYTES = 1024;

/** Request headers that bucket policies may ask for, by condition key. */
const HEADER_CONDITION_KEYS = [
  "if-match",
  "if-none-match",
  "x-amz-acl",
  "x-amz-content-sha256",
  "x-amz-copy-source",
  "x-amz-metadata-directive",
  "x-amz-server-side-encryption",
  "x-amz-server-side-encryption-aws-kms-key-id",
  "x-amz-storage-class",
] as const;

export interface BucketRequest {
  readonly bucket: string | undefined;
  readonly expectedOwner: string | undefined;
  /** The permission asked for, e.g. `s3:PutObject`; undefined where the operation asks for each object by itself. */
  readonly action: string | undefined;
  readonly key?: string | undefined;
  /** Further condition keys with their values, e.g. `s3:prefix`. */
  readonly conditionKeys?: Readonly<Record<string, string | undefined>>;
  /** Whether the bucket may lie in another region than the request was signed for. */
  readonly isAnyRegion?: boolean;
}

export interface PermissionRequest extends Pick<BucketRequest, "key" | "conditionKeys"> {
  readonly action: string;
}

/**
 * The bucket of a request, if the caller may do what it asks: the bucket's owner unless its policy denies it, others only where
 * the policy allows it.
 */
export function openBucket(environment: S3Environment, context: RequestContext, request: BucketRequest): Bucket {
  const name = request.bucket ?? "";
  const bucket = environment.storage.bucket(name);
  const { action, expectedOwner } = request;
  if (action !== undefined && !mayDo(bucket, context, { ...request, action })) throw accessDenied();
  if (expectedOwner !== undefined && !/^\d{12}$/.test(expectedOwner)) {
    throw invalidArgument("The value of the expected bucket owner parameter must be an AWS account ID", "x-amz-expected-bucket-owner", expectedOwner);
  }
  if (expectedOwner !== undefined && expectedOwner !== bucket.settings.ownerAccountId) throw accessDenied();
  if (bucket.settings.region !== context.region && request.isAnyRegion !== true) throw permanentRedirect(bucket);
  environment.rates.take(name, isRead(action) ? "read" : "write");
  return bucket;
}

/** The bucket and the key of a request for an object. */
export function openObject(
  environment: S3Environment,
  context: RequestContext,
  request: BucketRequest,
): { readonly bucket: Bucket; readonly key: string } {
  const bucket = openBucket(environment, context, request);
  return { bucket, key: assertKey(request.key) };
}

export function assertKey(key: string | undefined): string {
  if (key === undefined || key === "") throw invalidArgument("The object key must not be empty.", "Key", key);
  const sizeBytes = Buffer.byteLength(key, "utf8");
  if (sizeBytes > MAX_KEY_BYTES) {
    throw new ServiceError("KeyTooLongError", 400, "Your key is too long", { Size: sizeBytes, MaxSizeAllowed: MAX_KEY_BYTES });
  }
  return key;
}

/** Whether the caller may do one thing more than the request needs, e.g. bypass governance. */
export function mayDo(bucket: Bucket, context: RequestContext, request: PermissionRequest): boolean {
  const { ownerAccountId, policy, name } = bucket.settings;
  const isOwner = context.accountId === ownerAccountId;
  if (policy === undefined) return isOwner;
  const bucketArn = `arn:aws:s3:::${name}`;
  const verdict = BucketPolicy.parse(policy).evaluate({
    accountId: context.accountId,
    principalArn: context.principalArn,
    action: request.action,
    resourceArn: request.key === undefined ? bucketArn : `${bucketArn}/${request.key}`,
    conditionKeys: conditionKeysOf(context, request),
  });
  if (verdict === "deny") {
    // S3 lets the owning account take away a policy that locks everybody out.
    return isOwner && /:root$/.test(context.principalArn) && request.action.endsWith("BucketPolicy");
  }
  return verdict === "allow" || isOwner;
}

function conditionKeysOf(context: RequestContext, request: PermissionRequest): Map<string, string> {
  const keys = new Map<string, string>([
    ["aws:principalaccount", context.accountId],
    ["aws:principalarn", context.principalArn],
    ["aws:currenttime", context.clock.now().toISOString()],
    // Requests over loopback count as secure: the usual policy that denies plain HTTP must not stop the local cloud.
    ["aws:securetransport", "true"],
  ]);
  for (const header of HEADER_CONDITION_KEYS) {
    const value = context.headers[header];
    if (value !== undefined) keys.set(`s3:${header}`, value);
  }
  for (const [key, value] of Object.entries(request.conditionKeys ?? {})) {
    if (value !== undefined) keys.set(key.toLowerCase(), value);
  }
  return keys;
}

function isRead(action: string | undefined): boolean {
  return action !== undefined && /^s3:(Get|List)/.test(action);
}

function permanentRedirect(bucket: Bucket): ServiceError {
  const { name, region } = bucket.settings;
  const message =
    "The bucket you are attempting to access must be addressed using the specified endpoint. Please send all future requests to this endpoint.";
  return new ServiceError("PermanentRedirect", 301, message, { BucketName: name, BucketRegion: region });
}
