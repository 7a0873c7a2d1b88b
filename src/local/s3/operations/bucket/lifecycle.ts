import type {
  DeleteBucketLifecycleRequest,
  GetBucketLifecycleConfigurationOutput,
  GetBucketLifecycleConfigurationRequest,
  LifecycleRule,
  PutBucketLifecycleConfigurationOutput,
  PutBucketLifecycleConfigurationRequest,
} from "@aws-sdk/client-s3";
import { ServiceError, type RequestContext } from "../../../service.js";
import { openBucket } from "../../access/open-bucket.js";
import { invalidArgument, invalidRequest, malformedXml } from "../../s3-error.js";
import type { S3Environment } from "../../s3-environment.js";

const MAX_RULES = 1000;
const MAX_ID_CHARACTERS = 255;

export async function putBucketLifecycleConfiguration(
  environment: S3Environment,
  input: PutBucketLifecycleConfigurationRequest,
  context: RequestContext,
): Promise<PutBucketLifecycleConfigurationOutput> {
  const bucket = openBucket(environment, context, {
    bucket: input.Bucket,
    expectedOwner: input.ExpectedBucketOwner,
    action: "s3:PutLifecycleConfiguration",
  });
  const rules = (input.LifecycleConfiguration?.Rules ?? []).map(assertRule);
  if (rules.length === 0 || rules.length > MAX_RULES) throw malformedXml();
  const ids = new Set(rules.map((rule) => rule.ID));
  if (ids.size !== rules.length) throw invalidArgument("RuleId must be unique. Found same ID for more than one rule");
  const minimumObjectSize = input.TransitionDefaultMinimumObjectSize ?? "all_storage_classes_128K";
  await bucket.changeSettings((settings) => ({ ...settings, lifecycle: { rules, minimumObjectSize } }));
  return { TransitionDefaultMinimumObjectSize: minimumObjectSize };
}

export async function getBucketLifecycleConfiguration(
  environment: S3Environment,
  input: GetBucketLifecycleConfigurationRequest,
  context: RequestContext,
): Promise<GetBucketLifecycleConfigurationOutput> {
  const { lifecycle } = openBucket(environment, context, {
    bucket: input.Bucket,
    expectedOwner: input.ExpectedBucketOwner,
    action: "s3:GetLifecycleConfiguration",
  }).settings;
  if (lifecycle === undefined) {
    throw new ServiceError("NoSuchLifecycleConfiguration", 404, "The lifecycle configuration does not exist");
  }
  return {
    Rules: lifecycle.rules.map(withDates),
    ...(lifecycle.minimumObjectSize === undefined
      ? {}
      : { TransitionDefaultMinimumObjectSize: lifecycle.minimumObjectSize }),
  };
}

export async function deleteBucketLifecycle(
  environment: S3Environment,
  input: DeleteBucketLifecycleRequest,
  context: RequestContext,
): Promise<Record<string, never>> {
  const bucket = openBucket(environment, context, {
    bucket: input.Bucket,
    expectedOwner: input.ExpectedBucketOwner,
    action: "s3:PutLifecycleConfiguration",
  });
  await bucket.changeSettings((settings) => ({ ...settings, lifecycle: undefined }));
  return {};
}

function assertRule(rule: LifecycleRule, at: number): LifecycleRule {
  if (rule.Status !== "Enabled" && rule.Status !== "Disabled") throw malformedXml();
  if ((rule.ID?.length ?? 0) > MAX_ID_CHARACTERS) throw invalidArgument("ID length should not exceed allowed limit of 255");
  const actions = [
    rule.Expiration,
    rule.Transitions,
    rule.NoncurrentVersionExpiration,
    rule.NoncurrentVersionTransitions,
    rule.AbortIncompleteMultipartUpload,
  ];
  if (actions.every((action) => action === undefined)) {
    throw invalidRequest("At least one action needs to be specified in a rule");
  }
  const days = [
    rule.Expiration?.Days,
    rule.NoncurrentVersionExpiration?.NoncurrentDays,
    rule.AbortIncompleteMultipartUpload?.DaysAfterInitiation,
  ];
  if (days.some((count) => count !== undefined && (!Number.isInteger(count) || count < 1))) {
    throw invalidArgument("'Days' for Expiration action must be a positive integer");
  }
  return rule.ID === undefined || rule.ID === "" ? { ...rule, ID: `rule-${at + 1}` } : rule;
}

/** Dates come back from the journal as text. */
function withDates(rule: LifecycleRule): LifecycleRule {
  const { Expiration: expiration, Transitions: transitions } = rule;
  return {
    ...rule,
    ...(expiration?.Date === undefined ? {} : { Expiration: { ...expiration, Date: new Date(expiration.Date) } }),
    ...(transitions === undefined
      ? {}
      : {
          Transitions: transitions.map((transition) =>
            transition.Date === undefined ? transition : { ...transition, Date: new Date(transition.Date) },
          ),
        }),
  };
}
