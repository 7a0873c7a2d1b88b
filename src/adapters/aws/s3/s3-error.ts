import { ConfigurationError, ConflictError, NotFoundError, type HoldfastError } from "../../../errors/index.js";
import type { AwsFailure } from "../aws-failure.js";

/** A bucket in its region. */
export interface BucketAddress {
  readonly bucket: string;
  readonly region: string;
}

const redirectCodes = new Set(["PermanentRedirect", "AuthorizationHeaderMalformed", "IllegalLocationConstraintException", "BucketRegionError"]);

/** What S3's own refusals mean, beyond the general. */
export function s3Error({ bucket, region }: BucketAddress, name: string | undefined, failure: AwsFailure): HoldfastError | undefined {
  if (failure.code === "NoSuchBucket") return bucketNotFound({ bucket, region });
  if (failure.httpStatus === 301 || redirectCodes.has(failure.code)) {
    const { bucketRegion } = failure;
    const [where, told] = bucketRegion === undefined ? ["another region", `its region, which "aws s3api get-bucket-location --bucket ${bucket}" tells`] : [bucketRegion, `the option region: "${bucketRegion}"`];
    return new ConfigurationError(`The bucket ${bucket} lies in ${where}, not in ${region}: give s3Storage ${told}.`, {
      code: "WrongRegion",
      context: { bucket, region, bucketRegion: failure.bucketRegion },
    });
  }
  if (failure.code === "InvalidObjectState") {
    return new ConflictError(`${name ?? "An object"} in the bucket ${bucket} is archived and cannot be read at once: thaw it first (repository.thaw, or s3:RestoreObject), and wait until it can be read.`, {
      code: "ObjectArchived",
      context: { name, bucket },
    });
  }
  if (/retain until date must be in the future/i.test(failure.message)) {
    return new ConflictError(`${name ?? "An object"} in the bucket ${bucket} was not locked: that time is past. Take a later one, and check this machine's clock.`, {
      code: "LockRefused",
      context: { name, bucket },
    });
  }
  if (/Object ?Lock ?Configuration/i.test(failure.message) && failure.kind === "refused") {
    return new ConfigurationError(`The bucket ${bucket} has no Object Lock, which immutability needs: enable versioning and Object Lock on it, or leave immutability out.`, {
      code: "ObjectLockNotEnabled",
      context: { bucket },
    });
  }
  return undefined;
}

/** The error for a bucket that is not there. */
export function bucketNotFound({ bucket, region }: BucketAddress): NotFoundError {
  return new NotFoundError(`There is no bucket ${bucket}: make it (aws s3 mb s3://${bucket} --region ${region}), or name another.`, {
    code: "BucketNotFound",
    context: { bucket, region },
  });
}
