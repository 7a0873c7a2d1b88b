import { printLines } from "../../printing/printable.js";
import { bytesText } from "../../printing/words.js";
import type { ThawPlan } from "./plan-thaw.js";

/** How a plan prints: what must be thawed of how much, then how long that takes and what it costs by each tier. */
export function printThawPlan({ restorePoint, storageClass, needed, archived, thawing, days, tiers }: ThawPlan): string {
  return printLines(
    `ThawPlan of ${restorePoint}${storageClass === undefined ? "" : ` in ${storageClass}`}: ${String(archived.packs)} of ${String(needed.packs)} packs (${bytesText(archived.bytes)} of ${bytesText(needed.bytes)}) to thaw, ${String(thawing.packs)} on their way`,
    tiers.map(({ tier, hours, cost }) => `${tier}: within ${String(hours)} hours, for ${String(days)} days${cost === undefined ? "" : `, $${cost.total.toFixed(2)}`}`),
  );
}
