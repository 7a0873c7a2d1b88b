import * as z from "zod";
import { checkOptions } from "../../options/check-options.js";
import { signalSchema, truth } from "../../options/schemas.js";
import { workersSchema, type RepositoryWorkers } from "../workers/repository-workers.js";

/** How restore points are copied. */
export interface CopyOptions {
  /** Reads everything though the changes since the last copy could be told. What the target holds is not stored again. */
  readonly full?: boolean | undefined;
  /** Has workers on EC2 copy, in the region of this repository: a `WorkerPool`. Default: this process does. */
  readonly workers?: RepositoryWorkers | undefined;
  /** Ends the copy with the signal's reason; what it stored is found by the next. */
  readonly signal?: AbortSignal | undefined;
}

/** Checks the options; raises `ConfigurationError` naming the path. */
export function checkCopyOptions(options: CopyOptions): CopyOptions {
  return checkOptions(options, { of: "a copy", schema: z.strictObject({ full: truth, workers: workersSchema, signal: signalSchema }) });
}
