import type { Snapshot, SnapshotInfo, SnapshotState } from "@aws-sdk/client-ec2";
import type { SnapshotDescription } from "../../../ports/index.js";
import { gibToBytes, present, tagsOf } from "./ec2-answer.js";

/** A snapshot as the engine sees it. */
export function describeSnapshot(snapshot: Snapshot | SnapshotInfo, operation: string): SnapshotDescription {
  return {
    snapshotId: present(snapshot.SnapshotId, "SnapshotId", operation),
    volumeId: present(snapshot.VolumeId, "VolumeId", operation),
    state: stateOf(present(snapshot.State, "State", operation)),
    volumeSizeBytes: gibToBytes(snapshot.VolumeSize, operation),
    startedAt: present(snapshot.StartTime, "StartTime", operation),
    isEncrypted: snapshot.Encrypted,
    // answered by DescribeSnapshots alone
    kmsKeyId: "KmsKeyId" in snapshot ? snapshot.KmsKeyId : undefined,
    tags: tagsOf(snapshot.Tags),
  };
}

/** A snapshot in the recycle bin is as unusable as a failed one, until it is taken out again. */
function stateOf(state: SnapshotState): SnapshotDescription["state"] {
  switch (state) {
    case "completed":
      return "completed";
    case "pending":
    case "recovering":
      return "pending";
    case "error":
    case "recoverable":
      return "error";
  }
}
