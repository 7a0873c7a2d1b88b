import { DirectSnapshotRefused } from "../blocks/direct-snapshots.js";
import { invalid, snapshotNotFound } from "./ebs-error.js";

/** Puts a refusal of the storage in EBS direct's words; any other error stays as it is. */
export function directRefusal(error: unknown, snapshotId: string): unknown {
  if (!(error instanceof DirectSnapshotRefused)) return error;
  switch (error.refusal) {
    case "gone":
      return snapshotNotFound(snapshotId);
    case "not-pending":
      return invalid("INVALID_PARAMETER_VALUE", `The snapshot ${snapshotId} is not in the pending state.`);
    case "timed-out":
      return invalid("INVALID_PARAMETER_VALUE", `The snapshot ${snapshotId} is in the error state: no block was written for too long.`);
    case "in-use":
      return invalid("CONFLICTING_BLOCK_UPDATE", "Another request is writing the same block.");
  }
}
