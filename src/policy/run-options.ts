import { z } from "zod";
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
