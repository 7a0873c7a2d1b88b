import type { GetBucketVersioningOutput, GetBucketVersioningRequest, PutBucketVersioningRequest } from "@aws-sdk/client-s3";
import { ServiceError, type RequestContext } from "../../../service.js";
import { openBucket } from "../../access/open-bucket.js";
import { malformedXml, notImplemented } from "../../s3-error.js";
import type { S3Environment } from "../../s3-environment.js";

export async function putBucketVersioning(
  environment: S3Environment,
  input: PutBucketVersioningRequest,
  context: RequestContext,
): Promise<Record<string, never>> {
  const bucket = openBucket(environment, context, {
    bucket: input.Bucket,
    expectedOwner: input.ExpectedBucketOwner,
    action: "s3:PutBucketVersioning",
  });
  const status = input.VersioningConfiguration?.Status;
  if (status !== "Enabled" && status !== "Suspended") throw malformedXml();
  if (input.VersioningConfiguration?.MFADelete === "Enabled") throw notImplemented("x-amz-mfa");
  await bucket.changeSettings((settings) => {
    if (status === "Suspended" && settings.objectLock !== undefined) {
      const message = "An Object Lock configuration is present on this bucket, so the versioning state cannot be changed.";
      throw new ServiceError("InvalidBucketState", 409, message);
    }
    return { ...settings, versioning: status };
  });
  return {};
}

export async function getBucketVersioning(
  environment: S3Environment,
  input: GetBucketVersioningRequest,
  context: RequestContext,
): Promise<GetBucketVersioningOutput> {
  const { versioning } = openBucket(environment, context, {
    bucket: input.Bucket,
    expectedOwner: input.ExpectedBucketOwner,
    action: "s3:GetBucketVersioning",
  }).settings;
  return versioning === undefined ? {} : { Status: versioning };
}
