import * as z from "zod";
import { checkOptions } from "./check-options.js";
import { signalSchema, truth } from "./schemas.js";

/** What a call takes that takes no more than a signal. */
interface CallOptions {
  readonly signal?: AbortSignal | undefined;
}

const callSchema = z.strictObject({ signal: signalSchema });
const dryRunSchema = callSchema.extend({ dryRun: truth });

/** Checks the options of a call that takes a signal alone; raises `ConfigurationError` naming the path. */
export function checkCallOptions(options: CallOptions): CallOptions {
  return checkOptions<CallOptions>(options, { of: "this call", schema: callSchema });
}

/** The same of a call that can also say what it would do. `of` names the call. */
export function checkDryRunOptions(options: CallOptions & { readonly dryRun?: boolean | undefined }, of: string): CallOptions & { readonly dryRun?: boolean | undefined } {
  return checkOptions<CallOptions & { readonly dryRun?: boolean | undefined }>(options, { of, schema: dryRunSchema });
}
