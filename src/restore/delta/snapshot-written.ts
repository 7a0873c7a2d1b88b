/** Whether everything was written, or what differs from a parent. JSON. */
export interface SnapshotMethod {
  readonly method: "full" | "delta";
  /** Of a delta: the snapshot that was written over. */
  readonly parentSnapshotId?: string | undefined;
  /** Why everything was written though there was something to write over. */
  readonly fullReason?: string | undefined;
}

/** A snapshot that holds what is restored. */
export interface SnapshotWritten extends SnapshotMethod {
  readonly snapshotId: string;
  /** Blocks that were written into it. */
  readonly blocks: number;
}
