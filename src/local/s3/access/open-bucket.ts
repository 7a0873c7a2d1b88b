import { ServiceError, type RequestContext } from "../../service.js";
import { accessDenied, invalidArgument } from "../s3-error.js";
import type { S3Environment } from "../s3-environment.js";
import type { Bucket } from "../storage/bucket.js";
import { decide, EVERYTHING } from "../../policies/decide.js";
import type { Decision, Judgement } from "../../policies/decide.js";
import type { ReadKey } from "../../policies/policy-request.js";
import { becauseOf, refusal } from "../../wire/authorizer.js";
import { requestKeys } from "../../wire/request-keys.js";
import { parseBucketPolicy } from "./bucket-policy.js";

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
  if (action !== undefined) assertMay(bucket, context, { ...request, action });
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
  return judge(bucket, context, request).decision === "allowed";
}

/** Runs what finds an object. Who may not list the bucket is not told that there is none. */
export function hidingMissing<T>(bucket: Bucket, context: RequestContext, find: () => T): T {
  try {
    return find();
  } catch (error) {
    const isMissing = error instanceof ServiceError && (error.code === "NoSuchKey" || error.code === "NoSuchVersion");
    if (isMissing) assertMay(bucket, context, { action: "s3:ListBucket" });
    throw error;
  }
}

/** Raises `AccessDenied` unless the caller may do something. */
export function assertMay(bucket: Bucket, context: RequestContext, request: PermissionRequest): void {
  const { decision, judgement } = judge(bucket, context, request);
  if (decision === "allowed") return;
  const { action } = request;
  throw refusal("restXml", { arn: context.principalArn }, { action, resource: arnOf(bucket, request) }, becauseOf(decision, judgement, action));
}

function judge(bucket: Bucket, context: RequestContext, request: PermissionRequest): { readonly decision: Decision; readonly judgement: Judgement } {
  const { ownerAccountId, policy } = bucket.settings;
  const { accountId, principalArn: arn, caller } = context;
  const { action } = request;
  const asked = { action, resource: arnOf(bucket, request), read: requestKeys(context, s3Keys(context, request)) };
  const judgement = caller?.judge(asked) ?? EVERYTHING;
  const principal = { accountId, arn, roleArn: caller?.principal.roleArn };
  const resource = policy === undefined ? ({ verdict: "silent" } as const) : parseBucketPolicy(policy).evaluateFor({ ...asked, principal });
  const isSameAccount = accountId === ownerAccountId;
  // S3 lets the owning account take away a policy that locks everybody out.
  if (resource.verdict === "deny" && isSameAccount && /:root$/.test(arn) && action.endsWith("BucketPolicy")) return { decision: "allowed", judgement };
  return { decision: decide({ judgement, resource, isSameAccount }), judgement };
}

function arnOf(bucket: Bucket, { key }: PermissionRequest): string {
  return `arn:aws:s3:::${bucket.settings.name}${key === undefined ? "" : `/${key}`}`;
}

function s3Keys(context: RequestContext, { conditionKeys }: PermissionRequest): ReadKey {
  const own = new Map(Object.entries(conditionKeys ?? {}).map(([key, value]) => [key.toLowerCase(), value]));
  return (key) => {
    const header = HEADER_CONDITION_KEYS.find((name) => key === `s3:${name}`);
    const value = own.get(key) ?? (header === undefined ? undefined : context.headers[header]);
    return value === undefined ? undefined : [value];
  };
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
