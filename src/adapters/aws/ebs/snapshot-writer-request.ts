import { ConfigurationError } from "../../../errors/index.js";
import { blockSizeBytes, maxBlocks, type SnapshotWriterRequest } from "../../../ports/index.js";
import { checkSnapshotId } from "./snapshot-id.js";

const bytesPerGib = 2 ** 30;
const maxClientTokenLength = 64;
const maxDescriptionLength = 255;

/** Raises `ConfigurationError` naming what is wrong, before AWS is called. */
export function checkSnapshotWriterRequest(request: SnapshotWriterRequest): void {
  const { volumeSizeBytes, parentSnapshotId, snapshotId, timeoutMinutes, description, clientToken, encrypted, kmsKeyArn } = request;
  if (!Number.isSafeInteger(volumeSizeBytes) || volumeSizeBytes < bytesPerGib || volumeSizeBytes > maxBlocks * blockSizeBytes || volumeSizeBytes % bytesPerGib !== 0) {
    throw wrong("volumeSizeBytes", `is ${volumeSizeBytes}, but must be a whole number of GiB (${bytesPerGib} bytes), from 1 to 65,536 of them`);
  }
  if (description.length > maxDescriptionLength) throw wrong("description", `has ${description.length} characters, but may have at most ${maxDescriptionLength}`);
  if (!/^[\x20-\x7e]+$/.test(clientToken) || clientToken.length > maxClientTokenLength) throw wrong("clientToken", `must be 1 to ${maxClientTokenLength} ASCII characters`);
  if (snapshotId !== undefined) checkSnapshotId("request.snapshotId", snapshotId);
  if (timeoutMinutes !== undefined && !(Number.isSafeInteger(timeoutMinutes) && timeoutMinutes >= 10 && timeoutMinutes <= 4320)) throw wrong("timeoutMinutes", `is ${String(timeoutMinutes)}, but must be a whole number from 10 to 4,320`);
  if (parentSnapshotId !== undefined) checkSnapshotId("request.parentSnapshotId", parentSnapshotId);
  if (parentSnapshotId !== undefined && (encrypted !== undefined || kmsKeyArn !== undefined)) {
    throw wrong(encrypted === undefined ? "kmsKeyArn" : "encrypted", "cannot be given together with parentSnapshotId: a snapshot is encrypted as its parent is. Leave one of them out");
  }
  if (kmsKeyArn !== undefined && encrypted !== true) throw wrong("encrypted", "must be true where kmsKeyArn is given");
  if (kmsKeyArn !== undefined && !/^arn:aws[\w-]*:kms:[^:]+:\d{12}:key\/.+$/.test(kmsKeyArn)) throw wrong("kmsKeyArn", `is ${JSON.stringify(kmsKeyArn.slice(0, 200))}, but must be the ARN of a KMS key (not an id, not an alias)`);
}

function wrong(name: string, what: string): ConfigurationError {
  return new ConfigurationError(`request.${name}: ${what}.`, { code: "InvalidOption", context: { path: `request.${name}` } });
}
