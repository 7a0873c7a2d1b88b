import { ServiceError } from "../service.js";

/** https://docs.aws.amazon.com/ebs/latest/APIReference/API_GetSnapshotBlock.html#API_GetSnapshotBlock_Errors and its siblings */
export type ValidationReason =
  | "INVALID_PAGE_TOKEN"
  | "INVALID_BLOCK_TOKEN"
  | "INVALID_SNAPSHOT_ID"
  | "UNRELATED_SNAPSHOTS"
  | "INVALID_BLOCK"
  | "INVALID_TAG"
  | "INVALID_PARAMETER_VALUE"
  | "INVALID_VOLUME_SIZE"
  | "CONFLICTING_BLOCK_UPDATE"
  | "WRITE_REQUEST_TIMEOUT";

export function invalid(reason: ValidationReason, message: string): ServiceError {
  return new ServiceError("ValidationException", 400, message, { Reason: reason });
}

export function snapshotNotFound(snapshotId: string): ServiceError {
  return new ServiceError("ResourceNotFoundException", 404, `The snapshot ${snapshotId} does not exist.`, { Reason: "SNAPSHOT_NOT_FOUND" });
}
