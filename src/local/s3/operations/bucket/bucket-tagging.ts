import type {
  DeleteBucketTaggingRequest,
  GetBucketTaggingOutput,
  GetBucketTaggingRequest,
  PutBucketTaggingRequest,
} from "@aws-sdk/client-s3";
import { ServiceError, type RequestContext } from "../../../service.js";
import { openBucket } from "../../access/open-bucket.js";
import { malformedXml } from "../../s3-error.js";
import type { S3Environment } from "../../s3-environment.js";
import type { Bucket } from "../../storage/bucket.js";
import { MAX_BUCKET_TAGS, tagRecord, tagSet } from "../tags.js";

export async function putBucketTagging(
  environment: S3Environment,
  input: PutBucketTaggingRequest,
  context: RequestContext,
): Promise<Record<string, never>> {
  const bucket = openTagged(environment, input, context, "s3:PutBucketTagging");
  if (input.Tagging?.TagSet === undefined) throw malformedXml();
  const tags = tagRecord(input.Tagging.TagSet, MAX_BUCKET_TAGS);
  await bucket.changeSettings((settings) => ({ ...settings, tags }));
  return {};
}

export async function getBucketTagging(
  environment: S3Environment,
  input: GetBucketTaggingRequest,
  context: RequestContext,
): Promise<GetBucketTaggingOutput> {
  const { tags } = openTagged(environment, input, context, "s3:GetBucketTagging").settings;
  if (tags === undefined) throw new ServiceError("NoSuchTagSet", 404, "The TagSet does not exist");
  return { TagSet: tagSet(tags) };
}

export async function deleteBucketTagging(
  environment: S3Environment,
  input: DeleteBucketTaggingRequest,
  context: RequestContext,
): Promise<Record<string, never>> {
  const bucket = openTagged(environment, input, context, "s3:PutBucketTagging");
  await bucket.changeSettings((settings) => ({ ...settings, tags: undefined }));
  return {};
}

function openTagged(
  environment: S3Environment,
  input: GetBucketTaggingRequest,
  context: RequestContext,
  action: string,
): Bucket {
  return openBucket(environment, context, { bucket: input.Bucket, expectedOwner: input.ExpectedBucketOwner, action });
}
