import { partitionOf } from "../roles/partition-of.js";
import type { ResolvedPoolOptions } from "../pool-options.js";

/** What EBS does in the caller's name: it tags what is begun with tags, and has the data keys of encrypted snapshots opened. Whether AWS holds that to an endpoint's policy is not documented: allowed, so that nothing rests on it. */
const onBehalf = ["ec2:CreateTags", "kms:Decrypt"];
/** What workers ask of each service, in the terms of IAM: what `iamPolicies()` gives them, and no more. */
const actions: Readonly<Record<string, readonly string[]>> = {
  s3: [
    ...["s3:ListBucket", "s3:ListBucketVersions", "s3:GetBucketVersioning", "s3:GetBucketObjectLockConfiguration"],
    ...["s3:GetObject", "s3:GetObjectVersion", "s3:PutObject", "s3:DeleteObject", "s3:DeleteObjectVersion"],
    ...["s3:GetObjectRetention", "s3:PutObjectRetention", "s3:RestoreObject"],
  ],
  ebs: ["ebs:ListSnapshotBlocks", "ebs:ListChangedBlocks", "ebs:GetSnapshotBlock", "ebs:StartSnapshot", "ebs:PutSnapshotBlock", "ebs:CompleteSnapshot", ...onBehalf],
  sts: ["sts:AssumeRole", "sts:GetCallerIdentity"],
  kms: ["kms:Decrypt"],
};

/**
 * The policy of a worker network's endpoint, as JSON: what goes through it, whoever calls (VPC guide, "Control access to VPC endpoints using endpoint policies"). The endpoint for S3 leads to the configuration bucket and to
 * `buckets` alone where these are named. `undefined` of a service that workers need nothing of: it is for others, and stays open.
 */
export function endpointPolicy(service: string, region: string, { configurationBucket }: Pick<ResolvedPoolOptions, "configurationBucket">, buckets: readonly string[] | undefined): string | undefined {
  const Action = actions[service];
  if (Action === undefined) return undefined;
  const arn = `arn:${partitionOf(region)}:s3:::`;
  const Resource = service === "s3" && buckets !== undefined ? [...new Set([configurationBucket, ...buckets])].flatMap((bucket) => [`${arn}${bucket}`, `${arn}${bucket}/*`]) : ["*"];
  return JSON.stringify({ Version: "2012-10-17", Statement: [{ Sid: "WhatWorkersAskFor", Effect: "Allow", Principal: "*", Action, Resource }] });
}
