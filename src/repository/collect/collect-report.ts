import type { PackAmount } from "../pack/pack-amount.js";
import type { SweepReport } from "./sweep-report.js";

/** Why packs that no restore point reaches stay for now. */
export type KeptReason = "young" | "session" | "locked" | "minimum storage";

/** What a collection did, or would do. JSON. */
export interface CollectReport {
  readonly dryRun: boolean;
  /** `done`: what was decided is deleted. `waiting`: backups under way must look first; the next collection goes on with it. `nothing`: there is no garbage. `elsewhere`: another collection did this one's work at the same time. */
  readonly status: "done" | "waiting" | "nothing" | "elsewhere";
  /** The collection's number in this repository; none where nothing was condemned. */
  readonly epoch: number | undefined;
  /** All packs as they were listed; absent where an earlier collection was only finished. */
  readonly stored: PackAmount | undefined;
  /** Packs that no restore point reaches and that were deleted. Of a collection that was begun before, the bytes are not known: 0. */
  readonly freed: PackAmount;
  /** Packs that no restore point reaches and that stay, with the reason. */
  readonly kept: Readonly<Partial<Record<KeptReason, PackAmount>>>;
  /** In a versioned bucket: what the engine itself had left behind and was removed for good; absent where nothing was swept. */
  readonly swept: SweepReport | undefined;
  /** Packs that were condemned and, when it came to deleting, needed after all. */
  readonly rescued: number;
  /** Records of removed points that became tombstones. */
  readonly retiredRecords: number;
  /** Records of runs that never finished, whose restore point can not be committed any more. */
  readonly orphans: number;
  /** Sessions that were late and were ended. */
  readonly fencedSessions: number;
}
