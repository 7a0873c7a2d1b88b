import type {
  GetObjectLegalHoldOutput,
  GetObjectLegalHoldRequest,
  GetObjectRetentionOutput,
  GetObjectRetentionRequest,
  PutObjectLegalHoldOutput,
  PutObjectLegalHoldRequest,
  PutObjectRetentionOutput,
  PutObjectRetentionRequest,
} from "@aws-sdk/client-s3";
import { ServiceError, type RequestContext } from "../../service.js";
import { openObject } from "../access/open-bucket.js";
import { malformedXml } from "../s3-error.js";
import type { S3Environment } from "../s3-environment.js";
import type { Bucket } from "../storage/bucket.js";
import { assertRetentionChange, objectLockMissing } from "../storage/object-lock.js";
import type { ObjectVersion, Retention } from "../storage/object-version.js";
import { mayBypass } from "./delete-object.js";
import { findObject } from "./find-version.js";
import { assertRetainUntil } from "./object-attributes.js";

interface LockInput {
  readonly Bucket: string | undefined;
  readonly Key: string | undefined;
  readonly VersionId?: string | undefined;
  readonly ExpectedBucketOwner?: string | undefined;
}

export async function putObjectRetention(
  environment: S3Environment,
  input: PutObjectRetentionRequest,
  context: RequestContext,
): Promise<PutObjectRetentionOutput> {
  const { bucket, key } = openLockable(environment, input, context, "s3:PutObjectRetention");
  const mayBypassGovernance = mayBypass(bucket, context, key, input.BypassGovernanceRetention);
  return bucket.change(key, false, () => {
    const version = findObject(bucket, key, input.VersionId, "PUT");
    const nowMs = environment.clock.now().getTime();
    const retention = parseRetention(input, nowMs);
    assertRetentionChange(version.attributes.retention, retention, nowMs, mayBypassGovernance);
    const changed: ObjectVersion = { ...version, attributes: { ...version.attributes, retention } };
    return { changes: [{ change: "update-version", version: changed }], result: {} };
  });
}

export async function getObjectRetention(
  environment: S3Environment,
  input: GetObjectRetentionRequest,
  context: RequestContext,
): Promise<GetObjectRetentionOutput> {
  const { bucket, key } = openLockable(environment, input, context, "s3:GetObjectRetention");
  const { retention } = findObject(bucket, key, input.VersionId, "GET").attributes;
  if (retention === undefined) throw noLockConfiguration();
  return { Retention: { Mode: retention.mode, RetainUntilDate: new Date(retention.untilMs) } };
}

export async function putObjectLegalHold(
  environment: S3Environment,
  input: PutObjectLegalHoldRequest,
  context: RequestContext,
): Promise<PutObjectLegalHoldOutput> {
  const { bucket, key } = openLockable(environment, input, context, "s3:PutObjectLegalHold");
  const status = input.LegalHold?.Status;
  if (status !== "ON" && status !== "OFF") throw malformedXml();
  return bucket.change(key, false, () => {
    const version = findObject(bucket, key, input.VersionId, "PUT");
    const changed: ObjectVersion = { ...version, attributes: { ...version.attributes, isLegallyHeld: status === "ON" } };
    return { changes: [{ change: "update-version", version: changed }], result: {} };
  });
}

export async function getObjectLegalHold(
  environment: S3Environment,
  input: GetObjectLegalHoldRequest,
  context: RequestContext,
): Promise<GetObjectLegalHoldOutput> {
  const { bucket, key } = openLockable(environment, input, context, "s3:GetObjectLegalHold");
  const { isLegallyHeld } = findObject(bucket, key, input.VersionId, "GET").attributes;
  if (isLegallyHeld === undefined) throw noLockConfiguration();
  return { LegalHold: { Status: isLegallyHeld ? "ON" : "OFF" } };
}

function openLockable(
  environment: S3Environment,
  input: LockInput,
  context: RequestContext,
  action: string,
): { readonly bucket: Bucket; readonly key: string } {
  const opened = openObject(environment, context, {
    bucket: input.Bucket,
    key: input.Key,
    expectedOwner: input.ExpectedBucketOwner,
    action,
    conditionKeys: { "s3:versionid": input.VersionId },
  });
  if (opened.bucket.settings.objectLock === undefined) throw objectLockMissing();
  return opened;
}

/** An empty retention takes it away, where that is allowed. */
function parseRetention(input: PutObjectRetentionRequest, nowMs: number): Retention | undefined {
  const { Mode: mode, RetainUntilDate: until } = input.Retention ?? {};
  if (mode === undefined && until === undefined) return undefined;
  if ((mode !== "GOVERNANCE" && mode !== "COMPLIANCE") || until === undefined) throw malformedXml();
  assertRetainUntil(until, nowMs);
  return { mode, untilMs: until.getTime() };
}

function noLockConfiguration(): ServiceError {
  const message = "The specified object does not have a ObjectLock configuration";
  return new ServiceError("NoSuchObjectLockConfiguration", 404, message);
}
