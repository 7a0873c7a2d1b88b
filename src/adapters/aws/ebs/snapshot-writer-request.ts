import { invalidOption, optionError } from "../../../options/option-error.js";
import { blockSizeBytes, maxBlocks, type SnapshotWriterRequest } from "../../../ports/index.js";
import { checkSnapshotId } from "./snapshot-id.js";

const bytesPerGib = 2 ** 30;
const maxClientTokenLength = 64;
const maxDescriptionLength = 255;

/** Raises `ConfigurationError` naming what is wrong, before AWS is called. */
export function checkSnapshotWriterRequest(request: SnapshotWriterRequest): void {
  const { volumeSizeBytes, parentSnapshotId, snapshotId, timeoutMinutes, description, clientToken, encrypted, kmsKeyArn } = request;
  if (!Number.isSafeInteger(volumeSizeBytes) || volumeSizeBytes < bytesPerGib || volumeSizeBytes > maxBlocks * blockSizeBytes || volumeSizeBytes % bytesPerGib !== 0) {
    throw invalidOption("volumeSizeBytes", volumeSizeBytes, `must be a whole number of GiB (${bytesPerGib} bytes), from 1 to 65,536 of them.`);
  }
  if (description.length > maxDescriptionLength) throw optionError("description", `must have at most ${maxDescriptionLength} characters. It has ${description.length}.`);
  if (!/^[\x20-\x7e]+$/.test(clientToken) || clientToken.length > maxClientTokenLength) throw invalidOption("clientToken", clientToken, `must be 1 to ${maxClientTokenLength} ASCII characters.`);
  if (snapshotId !== undefined) checkSnapshotId("snapshotId", snapshotId);
  if (timeoutMinutes !== undefined && !(Number.isSafeInteger(timeoutMinutes) && timeoutMinutes >= 10 && timeoutMinutes <= 4320)) throw invalidOption("timeoutMinutes", timeoutMinutes, "must be a whole number from 10 to 4,320.");
  if (parentSnapshotId !== undefined) checkSnapshotId("parentSnapshotId", parentSnapshotId);
  if (parentSnapshotId !== undefined && (encrypted !== undefined || kmsKeyArn !== undefined)) {
    throw optionError(encrypted === undefined ? "kmsKeyArn" : "encrypted", "cannot be given together with parentSnapshotId: a snapshot is encrypted as its parent is. Leave one of them out.");
  }
  if (kmsKeyArn !== undefined && encrypted !== true) throw optionError("encrypted", "must be true where kmsKeyArn is given.");
  if (kmsKeyArn !== undefined && !/^arn:aws[\w-]*:kms:[^:]+:\d{12}:key\/.+$/.test(kmsKeyArn)) throw invalidOption("kmsKeyArn", kmsKeyArn, "must be the ARN of a KMS key (not an id, not an alias).");
}
