/** Operations of S3 whose IAM action is not named like them: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html */
const S3_ACTIONS: Readonly<Record<string, string>> = {
  AbortMultipartUpload: "s3:AbortMultipartUpload",
  CompleteMultipartUpload: "s3:PutObject",
  CopyObject: "s3:PutObject",
  CreateMultipartUpload: "s3:PutObject",
  DeleteObjects: "s3:DeleteObject",
  GetBucketEncryption: "s3:GetEncryptionConfiguration",
  GetBucketLifecycleConfiguration: "s3:GetLifecycleConfiguration",
  GetObjectAttributes: "s3:GetObject",
  GetObjectLockConfiguration: "s3:GetBucketObjectLockConfiguration",
  HeadBucket: "s3:ListBucket",
  HeadObject: "s3:GetObject",
  ListBuckets: "s3:ListAllMyBuckets",
  ListMultipartUploads: "s3:ListBucketMultipartUploads",
  ListObjects: "s3:ListBucket",
  ListObjectsV2: "s3:ListBucket",
  ListObjectVersions: "s3:ListBucketVersions",
  ListParts: "s3:ListMultipartUploadParts",
  PutBucketEncryption: "s3:PutEncryptionConfiguration",
  PutBucketLifecycleConfiguration: "s3:PutLifecycleConfiguration",
  PutObjectLockConfiguration: "s3:PutBucketObjectLockConfiguration",
  UploadPart: "s3:PutObject",
  UploadPartCopy: "s3:PutObject",
};

/** Actions on a version of an object, where a version is named. */
const VERSION_ACTIONS: Readonly<Record<string, string>> = {
  DeleteObject: "s3:DeleteObjectVersion",
  GetObject: "s3:GetObjectVersion",
  HeadObject: "s3:GetObjectVersion",
};

/** The IAM action of a call, and the action that the operation's own name would be. */
export function iamActions(service: string, operation: string, input: Readonly<Record<string, unknown>>): readonly string[] {
  const named = `${service}:${operation}`;
  if (service !== "s3") return [named];
  const action = (input["VersionId"] === undefined ? undefined : VERSION_ACTIONS[operation]) ?? S3_ACTIONS[operation] ?? named;
  return action === named ? [named] : [action, named];
}

/** The ARN of what a call is about; `*` where it is about no single resource. */
export function resourceArn(service: string, region: string, accountId: string, input: Readonly<Record<string, unknown>>): string {
  const text = (name: string): string | undefined => (typeof input[name] === "string" ? input[name] : undefined);
  if (service === "s3") {
    const bucket = text("Bucket");
    const key = text("Key");
    return bucket === undefined ? "*" : key === undefined ? `arn:aws:s3:::${bucket}` : `arn:aws:s3:::${bucket}/${key}`;
  }
  const snapshot = text("SnapshotId") ?? text("SecondSnapshotId");
  if ((service === "ebs" || service === "ec2") && snapshot !== undefined) return `arn:aws:ec2:${region}::snapshot/${snapshot}`;
  const key = service === "kms" ? text("KeyId") : undefined;
  if (key !== undefined) return key.startsWith("arn:") ? key : `arn:aws:kms:${region}:${accountId}:${key.startsWith("alias/") ? key : `key/${key}`}`;
  if (service === "iam" && text("RoleName") !== undefined) return `arn:aws:iam::${accountId}:role/${text("RoleName") ?? ""}`;
  if (service === "sts" && text("RoleArn") !== undefined) return text("RoleArn") ?? "*";
  return "*";
}
