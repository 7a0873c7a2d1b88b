import type { AbortMultipartUploadOutput, AbortMultipartUploadRequest } from "@aws-sdk/client-s3";
import type { RequestContext } from "../../../service.js";
import { openObject } from "../../access/open-bucket.js";
import type { S3Environment } from "../../s3-environment.js";
import { findUpload } from "./find-upload.js";

export async function abortMultipartUpload(
  environment: S3Environment,
  input: AbortMultipartUploadRequest,
  context: RequestContext,
): Promise<AbortMultipartUploadOutput> {
  const { bucket, key } = openObject(environment, context, {
    bucket: input.Bucket,
    key: input.Key,
    expectedOwner: input.ExpectedBucketOwner,
    action: "s3:AbortMultipartUpload",
  });
  const { uploadId } = findUpload(bucket, key, input.UploadId).upload;
  return bucket.changeUpload(uploadId, () => {
    findUpload(bucket, key, uploadId);
    return { changes: [{ change: "remove-upload", uploadId }], result: {} };
  });
}
