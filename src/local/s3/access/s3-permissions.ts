import type { Permission } from "../../wire/permission.js";

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

/** Operations about no bucket that there is yet: what the account's own policies say of them decides. */
const WITHOUT_BUCKET: readonly string[] = ["CreateBucket", "ListBuckets"];

/** What a call of S3 needs. Whether it may be done with a bucket is judged where its policy is known. */
export function s3Permissions(operation: string, input: Readonly<Record<string, unknown>>): Permission[] {
  const text = (name: string): string | undefined => (typeof input[name] === "string" ? input[name] : undefined);
  const alias = `s3:${operation}`;
  const action = (input.VersionId === undefined ? undefined : VERSION_ACTIONS[operation]) ?? S3_ACTIONS[operation] ?? alias;
  const bucket = text("Bucket");
  const key = text("Key");
  const resource = bucket === undefined ? "*" : `arn:aws:s3:::${bucket}${key === undefined ? "" : `/${key}`}`;
  return [{ action, alias, resource, isJudgedByService: !WITHOUT_BUCKET.includes(operation) }];
}
