import type { SnapshotDescription } from "../../ports/index.js";

/** The restore point before the one of this run, and its snapshots, which are all there still. */
export interface EarlierPoint {
  readonly point: string;
  /** The run that made it. */
  readonly session: string;
  readonly snapshots: readonly SnapshotDescription[];
}
