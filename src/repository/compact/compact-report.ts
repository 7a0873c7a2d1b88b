import type { PackAmount } from "../pack/pack-amount.js";

/** What a compaction did, or would do. JSON. */
export interface CompactReport {
  readonly dryRun: boolean;
  /** `done`: the old packs are deleted. `waiting`: backups under way must look first; what was copied serves the next run. `nothing`: no pack is worth it. `elsewhere`: a collection was decided at the same time; run it again. */
  readonly status: "done" | "waiting" | "nothing" | "elsewhere";
  /** Data packs that were looked at. */
  readonly examined: PackAmount;
  /** Packs that were rewritten and deleted. */
  readonly removed: PackAmount;
  /** What of them restore points need, in their new packs; 0 where an earlier run had copied it. */
  readonly written: PackAmount;
  /** Packs that were copied and, when it came to deleting, had become needed in other parts too: they stay. */
  readonly rescued: number;
}
