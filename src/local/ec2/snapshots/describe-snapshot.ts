import type * as ec2 from "@aws-sdk/client-ec2";
import type { SnapshotFacts } from "../block-resources.js";
import type { Ec2Environment } from "../ec2-environment.js";
import { describeTagList } from "../tags/tag-rules.js";

/** A snapshot as EC2 shows it to `accountId`: tags are their owner's alone. */
export function describeSnapshot(environment: Ec2Environment, snapshot: SnapshotFacts, accountId: string): ec2.Snapshot {
  const state = environment.blocks.snapshotState(snapshot);
  return {
    SnapshotId: snapshot.snapshotId,
    VolumeId: snapshot.volumeId,
    VolumeSize: snapshot.sizeGib,
    State: state,
    StateMessage: snapshot.failed,
    Progress: state === "completed" ? "100%" : "0%",
    StartTime: new Date(snapshot.startedAt),
    CompletionTime: state === "completed" && snapshot.completesAt !== undefined ? new Date(snapshot.completesAt) : undefined,
    OwnerId: snapshot.accountId,
    Description: snapshot.description,
    Encrypted: snapshot.encrypted,
    KmsKeyId: snapshot.kmsKeyId,
    StorageTier: "standard",
    Tags: snapshot.accountId === accountId ? describeTagList(snapshot.tags) : [],
  };
}

/** A snapshot as CreateSnapshots shows it. */
export function describeSnapshotInfo(environment: Ec2Environment, snapshot: SnapshotFacts): ec2.SnapshotInfo {
  const described = describeSnapshot(environment, snapshot, snapshot.accountId);
  return {
    SnapshotId: described.SnapshotId,
    VolumeId: described.VolumeId,
    VolumeSize: described.VolumeSize,
    State: described.State,
    Progress: "",
    StartTime: described.StartTime,
    OwnerId: described.OwnerId,
    Description: described.Description,
    Encrypted: described.Encrypted,
    Tags: described.Tags,
  };
}
