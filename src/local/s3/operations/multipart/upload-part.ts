import type { UploadPartCopyOutput, UploadPartCopyRequest, UploadPartOutput, UploadPartRequest } from "@aws-sdk/client-s3";
import type { RequestContext, StreamingInput } from "../../../service.js";
import { openObject } from "../../access/open-bucket.js";
import { claimedChecksum, partChecksumMembers } from "../../checksums/claimed-checksum.js";
import { invalidArgument } from "../../s3-error.js";
import type { S3Environment } from "../../s3-environment.js";
import { SegmentReader, type ByteRange } from "../../storage/segment-reader.js";
import { openCopySource } from "../copy-source.js";
import { assertDigestForLock } from "../object-attributes.js";
import { encryptionMembers } from "../object-members.js";
import { assertPartNumber, findUpload } from "./find-upload.js";
import { storePart } from "./store-part.js";

export type UploadPartInput = Omit<UploadPartRequest, "Body"> & { readonly Body?: StreamingInput | Uint8Array | undefined };

export async function uploadPart(
  environment: S3Environment,
  input: UploadPartInput,
  context: RequestContext,
): Promise<UploadPartOutput> {
  const { bucket, key } = openForPart(environment, input, context);
  const partNumber = assertPartNumber(input.PartNumber);
  const { upload } = findUpload(bucket, key, input.UploadId);
  const claim = claimedChecksum(input, context);
  assertDigestForLock(upload.attributes, claim !== undefined || input.ContentMD5 !== undefined);
  const part = await storePart(environment, {
    bucket,
    upload,
    partNumber,
    body: input.Body,
    contentMd5: input.ContentMD5,
    contentLength: input.ContentLength,
    claim,
    isCopy: false,
  });
  return {
    ETag: `"${part.etag}"`,
    ...partChecksumMembers(part.checksum),
    ...encryptionMembers(upload.attributes.encryption),
  };
}

export async function uploadPartCopy(
  environment: S3Environment,
  input: UploadPartCopyRequest,
  context: RequestContext,
): Promise<UploadPartCopyOutput> {
  const { bucket, key } = openForPart(environment, input, context);
  const partNumber = assertPartNumber(input.PartNumber);
  const { upload } = findUpload(bucket, key, input.UploadId);
  const source = openCopySource(environment, input, context);
  const range = parseCopyRange(input.CopySourceRange, source.version.sizeBytes);
  const part = await storePart(environment, {
    bucket,
    upload,
    partNumber,
    body: new SegmentReader(source.bucket.files, source.version.segments, range),
    contentMd5: undefined,
    contentLength: range.length,
    claim: undefined,
    isCopy: true,
  });
  return {
    CopyPartResult: {
      ETag: `"${part.etag}"`,
      LastModified: new Date(part.modifiedAtMs),
      ...partChecksumMembers(part.checksum),
    },
    ...(source.bucket.settings.versioning === undefined ? {} : { CopySourceVersionId: source.version.versionId }),
    ...encryptionMembers(upload.attributes.encryption),
  };
}

function openForPart(environment: S3Environment, input: UploadPartInput | UploadPartCopyRequest, context: RequestContext) {
  return openObject(environment, context, {
    bucket: input.Bucket,
    key: input.Key,
    expectedOwner: input.ExpectedBucketOwner,
    action: "s3:PutObject",
  });
}

/** Unlike a `Range`, a copy's range must name its first and last byte, both within the source. */
function parseCopyRange(header: string | undefined, sizeBytes: number): ByteRange {
  if (header === undefined) return { offset: 0, length: sizeBytes };
  const match = /^bytes=(\d+)-(\d+)$/.exec(header);
  const first = Number(match?.[1]);
  const last = Number(match?.[2]);
  if (match === null || last < first) {
    throw invalidArgument(
      "The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are the zero-based offsets of the first and last bytes to copy",
      "x-amz-copy-source-range",
      header,
    );
  }
  if (last >= sizeBytes) {
    throw invalidArgument(`Range specified is not valid for source object of size: ${sizeBytes}`, "x-amz-copy-source-range", header);
  }
  return { offset: first, length: last - first + 1 };
}
