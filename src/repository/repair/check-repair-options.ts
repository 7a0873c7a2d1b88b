import { checkOptionNames, invalidOption, optionError } from "../../options/option-error.js";

/** Checks the options; raises `ConfigurationError` naming the path. */
export function checkRepairOptions<Options extends { readonly from?: { readonly restorePoints: unknown } | undefined; readonly dryRun?: boolean | undefined }>(options: Options): Options {
  checkOptionNames(options, ["from", "dryRun", "signal"], "a repair");
  const { from, dryRun } = options;
  if (from !== undefined && typeof from.restorePoints !== "function") throw optionError("from", "must be an opened Repository.");
  if (dryRun !== undefined && typeof dryRun !== "boolean") throw invalidOption("dryRun", dryRun, "must be true or false.");
  return options;
}
