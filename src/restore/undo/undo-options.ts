import * as z from "zod";
import { checkOptions } from "../../options/check-options.js";
import { optionError } from "../../options/option-error.js";
import { regionSchema, signalSchema, truth } from "../../options/schemas.js";
import { restoreIdPattern } from "../restore-id.js";
import type { RestoreUndoPlan } from "./plan-undo.js";

/** Where a restore was to that is undone. */
export interface PlanUndoOptions {
  /** Default: the account's region. */
  readonly region?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** How the plan of an undo is carried out. */
export interface UndoOptions {
  /** Says that the process which worked at this restore is dead: its lease is taken at once, and the undo begins fifteen seconds later, as in {@link VolumeRestoreOptions.takeOver}. Default: false. */
  readonly takeOver?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

const planSchema = z.looseObject({
  kind: z.literal("undo"),
  id: z.string().regex(restoreIdPattern),
  accountId: z.string(),
  region: z.string(),
  remove: z.array(z.looseObject({ kind: z.enum(["volume", "snapshot"]), resourceId: z.string() })),
});

export function resolvePlanUndoOptions(options: PlanUndoOptions): PlanUndoOptions {
  const schema = z.strictObject({ region: regionSchema.optional(), signal: signalSchema });
  return checkOptions<PlanUndoOptions>(options, { of: "the plan of an undo", schema });
}

export function resolveUndoOptions(options: UndoOptions): UndoOptions {
  const schema = z.strictObject({ takeOver: truth, signal: signalSchema });
  return checkOptions<UndoOptions>(options, { of: "an undo", schema });
}

/** Checks that something is the plan of an undo, which may have been kept as JSON. */
export function checkUndoPlan(plan: RestoreUndoPlan): RestoreUndoPlan {
  if (planSchema.safeParse(plan).success) return plan;
  throw optionError("plan", "must be what restore.planUndo() gave.");
}
