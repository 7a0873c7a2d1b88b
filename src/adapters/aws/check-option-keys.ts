import { checkOptionNames, invalidOption } from "../../options/option-error.js";

/** Raises `ConfigurationError` where `options` is no object or has a key that is not in `known`; `path` is where they stand, if not at the top. */
export function checkOptionKeys(options: unknown, known: readonly string[], of: string, path?: string): asserts options is Readonly<Record<string, unknown>> {
  if (typeof options !== "object" || options === null || Array.isArray(options)) throw invalidOption(path ?? "options", options, `must be an object with the options ${known.join(", ")}.`);
  checkOptionNames(options, known, of, path);
}
