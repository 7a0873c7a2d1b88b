import type { Readable } from "node:stream";
import { ServiceError } from "../../../service.js";
import type { ClaimedChecksum } from "../../checksums/claimed-checksum.js";
import { invalidRequest } from "../../s3-error.js";
import type { S3Environment } from "../../s3-environment.js";
import type { Bucket } from "../../storage/bucket.js";
import type { MultipartUpload, UploadedPart } from "../../storage/object-version.js";
import { ingestBody } from "../ingest-body.js";
import { findUpload } from "./find-upload.js";

export interface StorePartOptions {
  readonly bucket: Bucket;
  readonly upload: MultipartUpload;
  readonly partNumber: number;
  readonly body: Readable | Uint8Array | undefined;
  readonly contentMd5: string | undefined;
  readonly contentLength: number | undefined;
  readonly claim: ClaimedChecksum | undefined;
  /** For a copy, S3 computes the upload's checksum itself. */
  readonly isCopy: boolean;
}

/** Stores a part's bytes and makes them the upload's part of that number; an earlier one is replaced. */
export async function storePart(environment: S3Environment, options: StorePartOptions): Promise<UploadedPart> {
  const { bucket, upload, partNumber, claim } = options;
  assertAlgorithm(upload, claim, options.isCopy);
  const { segment, md5, checksum } = await ingestBody({
    files: bucket.files,
    body: options.body,
    contentMd5: options.contentMd5,
    contentLength: options.contentLength,
    claim,
    fallbackAlgorithm: upload.checksum?.algorithm ?? "CRC64NVME",
    maxBytes: environment.storage.limits.maxPutBytes,
  });
  const part: UploadedPart = {
    partNumber,
    segment,
    etag: md5,
    modifiedAtMs: environment.clock.now().getTime(),
    ...(checksum === undefined ? {} : { checksum }),
  };
  try {
    await bucket.changeUpload(upload.uploadId, () => {
      // The upload may have ended while its part was on the way.
      findUpload(bucket, upload.key, upload.uploadId);
      return { changes: [{ change: "add-part", uploadId: upload.uploadId, part }], result: undefined };
    });
  } catch (error) {
    if (error instanceof ServiceError) await bucket.files.release([segment.file]);
    throw error;
  }
  return part;
}

function assertAlgorithm(upload: MultipartUpload, claim: ClaimedChecksum | undefined, isCopy: boolean): void {
  if (upload.checksum === undefined || isCopy) return;
  const { algorithm, type } = upload.checksum;
  if (claim === undefined && type === "FULL_OBJECT") return;
  if (claim?.algorithm === algorithm) return;
  throw invalidRequest(
    `Checksum Type mismatch occurred, expected checksum Type: ${algorithm.toLowerCase()}, actual checksum Type: ${claim?.algorithm.toLowerCase() ?? "null"}`,
  );
}
