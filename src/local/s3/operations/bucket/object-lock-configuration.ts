import type {
  DefaultRetention,
  GetObjectLockConfigurationOutput,
  GetObjectLockConfigurationRequest,
  PutObjectLockConfigurationOutput,
  PutObjectLockConfigurationRequest,
} from "@aws-sdk/client-s3";
import { ServiceError, type RequestContext } from "../../../service.js";
import { openBucket } from "../../access/open-bucket.js";
import { invalidArgument, malformedXml } from "../../s3-error.js";
import type { S3Environment } from "../../s3-environment.js";

const MAX_YEARS = 100;
const MAX_DAYS = 36_500;

export async function putObjectLockConfiguration(
  environment: S3Environment,
  input: PutObjectLockConfigurationRequest,
  context: RequestContext,
): Promise<PutObjectLockConfigurationOutput> {
  const bucket = openBucket(environment, context, {
    bucket: input.Bucket,
    expectedOwner: input.ExpectedBucketOwner,
    action: "s3:PutBucketObjectLockConfiguration",
  });
  const configuration = input.ObjectLockConfiguration;
  if (configuration?.ObjectLockEnabled !== "Enabled") throw malformedXml();
  const { Rule: rule } = configuration;
  const defaultRetention = rule === undefined ? undefined : assertDefaultRetention(rule.DefaultRetention);
  await bucket.changeSettings((settings) => {
    if (settings.versioning !== "Enabled") {
      const message = "Versioning must be 'Enabled' on the bucket to apply a Object Lock configuration";
      throw new ServiceError("InvalidBucketState", 409, message);
    }
    return { ...settings, objectLock: defaultRetention === undefined ? {} : { defaultRetention } };
  });
  return {};
}

export async function getObjectLockConfiguration(
  environment: S3Environment,
  input: GetObjectLockConfigurationRequest,
  context: RequestContext,
): Promise<GetObjectLockConfigurationOutput> {
  const { objectLock } = openBucket(environment, context, {
    bucket: input.Bucket,
    expectedOwner: input.ExpectedBucketOwner,
    action: "s3:GetBucketObjectLockConfiguration",
  }).settings;
  if (objectLock === undefined) {
    const message = "Object Lock configuration does not exist for this bucket";
    throw new ServiceError("ObjectLockConfigurationNotFoundError", 404, message);
  }
  const { defaultRetention } = objectLock;
  return {
    ObjectLockConfiguration: {
      ObjectLockEnabled: "Enabled",
      ...(defaultRetention === undefined ? {} : { Rule: { DefaultRetention: defaultRetention } }),
    },
  };
}

function assertDefaultRetention(retention: DefaultRetention | undefined): DefaultRetention {
  const { Mode: mode, Days: days, Years: years } = retention ?? {};
  if (mode !== "GOVERNANCE" && mode !== "COMPLIANCE") throw malformedXml();
  if ((days === undefined) === (years === undefined)) throw malformedXml();
  const [length, longest] = days === undefined ? [years ?? 0, MAX_YEARS] : [days, MAX_DAYS];
  if (!Number.isInteger(length) || length < 1) {
    throw invalidArgument("Default retention period must be a positive integer value.");
  }
  if (length > longest) throw invalidArgument(`Default retention period too large. Maximum is ${longest}.`);
  return { Mode: mode, ...(days === undefined ? { Years: years } : { Days: days }) };
}
