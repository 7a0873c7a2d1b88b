import type {
  GetBucketEncryptionOutput,
  GetBucketEncryptionRequest,
  PutBucketEncryptionRequest,
  ServerSideEncryptionConfiguration,
} from "@aws-sdk/client-s3";
import type { RequestContext } from "../../../service.js";
import { openBucket } from "../../access/open-bucket.js";
import { malformedXml } from "../../s3-error.js";
import type { S3Environment } from "../../s3-environment.js";

/** What every bucket has since January 2023. */
const DEFAULT_ENCRYPTION: ServerSideEncryptionConfiguration = {
  Rules: [{ ApplyServerSideEncryptionByDefault: { SSEAlgorithm: "AES256" }, BucketKeyEnabled: false }],
};

export async function putBucketEncryption(
  environment: S3Environment,
  input: PutBucketEncryptionRequest,
  context: RequestContext,
): Promise<Record<string, never>> {
  const bucket = openBucket(environment, context, {
    bucket: input.Bucket,
    expectedOwner: input.ExpectedBucketOwner,
    action: "s3:PutEncryptionConfiguration",
  });
  const encryption = input.ServerSideEncryptionConfiguration;
  if (encryption === undefined || encryption.Rules?.length !== 1) throw malformedXml();
  await bucket.changeSettings((settings) => ({ ...settings, encryption }));
  return {};
}

export async function getBucketEncryption(
  environment: S3Environment,
  input: GetBucketEncryptionRequest,
  context: RequestContext,
): Promise<GetBucketEncryptionOutput> {
  const { encryption } = openBucket(environment, context, {
    bucket: input.Bucket,
    expectedOwner: input.ExpectedBucketOwner,
    action: "s3:GetEncryptionConfiguration",
  }).settings;
  return { ServerSideEncryptionConfiguration: encryption ?? DEFAULT_ENCRYPTION };
}
