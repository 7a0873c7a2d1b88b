import * as z from "zod";
import type { TrackedAlert } from "../../alerts/alert.js";
import { IntegrityError } from "../../errors/index.js";
import { objectNames } from "../format/object-names.js";
import { seal, unseal, type SealContext } from "../keys/sealed-box.js";
import type { RepositoryContext, SignalOptions } from "../repository-context.js";
import { isConflict, isGone } from "../store/store-answers.js";

const conditions = ["run-failed", "run-partial", "run-missed", "nothing-protected", "window-ended", "repository-damaged", "locks-broken", "point-too-old", "not-compliant"] as const;

const stateSchema = z.strictObject({
  version: z.literal(1),
  alerts: z.array(
    z.strictObject({
      id: z.string(),
      policy: z.string(),
      condition: z.enum(conditions),
      subject: z.string(),
      severity: z.enum(["warning", "error"]),
      text: z.string(),
      raisedAt: z.iso.datetime(),
      endedAt: z.iso.datetime().optional(),
      toldOfBeginning: z.array(z.string()),
      toldOfEnd: z.array(z.string()),
    }),
  ),
  /** Until then somebody is telling: nobody else does. By the clock of who tells. */
  tellingUntil: z.iso.datetime().optional(),
});

/** A policy's alerts as they are kept between runs and processes. */
export interface AlertState {
  readonly alerts: readonly TrackedAlert[];
  readonly tellingUntil?: string | undefined;
}

/** The state; empty where there is none, or a damaged one: then what lasts is raised again. */
export async function readAlertState(context: RepositoryContext, policy: string, options: SignalOptions): Promise<{ readonly state: AlertState; readonly etag: string | undefined }> {
  const name = objectNames.alerts(context.keys.policyName(policy));
  try {
    const { body, etag } = await context.store.get(name, options);
    return { state: open(context, name, body), etag };
  } catch (error) {
    if (isGone(error)) return { state: { alerts: [] }, etag: undefined };
    throw error;
  }
}

/** Changes the state by compare-and-swap, as often as another process is faster. */
export async function changeAlertState<Result>(context: RepositoryContext, policy: string, change: (state: AlertState) => { readonly state: AlertState; readonly result: Result }, options: SignalOptions): Promise<Result> {
  const name = objectNames.alerts(context.keys.policyName(policy));
  for (;;) {
    options.signal?.throwIfAborted();
    const found = await readAlertState(context, policy, options);
    const { state, result } = change(found.state);
    const json = JSON.stringify({ version: 1, ...state });
    if (json === JSON.stringify({ version: 1, ...found.state })) return result;
    try {
      await context.store.put(name, seal(sealOf(context, name), Buffer.from(json)), { condition: found.etag === undefined ? "absent" : { etag: found.etag }, ...options });
      return result;
    } catch (error) {
      if (!isConflict(error)) throw error;
    }
  }
}

function open(context: RepositoryContext, name: string, bytes: Buffer): AlertState {
  try {
    const { version: _, ...state } = stateSchema.parse(JSON.parse(unseal(sealOf(context, name), bytes).toString("utf8")));
    return state;
  } catch (error) {
    if (!(error instanceof IntegrityError || error instanceof z.ZodError || error instanceof SyntaxError)) throw error;
    context.logger.warn("the state of a policy's alerts is damaged: what lasts is raised again", { object: name });
    return { alerts: [] };
  }
}

function sealOf({ keys }: RepositoryContext, name: string): SealContext {
  return { key: keys.metadata, repositoryId: keys.repositoryId, name, label: "alerts" };
}
