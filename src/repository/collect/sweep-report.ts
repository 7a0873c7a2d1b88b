import type { SignalOptions } from "../repository-context.js";

/** How leftovers are swept. */
export interface SweepOptions extends SignalOptions {
  /** Only says what would be removed. */
  readonly dryRun?: boolean | undefined;
}

/** What a sweep removed for good, or would remove. */
export interface SweepReport {
  readonly isDryRun: boolean;
  /** False where the store keeps no versions: nothing is ever left over there. */
  readonly hasVersions: boolean;
  readonly removedVersions: number;
  readonly removedDeleteMarkers: number;
  readonly removedBytes: number;
  /** Leftovers whose lock still runs: a later sweep removes them. */
  readonly lockedVersions: number;
  /** Leftovers that are younger than the time in which a deletion can be undone. */
  readonly youngVersions: number;
}
