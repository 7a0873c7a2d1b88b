/** How the local volumes and snapshots behave in time. What concerns requests is in the limits of EBS direct. */
export interface BlockTimes {
  /** Milliseconds until a new volume is available (default 20). */
  readonly volumeCreationMs?: number | undefined;
  /** Milliseconds until a snapshot is complete (default 50). */
  readonly snapshotCompletionMs?: number | undefined;
}

export type ResolvedBlockTimes = Required<{ readonly [Key in keyof BlockTimes]: number }>;

const defaultVolumeCreationMs = 20;
const defaultSnapshotCompletionMs = 50;

export function resolveBlockTimes(times: BlockTimes = {}): ResolvedBlockTimes {
  return {
    volumeCreationMs: times.volumeCreationMs ?? defaultVolumeCreationMs,
    snapshotCompletionMs: times.snapshotCompletionMs ?? defaultSnapshotCompletionMs,
  };
}
