import type {
  _Error as DeleteError,
  DeletedObject,
  DeleteObjectOutput,
  DeleteObjectRequest,
  DeleteObjectsOutput,
  DeleteObjectsRequest,
  ObjectIdentifier,
} from "@aws-sdk/client-s3";
import { ServiceError, type RequestContext } from "../../service.js";
import { assertMayWrite } from "../access/attribute-permissions.js";
import { assertKey, assertMay, mayDo, openBucket, openObject } from "../access/open-bucket.js";
import { malformedXml, notImplemented } from "../s3-error.js";
import type { S3Environment } from "../s3-environment.js";
import type { Bucket } from "../storage/bucket.js";
import { assertDocumentDigest } from "./document-digest.js";
import { removeObject, type RemovedObject } from "./remove-object.js";

const MAX_KEYS = 1000;

export async function deleteObject(
  environment: S3Environment,
  input: DeleteObjectRequest,
  context: RequestContext,
): Promise<DeleteObjectOutput> {
  if (input.IfMatchSize !== undefined || input.IfMatchLastModifiedTime !== undefined) {
    throw notImplemented("x-amz-if-match-size, x-amz-if-match-last-modified-time");
  }
  const { bucket, key } = openObject(environment, context, {
    bucket: input.Bucket,
    key: input.Key,
    expectedOwner: input.ExpectedBucketOwner,
    action: actionOf(input.VersionId),
    conditionKeys: { "s3:versionid": input.VersionId },
  });
  assertMayWrite(bucket, context, key, { IfMatch: input.IfMatch });
  const { versionId, isDeleteMarker } = await removeObject({
    bucket,
    key,
    versionId: input.VersionId,
    ifMatch: input.IfMatch,
    mayBypassGovernance: mayBypass(bucket, context, key, input.BypassGovernanceRetention),
    now: () => environment.clock.now(),
  });
  return {
    ...(versionId === undefined ? {} : { VersionId: versionId }),
    ...(isDeleteMarker ? { DeleteMarker: true } : {}),
  };
}

/** Deletes up to a thousand objects, each for itself: what fails is listed, with its reason. */
export async function deleteObjects(
  environment: S3Environment,
  input: DeleteObjectsRequest,
  context: RequestContext,
): Promise<DeleteObjectsOutput> {
  const bucket = openBucket(environment, context, {
    bucket: input.Bucket,
    expectedOwner: input.ExpectedBucketOwner,
    action: undefined,
  });
  assertDocumentDigest(context);
  const objects = input.Delete?.Objects ?? [];
  if (objects.length === 0 || objects.length > MAX_KEYS) throw malformedXml();
  const deleted: DeletedObject[] = [];
  const errors: DeleteError[] = [];
  for (const object of objects) {
    try {
      const removed = await deleteOne(environment, context, bucket, input, object);
      if (input.Delete?.Quiet !== true) deleted.push(describe(object, removed));
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error;
      errors.push({
        Key: object.Key,
        ...(object.VersionId === undefined ? {} : { VersionId: object.VersionId }),
        Code: error.code,
        Message: error.message,
      });
    }
  }
  return { ...(deleted.length === 0 ? {} : { Deleted: deleted }), ...(errors.length === 0 ? {} : { Errors: errors }) };
}

async function deleteOne(
  environment: S3Environment,
  context: RequestContext,
  bucket: Bucket,
  input: DeleteObjectsRequest,
  object: ObjectIdentifier,
): Promise<RemovedObject> {
  if (object.Size !== undefined || object.LastModifiedTime !== undefined) throw notImplemented("Size, LastModifiedTime");
  const key = assertKey(object.Key);
  const request = {
    action: actionOf(object.VersionId),
    key,
    conditionKeys: { "s3:versionid": object.VersionId, "s3:if-match": object.ETag },
  };
  assertMay(bucket, context, request);
  assertMayWrite(bucket, context, key, { IfMatch: object.ETag });
  return removeObject({
    bucket,
    key,
    versionId: object.VersionId,
    ifMatch: object.ETag,
    mayBypassGovernance: mayBypass(bucket, context, key, input.BypassGovernanceRetention),
    now: () => environment.clock.now(),
  });
}

/** The header counts only for those who have the permission. */
export function mayBypass(bucket: Bucket, context: RequestContext, key: string, isAsked: boolean | undefined): boolean {
  if (isAsked !== true) return false;
  return mayDo(bucket, context, { action: "s3:BypassGovernanceRetention", key });
}

function actionOf(versionId: string | undefined): string {
  return versionId === undefined ? "s3:DeleteObject" : "s3:DeleteObjectVersion";
}

function describe(object: ObjectIdentifier, removed: RemovedObject): DeletedObject {
  return {
    Key: object.Key,
    ...(object.VersionId === undefined ? {} : { VersionId: object.VersionId }),
    ...(removed.isDeleteMarker ? { DeleteMarker: true, DeleteMarkerVersionId: removed.versionId } : {}),
  };
}
