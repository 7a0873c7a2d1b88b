import type {
  DeleteBucketPolicyRequest,
  GetBucketPolicyOutput,
  GetBucketPolicyRequest,
  PutBucketPolicyRequest,
} from "@aws-sdk/client-s3";
import { ServiceError, type RequestContext } from "../../../service.js";
import { assertOnlyOf, parseBucketPolicy } from "../../access/bucket-policy.js";
import { malformedPolicy } from "../../access/malformed-policy.js";
import { openBucket } from "../../access/open-bucket.js";
import type { S3Environment } from "../../s3-environment.js";

/** Source: Amazon S3 user guide, "Policies and permissions": 20 KB. */
const MAX_POLICY_BYTES = 20 * 1024;

export async function putBucketPolicy(
  environment: S3Environment,
  input: PutBucketPolicyRequest,
  context: RequestContext,
): Promise<Record<string, never>> {
  const bucket = openBucket(environment, context, {
    bucket: input.Bucket,
    expectedOwner: input.ExpectedBucketOwner,
    action: "s3:PutBucketPolicy",
  });
  const policy = input.Policy ?? "";
  if (Buffer.byteLength(policy) > MAX_POLICY_BYTES) throw malformedPolicy("Policies must not exceed 20 KB");
  assertOnlyOf(bucket.name, parseBucketPolicy(policy));
  await bucket.changeSettings((settings) => ({ ...settings, policy }));
  return {};
}

export async function getBucketPolicy(
  environment: S3Environment,
  input: GetBucketPolicyRequest,
  context: RequestContext,
): Promise<GetBucketPolicyOutput> {
  const { policy } = openBucket(environment, context, {
    bucket: input.Bucket,
    expectedOwner: input.ExpectedBucketOwner,
    action: "s3:GetBucketPolicy",
  }).settings;
  if (policy === undefined) throw new ServiceError("NoSuchBucketPolicy", 404, "The bucket policy does not exist");
  return { Policy: policy };
}

export async function deleteBucketPolicy(
  environment: S3Environment,
  input: DeleteBucketPolicyRequest,
  context: RequestContext,
): Promise<Record<string, never>> {
  const bucket = openBucket(environment, context, {
    bucket: input.Bucket,
    expectedOwner: input.ExpectedBucketOwner,
    action: "s3:DeleteBucketPolicy",
  });
  await bucket.changeSettings((settings) => ({ ...settings, policy: undefined }));
  return {};
}
