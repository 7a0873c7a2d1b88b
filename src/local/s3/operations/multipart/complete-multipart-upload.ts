import type { CompleteMultipartUploadOutput, CompleteMultipartUploadRequest } from "@aws-sdk/client-s3";
import type { RequestContext } from "../../../service.js";
import { openObject } from "../../access/open-bucket.js";
import { CHECKSUM_ALGORITHMS, type StoredChecksum } from "../../checksums/checksum-algorithm.js";
import { checksumMembers } from "../../checksums/claimed-checksum.js";
import { badDigest, invalidRequest } from "../../s3-error.js";
import type { S3Environment } from "../../s3-environment.js";
import type { Bucket } from "../../storage/bucket.js";
import type { UploadState } from "../../storage/bucket-state.js";
import type { MultipartUpload, ObjectPart, ObjectVersion, UploadedPart } from "../../storage/object-version.js";
import { writeConditionsOf, type WriteConditions } from "../conditions.js";
import { encryptionMembers, versionIdMember } from "../object-members.js";
import { publishVersion } from "../publish-version.js";
import { multipartChecksum, multipartEtag, selectParts } from "./assemble-parts.js";
import { findUpload } from "./find-upload.js";

/** Makes the uploaded parts one object, in the same step in which the upload ends. */
export async function completeMultipartUpload(
  environment: S3Environment,
  input: CompleteMultipartUploadRequest,
  context: RequestContext,
): Promise<CompleteMultipartUploadOutput> {
  const { bucket, key } = openObject(environment, context, {
    bucket: input.Bucket,
    key: input.Key,
    expectedOwner: input.ExpectedBucketOwner,
    action: "s3:PutObject",
  });
  const conditions = writeConditionsOf(input);
  const { uploadId } = findUpload(bucket, key, input.UploadId).upload;
  // Another completion, an abort or a part that replaces one must not come between choosing the parts and publishing them.
  const version = await bucket.whileUploadRests(uploadId, () => {
    const state = findUpload(bucket, key, uploadId);
    return publish(environment, bucket, state, input, conditions);
  });
  return {
    Location: `http://${context.headers.host ?? "localhost"}/${bucket.name}/${encodeURIComponent(key)}`,
    Bucket: bucket.name,
    Key: key,
    ETag: `"${version.etag}"`,
    ...checksumMembers(version.checksum),
    ...encryptionMembers(version.attributes.encryption),
    ...versionIdMember(bucket, version),
  };
}

async function publish(
  environment: S3Environment,
  bucket: Bucket,
  state: UploadState,
  input: CompleteMultipartUploadRequest,
  conditions: WriteConditions,
): Promise<ObjectVersion> {
  const { upload } = state;
  const parts = selectParts(state, input.MultipartUpload?.Parts, environment.storage.limits.minPartBytes);
  const sizeBytes = parts.reduce((sum, part) => sum + part.segment.sizeBytes, 0);
  const checksum = multipartChecksum(upload, parts);
  assertClaims(input, upload, checksum, sizeBytes);
  return publishVersion({
    bucket,
    conditions,
    now: () => environment.clock.now(),
    version: {
      key: upload.key,
      sizeBytes,
      etag: multipartEtag(parts),
      segments: parts.map((part) => part.segment),
      attributes: upload.attributes,
      parts: parts.map((part) => objectPart(upload, part)),
      ...(checksum === undefined ? {} : { checksum }),
    },
    alongside: [{ change: "remove-upload", uploadId: upload.uploadId }],
  });
}

function objectPart(upload: MultipartUpload, part: UploadedPart): ObjectPart {
  return {
    partNumber: part.partNumber,
    sizeBytes: part.segment.sizeBytes,
    // S3 keeps the parts' checksums of composite uploads only.
    ...(part.checksum === undefined || upload.checksum?.type !== "COMPOSITE" ? {} : { checksum: part.checksum }),
  };
}

function assertClaims(
  input: CompleteMultipartUploadRequest,
  upload: MultipartUpload,
  checksum: StoredChecksum | undefined,
  sizeBytes: number,
): void {
  if (input.MpuObjectSize !== undefined && input.MpuObjectSize !== sizeBytes) {
    throw invalidRequest(`The provided 'x-amz-mp-object-size' header value ${input.MpuObjectSize} does not match what was computed: ${sizeBytes}`);
  }
  if (input.ChecksumType !== undefined && input.ChecksumType !== (upload.checksum?.type ?? "FULL_OBJECT")) {
    throw invalidRequest("The x-amz-checksum-type of the completion doesn't match that of the upload.");
  }
  for (const algorithm of CHECKSUM_ALGORITHMS) {
    const value = input[`Checksum${algorithm}`];
    if (value === undefined) continue;
    if (checksum?.algorithm !== algorithm) {
      throw invalidRequest(`Checksum Type mismatch occurred, expected checksum Type: ${checksum?.algorithm.toLowerCase() ?? "null"}, actual checksum Type: ${algorithm.toLowerCase()}`);
    }
    // A composite checksum may be sent with or without the number of parts behind it.
    if (value !== checksum.value && value !== checksum.value.replace(/-\d+$/, "")) {
      throw badDigest(`The ${algorithm} you specified did not match the calculated checksum.`);
    }
  }
}
