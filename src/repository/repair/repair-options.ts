import type { VerifyBlockRange } from "../verify/verify-options.js";

/** One thing that a repair does, or would do. */
export interface RepairStep {
  /** The damaged object. */
  readonly object: string;
  /** `relocate`: says where its blocks are found. `copy`: stores them anew, then says so. `rewrite`: puts the object as it was. */
  readonly deed: "relocate" | "copy" | "rewrite";
  /** How many blocks; 0 where the object is not a pack. */
  readonly blocks: number;
  /** Where right data is: another pack, another repository, or what was read when this one was opened. */
  readonly from: string;
  readonly reason: string;
}

/** What stays damaged. */
export interface RepairLoss {
  readonly object: string;
  readonly reason: string;
  /** The restore points that lose by it. */
  readonly restorePoints: readonly string[];
  readonly blocks: readonly VerifyBlockRange[];
}

/** What a repair did, or would do. JSON. */
export interface RepairReport {
  readonly isDryRun: boolean;
  readonly steps: readonly RepairStep[];
  /** Blocks that can be restored again, in every restore point that has them. */
  readonly repairedBlocks: number;
  /** Bytes stored for that. */
  readonly storedBytes: number;
  readonly losses: readonly RepairLoss[];
}
