import type {
  DeleteBucketRequest,
  GetBucketLocationOutput,
  GetBucketLocationRequest,
  HeadBucketOutput,
  HeadBucketRequest,
  ListBucketsOutput,
  ListBucketsRequest,
  BucketLocationConstraint,
} from "@aws-sdk/client-s3";
import type { RequestContext } from "../../../service.js";
import { openBucket } from "../../access/open-bucket.js";
import { invalidArgument } from "../../s3-error.js";
import type { S3Environment } from "../../s3-environment.js";
import { CLASSIC_REGION } from "./create-bucket.js";

const MAX_BUCKETS = 10_000;

export async function headBucket(
  environment: S3Environment,
  input: HeadBucketRequest,
  context: RequestContext,
): Promise<HeadBucketOutput> {
  const bucket = openBucket(environment, context, {
    bucket: input.Bucket,
    expectedOwner: input.ExpectedBucketOwner,
    action: "s3:ListBucket",
  });
  return { BucketRegion: bucket.settings.region, BucketArn: `arn:aws:s3:::${bucket.name}`, AccessPointAlias: false };
}

export async function listBuckets(
  environment: S3Environment,
  input: ListBucketsRequest,
  context: RequestContext,
): Promise<ListBucketsOutput> {
  const { MaxBuckets: maxBuckets = MAX_BUCKETS, Prefix: prefix = "", ContinuationToken: token, BucketRegion: region } = input;
  if (!Number.isInteger(maxBuckets) || maxBuckets < 1 || maxBuckets > MAX_BUCKETS) {
    throw invalidArgument("Argument max-buckets must be an integer between 1 and 10000", "max-buckets", maxBuckets);
  }
  const after = token === undefined ? "" : Buffer.from(token, "base64").toString("utf8");
  const following = environment.storage
    .buckets()
    .map((bucket) => bucket.settings)
    .filter((settings) => settings.ownerAccountId === context.accountId && settings.name.startsWith(prefix))
    .filter((settings) => settings.name > after && (region === undefined || settings.region === region));
  const page = following.slice(0, maxBuckets);
  const last = page.at(-1);
  return {
    Owner: { ID: context.accountId },
    Buckets: page.map((settings) => ({
      Name: settings.name,
      CreationDate: new Date(settings.createdAtMs),
      BucketRegion: settings.region,
      BucketArn: `arn:aws:s3:::${settings.name}`,
    })),
    ...(input.Prefix === undefined ? {} : { Prefix: prefix }),
    ...(last !== undefined && following.length > page.length
      ? { ContinuationToken: Buffer.from(last.name, "utf8").toString("base64") }
      : {}),
  };
}

export async function deleteBucket(
  environment: S3Environment,
  input: DeleteBucketRequest,
  context: RequestContext,
): Promise<Record<string, never>> {
  const bucket = openBucket(environment, context, {
    bucket: input.Bucket,
    expectedOwner: input.ExpectedBucketOwner,
    action: "s3:DeleteBucket",
  });
  await environment.storage.deleteBucket(bucket.name);
  return {};
}

export async function getBucketLocation(
  environment: S3Environment,
  input: GetBucketLocationRequest,
  context: RequestContext,
): Promise<GetBucketLocationOutput> {
  const { region } = openBucket(environment, context, {
    bucket: input.Bucket,
    expectedOwner: input.ExpectedBucketOwner,
    action: "s3:GetBucketLocation",
    isAnyRegion: true,
  }).settings;
  return region === CLASSIC_REGION ? {} : { LocationConstraint: region as BucketLocationConstraint };
}
