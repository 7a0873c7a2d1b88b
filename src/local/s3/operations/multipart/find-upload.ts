import { invalidArgument, noSuchUpload } from "../../s3-error.js";
import type { Bucket } from "../../storage/bucket.js";
import type { UploadState } from "../../storage/bucket-state.js";

const MAX_PART_NUMBER = 10_000;

export function findUpload(bucket: Bucket, key: string, uploadId: string | undefined): UploadState {
  const state = uploadId === undefined ? undefined : bucket.state.uploads.get(uploadId);
  if (state?.upload.key !== key) throw noSuchUpload(uploadId ?? "");
  return state;
}

export function assertPartNumber(partNumber: number | undefined): number {
  if (partNumber === undefined || !Number.isInteger(partNumber) || partNumber < 1 || partNumber > MAX_PART_NUMBER) {
    throw invalidArgument("Part number must be an integer between 1 and 10000, inclusive", "partNumber", partNumber);
  }
  return partNumber;
}
