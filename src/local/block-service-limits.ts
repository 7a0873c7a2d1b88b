import type { BlockTimes } from "./blocks/block-limits.js";
import { withoutRates } from "./ebs/ebs-limits.js";
import type { EbsLimits } from "./ebs/ebs-limits.js";
import { wrong } from "./wrong-option.js";

/** What EBS refuses and how long it takes: AWS's quotas, unless something else is said. */
export interface BlockLimits extends EbsLimits, BlockTimes {}

const keys: readonly (keyof BlockLimits)[] = [
  "volumeCreationMs",
  "snapshotCompletionMs",
  "getBlocksPerSecond",
  "getBlocksPerSecondPerSnapshot",
  "putBlocksPerSecond",
  "putBlocksPerSecondPerSnapshot",
  "listsPerSecond",
  "startsPerSecond",
  "completionsPerSecond",
  "pendingSnapshots",
  "visibleAfterMs",
  "shortPages",
];

/** `"none"` limits no rate. Raises a `TypeError` that names what is wrong. */
export function resolveBlockLimits(limits: BlockLimits | "none" | undefined): BlockLimits {
  if (limits === undefined) return {};
  if (limits === "none") return withoutRates;
  if (typeof limits !== "object") throw wrong("limits.blocks", limits, 'an object, or "none"');
  for (const [key, value] of Object.entries(limits) as [string, unknown][]) {
    if (!keys.some((known) => known === key)) throw wrong(`limits.blocks.${key}`, undefined, `one of the known options: ${keys.join(", ")}`);
    if (value !== undefined && !(typeof value === "number" && value >= 0)) throw wrong(`limits.blocks.${key}`, value, "a number, 0 or more");
  }
  if ((limits.shortPages ?? 0) > 1) throw wrong("limits.blocks.shortPages", limits.shortPages, "from 0 to 1");
  return limits;
}
