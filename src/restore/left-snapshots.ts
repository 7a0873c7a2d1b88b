import type { SnapshotDescription } from "../ports/index.js";
import { sessionTag } from "../workers/tags/restore-tags.js";
import { writtenBelow } from "./written-mark.js";

/** A snapshot that is not complete, below whose block `startIndex` everything is written. */
export interface BegunSnapshot {
  readonly snapshotId: string;
  readonly startIndex: number;
  /** Whose snapshot it says to be. */
  readonly session?: string | undefined;
}

/** What earlier attempts at one volume left to go on with. */
export interface LeftSnapshots {
  /** Holds everything. */
  readonly completedSnapshotId?: string | undefined;
  /** Where none does: what says how far it is written. */
  readonly begun?: BegunSnapshot | undefined;
  /** Whoever wrote these is gone, and nobody knows how far that went; or they are not needed any more. */
  readonly useless: readonly string[];
}

/** Judges the snapshots of one volume that a restore's tags have found: the same whatever is restored. */
export function judgeLeft(snapshots: readonly SnapshotDescription[]): LeftSnapshots {
  const completedSnapshotId = snapshots.find(({ state }) => state === "completed")?.snapshotId;
  let begun: BegunSnapshot | undefined;
  const useless: string[] = [];
  for (const { snapshotId, state, tags } of snapshots) {
    if (state === "completed") continue;
    const startIndex = state === "pending" ? writtenBelow(tags) : undefined;
    if (completedSnapshotId === undefined && begun === undefined && startIndex !== undefined) begun = { snapshotId, startIndex, session: tags[sessionTag] };
    else useless.push(snapshotId);
  }
  return { completedSnapshotId, begun, useless };
}
