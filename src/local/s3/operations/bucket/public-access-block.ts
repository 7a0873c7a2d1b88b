import type {
  GetPublicAccessBlockOutput,
  GetPublicAccessBlockRequest,
  PublicAccessBlockConfiguration,
  PutPublicAccessBlockRequest,
} from "@aws-sdk/client-s3";
import type { RequestContext } from "../../../service.js";
import { openBucket } from "../../access/open-bucket.js";
import { malformedXml } from "../../s3-error.js";
import type { S3Environment } from "../../s3-environment.js";

/** What every bucket has since April 2023. */
const DEFAULT_BLOCK: PublicAccessBlockConfiguration = {
  BlockPublicAcls: true,
  IgnorePublicAcls: true,
  BlockPublicPolicy: true,
  RestrictPublicBuckets: true,
};

export async function putPublicAccessBlock(
  environment: S3Environment,
  input: PutPublicAccessBlockRequest,
  context: RequestContext,
): Promise<Record<string, never>> {
  const bucket = openBucket(environment, context, {
    bucket: input.Bucket,
    expectedOwner: input.ExpectedBucketOwner,
    action: "s3:PutBucketPublicAccessBlock",
  });
  const block = input.PublicAccessBlockConfiguration;
  if (block === undefined) throw malformedXml();
  const publicAccessBlock: PublicAccessBlockConfiguration = {
    BlockPublicAcls: block.BlockPublicAcls ?? false,
    IgnorePublicAcls: block.IgnorePublicAcls ?? false,
    BlockPublicPolicy: block.BlockPublicPolicy ?? false,
    RestrictPublicBuckets: block.RestrictPublicBuckets ?? false,
  };
  await bucket.changeSettings((settings) => ({ ...settings, publicAccessBlock }));
  return {};
}

export async function getPublicAccessBlock(
  environment: S3Environment,
  input: GetPublicAccessBlockRequest,
  context: RequestContext,
): Promise<GetPublicAccessBlockOutput> {
  const { publicAccessBlock } = openBucket(environment, context, {
    bucket: input.Bucket,
    expectedOwner: input.ExpectedBucketOwner,
    action: "s3:GetBucketPublicAccessBlock",
  }).settings;
  return { PublicAccessBlockConfiguration: publicAccessBlock ?? DEFAULT_BLOCK };
}
