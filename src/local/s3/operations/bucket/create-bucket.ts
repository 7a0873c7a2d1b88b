import type { CreateBucketOutput, CreateBucketRequest } from "@aws-sdk/client-s3";
import { ServiceError, type RequestContext } from "../../../service.js";
import type { S3Environment } from "../../s3-environment.js";
import { assertBucketName } from "./bucket-name.js";

/** The region that no location constraint stands for. */
export const CLASSIC_REGION = "us-east-1";

export async function createBucket(
  environment: S3Environment,
  input: CreateBucketRequest,
  context: RequestContext,
): Promise<CreateBucketOutput> {
  const name = assertBucketName(input.Bucket);
  const constraint: string | undefined = input.CreateBucketConfiguration?.LocationConstraint;
  if (constraint === CLASSIC_REGION) {
    throw new ServiceError("InvalidLocationConstraint", 400, "The specified location-constraint is not valid", { LocationConstraint: constraint });
  }
  const region = constraint === "EU" ? "eu-west-1" : (constraint ?? CLASSIC_REGION);
  if (region !== context.region) {
    const message = `The ${constraint ?? "unspecified"} location constraint is incompatible for the region specific endpoint this request was sent to.`;
    throw new ServiceError("IllegalLocationConstraintException", 400, message);
  }
  const tags = input.CreateBucketConfiguration?.Tags;
  await environment.storage.createBucket({
    name,
    ownerAccountId: context.accountId,
    region,
    createdAtMs: environment.clock.now().getTime(),
    // Object Lock needs versions: S3 enables both together.
    ...(input.ObjectLockEnabledForBucket === true ? { versioning: "Enabled", objectLock: {} } : {}),
    ...(tags === undefined ? {} : { tags: Object.fromEntries(tags.map((tag) => [tag.Key ?? "", tag.Value ?? ""])) }),
  });
  return { Location: `/${name}`, BucketArn: `arn:aws:s3:::${name}` };
}
