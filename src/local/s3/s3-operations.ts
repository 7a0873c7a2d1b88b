import type { Operation, RequestContext } from "../service.js";
import { createBucket } from "./operations/bucket/create-bucket.js";
import { deleteBucket, getBucketLocation, headBucket, listBuckets } from "./operations/bucket/buckets.js";
import { deleteBucketTagging, getBucketTagging, putBucketTagging } from "./operations/bucket/bucket-tagging.js";
import { getBucketEncryption, putBucketEncryption } from "./operations/bucket/encryption.js";
import {
  deleteBucketLifecycle,
  getBucketLifecycleConfiguration,
  putBucketLifecycleConfiguration,
} from "./operations/bucket/lifecycle.js";
import { getObjectLockConfiguration, putObjectLockConfiguration } from "./operations/bucket/object-lock-configuration.js";
import { deleteBucketPolicy, getBucketPolicy, putBucketPolicy } from "./operations/bucket/policy.js";
import { getPublicAccessBlock, putPublicAccessBlock } from "./operations/bucket/public-access-block.js";
import { getBucketVersioning, putBucketVersioning } from "./operations/bucket/versioning.js";
import { copyObject } from "./operations/copy-object.js";
import { deleteObject, deleteObjects } from "./operations/delete-object.js";
import { getObjectAttributes } from "./operations/get-object-attributes.js";
import { getObject, headObject } from "./operations/get-object.js";
import { listObjectVersions } from "./operations/list-object-versions.js";
import { listObjects, listObjectsV2 } from "./operations/list-objects.js";
import { abortMultipartUpload } from "./operations/multipart/abort-multipart-upload.js";
import { completeMultipartUpload } from "./operations/multipart/complete-multipart-upload.js";
import { createMultipartUpload } from "./operations/multipart/create-multipart-upload.js";
import { listMultipartUploads } from "./operations/multipart/list-multipart-uploads.js";
import { listParts } from "./operations/multipart/list-parts.js";
import { uploadPart, uploadPartCopy } from "./operations/multipart/upload-part.js";
import { getObjectLegalHold, getObjectRetention, putObjectLegalHold, putObjectRetention } from "./operations/object-lock.js";
import { deleteObjectTagging, getObjectTagging, putObjectTagging } from "./operations/object-tagging.js";
import { putObject } from "./operations/put-object.js";
import { restoreObject } from "./operations/restore-object.js";
import type { S3Environment } from "./s3-environment.js";

type S3Operation<Input, Output> = (environment: S3Environment, input: Input, context: RequestContext) => Promise<Output>;

/** The operations of the local S3 by the names that Amazon S3 gives them, on the environment they share. */
export function bindOperations(environment: S3Environment): Readonly<Record<keyof typeof OPERATIONS, Operation>> {
  const bound = Object.entries(OPERATIONS).map(([name, operation]) => [name, bind(environment, operation as S3Operation<never, unknown>)]);
  return Object.fromEntries(bound) as Record<keyof typeof OPERATIONS, Operation>;
}

function bind(environment: S3Environment, operation: S3Operation<never, unknown>): Operation {
  return (input, context) => operation(environment, input, context);
}

const OPERATIONS = {
  AbortMultipartUpload: abortMultipartUpload,
  CompleteMultipartUpload: completeMultipartUpload,
  CopyObject: copyObject,
  CreateBucket: createBucket,
  CreateMultipartUpload: createMultipartUpload,
  DeleteBucket: deleteBucket,
  DeleteBucketLifecycle: deleteBucketLifecycle,
  DeleteBucketPolicy: deleteBucketPolicy,
  DeleteBucketTagging: deleteBucketTagging,
  DeleteObject: deleteObject,
  DeleteObjects: deleteObjects,
  DeleteObjectTagging: deleteObjectTagging,
  GetBucketEncryption: getBucketEncryption,
  GetBucketLifecycleConfiguration: getBucketLifecycleConfiguration,
  GetBucketLocation: getBucketLocation,
  GetBucketPolicy: getBucketPolicy,
  GetBucketTagging: getBucketTagging,
  GetBucketVersioning: getBucketVersioning,
  GetObject: getObject,
  GetObjectAttributes: getObjectAttributes,
  GetObjectLegalHold: getObjectLegalHold,
  GetObjectLockConfiguration: getObjectLockConfiguration,
  GetObjectRetention: getObjectRetention,
  GetObjectTagging: getObjectTagging,
  GetPublicAccessBlock: getPublicAccessBlock,
  HeadBucket: headBucket,
  HeadObject: headObject,
  ListBuckets: listBuckets,
  ListMultipartUploads: listMultipartUploads,
  ListObjects: listObjects,
  ListObjectsV2: listObjectsV2,
  ListObjectVersions: listObjectVersions,
  ListParts: listParts,
  PutBucketEncryption: putBucketEncryption,
  PutBucketLifecycleConfiguration: putBucketLifecycleConfiguration,
  PutBucketPolicy: putBucketPolicy,
  PutBucketTagging: putBucketTagging,
  PutBucketVersioning: putBucketVersioning,
  PutObject: putObject,
  PutObjectLegalHold: putObjectLegalHold,
  PutObjectLockConfiguration: putObjectLockConfiguration,
  PutObjectRetention: putObjectRetention,
  PutObjectTagging: putObjectTagging,
  PutPublicAccessBlock: putPublicAccessBlock,
  RestoreObject: restoreObject,
  UploadPart: uploadPart,
  UploadPartCopy: uploadPartCopy,
} as const;
