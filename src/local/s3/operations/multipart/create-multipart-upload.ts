import { randomBytes } from "node:crypto";
import type { CreateMultipartUploadOutput, CreateMultipartUploadRequest } from "@aws-sdk/client-s3";
import type { RequestContext } from "../../../service.js";
import { assertMayWrite } from "../../access/attribute-permissions.js";
import { openObject } from "../../access/open-bucket.js";
import { isChecksumAlgorithm, type ChecksumTypeName } from "../../checksums/checksum-algorithm.js";
import { isCombinable } from "../../checksums/crc-combination.js";
import { invalidRequest } from "../../s3-error.js";
import type { S3Environment } from "../../s3-environment.js";
import type { MultipartUpload } from "../../storage/object-version.js";
import { resolveObjectAttributes } from "../object-attributes.js";
import { encryptionMembers } from "../object-members.js";

export async function createMultipartUpload(
  environment: S3Environment,
  input: CreateMultipartUploadRequest,
  context: RequestContext,
): Promise<CreateMultipartUploadOutput> {
  const { bucket, key } = openObject(environment, context, {
    bucket: input.Bucket,
    key: input.Key,
    expectedOwner: input.ExpectedBucketOwner,
    action: "s3:PutObject",
  });
  assertMayWrite(bucket, context, key, input);
  const nowMs = environment.clock.now().getTime();
  const checksum = resolveChecksum(input.ChecksumAlgorithm, input.ChecksumType);
  const upload: MultipartUpload = {
    uploadId: randomBytes(48).toString("base64url"),
    key,
    initiatedAtMs: nowMs,
    initiatorArn: context.principalArn,
    attributes: resolveObjectAttributes(input, bucket, nowMs),
    ...(checksum === undefined ? {} : { checksum }),
  };
  await bucket.changeUpload(upload.uploadId, () => ({ changes: [{ change: "add-upload", upload }], result: undefined }));
  return {
    Bucket: bucket.name,
    Key: key,
    UploadId: upload.uploadId,
    ...(checksum === undefined ? {} : { ChecksumAlgorithm: checksum.algorithm, ChecksumType: checksum.type }),
    ...encryptionMembers(upload.attributes.encryption),
  };
}

/** SHA is composite only, CRC64NVME whole only, the other CRCs composite unless asked. Source: S3, "Checking object integrity". */
function resolveChecksum(algorithm: string | undefined, type: ChecksumTypeName | undefined): MultipartUpload["checksum"] {
  if (algorithm === undefined) {
    if (type !== undefined) throw invalidRequest("The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm header.");
    return undefined;
  }
  if (!isChecksumAlgorithm(algorithm)) throw invalidRequest("Checksum algorithm provided is unsupported.");
  const resolved = type ?? (algorithm === "CRC64NVME" ? "FULL_OBJECT" : "COMPOSITE");
  const isOffered = resolved === "COMPOSITE" ? algorithm !== "CRC64NVME" : isCombinable(algorithm);
  if (!isOffered) {
    throw invalidRequest(`The ${resolved} checksum type cannot be used with the ${algorithm.toLowerCase()} checksum algorithm.`);
  }
  return { algorithm, type: resolved };
}
