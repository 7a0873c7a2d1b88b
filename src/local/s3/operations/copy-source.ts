import type { CopyObjectRequest, UploadPartCopyRequest } from "@aws-sdk/client-s3";
import type { RequestContext } from "../../service.js";
import { assertKey, hidingMissing, openBucket } from "../access/open-bucket.js";
import { invalidArgument, notImplemented } from "../s3-error.js";
import type { S3Environment } from "../s3-environment.js";
import type { Bucket } from "../storage/bucket.js";
import type { ObjectVersion } from "../storage/object-version.js";
import { assertReadConditions } from "./conditions.js";
import { findObject } from "./find-version.js";
import { assertReadable } from "./restoration.js";

/** The object that a copy reads, if the caller may read it and the conditions hold. */
export function openCopySource(
  environment: S3Environment,
  input: CopyObjectRequest | UploadPartCopyRequest,
  context: RequestContext,
): { readonly bucket: Bucket; readonly version: ObjectVersion } {
  if (input.CopySourceSSECustomerAlgorithm !== undefined) {
    throw notImplemented("x-amz-copy-source-server-side-encryption-customer-algorithm");
  }
  const { bucket: bucketName, key, versionId } = parseCopySource(input.CopySource ?? "");
  const bucket = openBucket(environment, context, {
    bucket: bucketName,
    key,
    expectedOwner: input.ExpectedSourceBucketOwner,
    action: versionId === undefined ? "s3:GetObject" : "s3:GetObjectVersion",
    isAnyRegion: true,
  });
  const version = hidingMissing(bucket, context, () => findObject(bucket, assertKey(key), versionId, "GET"));
  assertReadConditions(
    version,
    {
      ifMatch: input.CopySourceIfMatch,
      ifNoneMatch: input.CopySourceIfNoneMatch,
      ifModifiedSince: input.CopySourceIfModifiedSince,
      ifUnmodifiedSince: input.CopySourceIfUnmodifiedSince,
    },
    true,
  );
  assertReadable(version, environment.clock.now().getTime());
  return { bucket, version };
}

/** `bucket/key` with an optional slash before it and `?versionId=` behind it, percent-encoded. */
function parseCopySource(header: string): { bucket: string; key: string; versionId: string | undefined } {
  const mark = header.lastIndexOf("?versionId=");
  const path = mark < 0 ? header : header.slice(0, mark);
  const versionId = mark < 0 ? undefined : header.slice(mark + "?versionId=".length);
  let decoded: string;
  try {
    decoded = decodeURIComponent(path).replace(/^\//, "");
  } catch (cause) {
    if (!(cause instanceof URIError)) throw cause;
    throw invalidArgument("Copy Source must be URL encoded", "x-amz-copy-source", header);
  }
  const slash = decoded.indexOf("/");
  if (slash <= 0 || slash === decoded.length - 1) {
    throw invalidArgument("Copy Source must mention the source bucket and key: sourcebucket/sourcekey", "x-amz-copy-source", header);
  }
  return { bucket: decoded.slice(0, slash), key: decoded.slice(slash + 1), versionId };
}
