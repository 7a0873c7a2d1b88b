import type { CloudAccount } from "../../ports/index.js";
import type { SnapshotLine } from "../snapshots/snapshot-tags.js";

/** The source's snapshots that are copied, all of one restore point. */
export interface ReplicaSource {
  readonly line: SnapshotLine;
  readonly account: CloudAccount;
  readonly region: string;
  readonly snapshots: readonly { readonly volumeId: string; readonly snapshotId: string }[];
}
