import { blockSizeBytes, type CloudAccount } from "../ports/index.js";
import { findEarlierOf, foundBy } from "./earlier-attempt.js";
import type { RestoreSource } from "./find-source.js";
import { planSnapshot } from "./restore-plan.js";
import { noted, removeSnapshot, type RestoreRun } from "./restore-run.js";
import type { ResolvedSnapshotRestoreOptions } from "./volume-restore-options.js";
import type { SnapshotMethod } from "./delta/snapshot-written.js";
import { writeSnapshot } from "./write-snapshot.js";

/** What a restore into a snapshot made. JSON. */
export interface SnapshotRestored extends SnapshotMethod {
  readonly session: string;
  readonly restorePoint: string;
  /** The volume that was backed up. */
  readonly sourceVolume: string;
  /** The new snapshot: completed, and the caller's to remove. */
  readonly snapshotId: string;
  readonly region: string;
  readonly sizeBytes: number;
  readonly blocks: number;
  readonly bytes: number;
  readonly startedAt: string;
  readonly endedAt: string;
  readonly durationMs: number;
}

/** Writes a snapshot, which stays. After a failure it is removed again. */
export async function restoreToSnapshot(begun: RestoreRun, source: RestoreSource, options: ResolvedSnapshotRestoreOptions, account: CloudAccount): Promise<Omit<SnapshotRestored, "startedAt" | "endedAt" | "durationMs">> {
  const { session, signal } = begun;
  const plan = await planSnapshot(source, options);
  const { region } = plan;
  const tags = foundBy(source, session.id, options.id);
  const { snapshotId, blocks, ...method } = await noted(begun, { account, region, tags, restoreId: options.id }, async (run) => {
    const resumable = await findEarlierOf(run, source, plan, options, account);
    const written = await writeSnapshot(run, source, plan, { ...options, tags: plan.tags, resumable }, account);
    try {
      await run.note?.made({ signal });
    } catch (error) {
      // what an earlier call finished, and may have given to its caller, is not this one's to take back
      if (resumable?.earlier.completedSnapshotId === undefined) await removeSnapshot(run, account.compute(region), written.snapshotId);
      throw error;
    }
    return written;
  });
  return {
    session: session.id,
    restorePoint: source.point.id,
    sourceVolume: source.volumeId,
    snapshotId,
    region,
    sizeBytes: plan.sizeBytes,
    ...method,
    blocks,
    bytes: blocks * blockSizeBytes,
  };
}
