import * as z from "zod";
import { checkOptions } from "../../options/check-options.js";
import { signalSchema, truth, withMethods } from "../../options/schemas.js";

interface GivenRepairOptions<Source> {
  readonly from?: Source | undefined;
  readonly dryRun?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Fills in what is not said; raises `ConfigurationError` naming the path. */
export function checkRepairOptions<Source>(options: GivenRepairOptions<Source>): GivenRepairOptions<Source> & { readonly dryRun: boolean } {
  const schema = z.strictObject({
    from: withMethods<Source>(["restorePoints"], "must be an opened Repository.").optional(),
    dryRun: truth.default(false),
    signal: signalSchema,
  });
  return checkOptions(options, { of: "a repair", schema });
}
