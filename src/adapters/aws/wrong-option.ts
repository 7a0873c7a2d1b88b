import { ConfigurationError } from "../../errors/index.js";

/** The error for a wrong option: where it stands, what it is, what it must be. Never call it with a secret as `value`. */
export function wrongOption(path: string, value: unknown, remedy: string): ConfigurationError {
  return new ConfigurationError(`${path}: is ${shown(value)}, but must be ${remedy}.`, { code: "InvalidOption", context: { path } });
}

/** Raises `ConfigurationError` where `options` is no object or has a key that is not in `known`. */
export function checkOptionKeys(path: string, options: unknown, known: readonly string[]): asserts options is Readonly<Record<string, unknown>> {
  if (typeof options !== "object" || options === null || Array.isArray(options)) throw wrongOption(path, typeof options, `an object with the options ${known.join(", ")}`);
  for (const key of Object.keys(options)) {
    if (known.includes(key)) continue;
    throw new ConfigurationError(`${path}.${key}: is no option; the options are ${known.join(", ")}.`, { code: "InvalidOption", context: { path: `${path}.${key}` } });
  }
}

function shown(value: unknown): string {
  if (value === undefined) return "missing";
  if (typeof value === "function") return "a function";
  const text = typeof value === "string" || typeof value === "number" || typeof value === "boolean" ? JSON.stringify(value) : Array.isArray(value) ? "a list" : "an object";
  return text.length <= 100 ? text : `${text.slice(0, 100)}…`;
}
