import { optionError } from "../../options/option-error.js";
import type { CallOptions } from "../../ports/index.js";
import { UndoTally } from "../instance/undo-tally.js";
import { planUndo, type RestoreUndoPlan, type UndoPlace } from "./plan-undo.js";

/** What an undo by plan did. JSON. */
export interface RestoreUndone {
  readonly id: string;
  readonly removed: readonly string[];
  /** What could not be removed, or was not planned to be, and why. */
  readonly left: readonly { readonly what: string; readonly message: string }[];
}

/** Removes what the plan names, as far as it is of the restore still. What is gone already needs no removal, so that it can be killed and called again. */
export async function carryOutUndo(place: UndoPlace, plan: RestoreUndoPlan, call: CallOptions): Promise<RestoreUndone> {
  const { id } = plan;
  const now = await planUndo(place, id, call);
  if (now.accountId !== plan.accountId) throw optionError("plan", `is of account ${plan.accountId}, and this one is ${now.accountId}: undo by the account that it was planned with.`);
  const compute = place.account.compute(place.region);
  const tally = new UndoTally(call);
  const planned = new Set(plan.remove.map(({ resourceId }) => resourceId));
  for (const { kind, resourceId } of now.remove) {
    if (planned.has(resourceId)) await tally.remove(resourceId, async () => await (kind === "volume" ? compute.deleteVolume(resourceId, call) : compute.deleteSnapshot(resourceId, call)));
    else tally.left.push({ what: resourceId, message: "It is not in the plan: plan again." });
  }
  for (const { resourceId, reason } of now.stays) if (planned.has(resourceId)) tally.left.push({ what: resourceId, message: reason });
  return { id, removed: tally.removed, left: tally.left };
}
