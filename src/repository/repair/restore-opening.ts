import { objectNames } from "../format/object-names.js";
import type { RepositoryContext, SignalOptions } from "../repository-context.js";
import type { VerifyFinding } from "../verify/verify-options.js";
import type { RepairLoss, RepairStep } from "./repair-options.js";
import { isConditionFailed } from "../store/store-answers.js";

/** Plans how what opens the repository is put as it was when it was opened; what was not read then stays as it is. */
export function planOpening({ openedSlot }: RepositoryContext, findings: readonly VerifyFinding[]): { readonly steps: RepairStep[]; readonly losses: RepairLoss[] } {
  const steps: RepairStep[] = [];
  const losses: RepairLoss[] = [];
  for (const { object, kind, problem } of findings) {
    if (kind === "configuration" || (kind === "keySlot" && object === openedSlot?.name)) {
      steps.push({ object, deed: "rewrite", blocks: 0, from: "what was read when the repository was opened", reason: problem });
    } else if (kind === "keySlot") {
      losses.push({ object, reason: `${problem} Only its own key could tell what it was: add another slot, and remove this one.`, restorePoints: [], blocks: [] });
    }
  }
  return { steps, losses };
}

/** Puts the object as it was, over what is there now. */
export async function rewriteOpening(context: RepositoryContext, object: string, options: SignalOptions): Promise<void> {
  const bytes = object === objectNames.configuration ? context.openedConfiguration : context.openedSlot?.bytes;
  if (bytes === undefined) return;
  const found = await context.store.head(object, options);
  try {
    await context.store.put(object, bytes, { condition: found === undefined ? "absent" : { etag: found.etag }, lock: context.locks?.lockNow(), ...options });
  } catch (error) {
    // somebody else repaired it meanwhile: the next verification tells
    if (!isConditionFailed(error)) throw error;
  }
}
