import * as z from "zod";
import { checkOptions } from "../options/check-options.js";
import { signalSchema } from "../options/schemas.js";

/** One run's own options. */
export interface RunOptions {
  readonly signal?: AbortSignal | undefined;
  /** Reads all blocks even where the changes could be told; what the repository holds is not stored again. */
  readonly full?: boolean | undefined;
}

const schema = z.strictObject({ signal: signalSchema, full: z.boolean({ error: "must be true or false." }).optional() });

export function resolveRunOptions(options: RunOptions): RunOptions {
  return checkOptions<RunOptions>(options, { of: "a policy's run", known: Object.keys(schema.shape), schema });
}

const signalOnly = z.strictObject({ signal: signalSchema });
const retainSchema = z.strictObject({ signal: signalSchema, dryRun: z.boolean({ error: "must be true or false." }).optional() });

/** The options of a call that takes a signal alone. */
export function checkSignal(options: Pick<RunOptions, "signal">): Pick<RunOptions, "signal"> {
  return checkOptions<Pick<RunOptions, "signal">>(options, { of: "this call", known: Object.keys(signalOnly.shape), schema: signalOnly });
}

export function checkRetain(options: Pick<RunOptions, "signal"> & { readonly dryRun?: boolean | undefined }): Pick<RunOptions, "signal"> & { readonly dryRun?: boolean | undefined } {
  return checkOptions<Pick<RunOptions, "signal"> & { readonly dryRun?: boolean | undefined }>(options, { of: "a retention pass", known: Object.keys(retainSchema.shape), schema: retainSchema });
}
