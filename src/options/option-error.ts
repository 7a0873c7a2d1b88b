import { ConfigurationError, type ErrorContext } from "../errors/index.js";

/** What an option's error carries beside its path. */
export interface OptionFacts {
  readonly context?: ErrorContext;
  readonly cause?: unknown;
}

/**
 * The error for an option: where it stands, and what it must be or what is wrong with it, up to a full stop. Messages are logged: no value that may be a secret
 * belongs in it.
 */
export function optionError(path: string, text: string, { context, cause }: OptionFacts = {}): ConfigurationError {
  return new ConfigurationError(`${path}: ${text}`, { code: "InvalidOption", context: { ...context, path }, cause });
}

/** The error for an option whose value is wrong, which the message repeats in short: `rule` says what it must be. Never called with a secret. */
export function invalidOption(path: string, value: unknown, rule: string, facts?: OptionFacts): ConfigurationError {
  return optionError(path, `${rule} It is ${shown(value)}.`, facts);
}

/**
 * Raises the error where `given` is no object of options, and for its first key that is none; `of` says of what they are the options, and `path` where they stand,
 * if not at the top.
 */
export function checkOptionNames(given: unknown, known: readonly string[], of: string, path?: string): asserts given is object {
  assertOptions(given, known, of, path);
  const unknown = Object.keys(given).find((name) => !known.includes(name));
  if (unknown !== undefined) throw optionError(path === undefined ? unknown : `${path}.${unknown}`, `is no option of ${of}; ${known.length === 1 ? "the option is" : "the options are"} ${known.join(", ")}.`);
}

/** Raises the error where `given` is no object of options. A text is not repeated: it may be the key, the passphrase or the address that belonged in one of them. */
export function assertOptions(given: unknown, known: readonly string[], of: string, path = "options"): asserts given is object {
  if (typeof given === "object" && given !== null && !Array.isArray(given)) return;
  const rule = `must be an object with the options of ${of}: ${known.join(", ")}.`;
  throw typeof given === "string" ? optionError(path, `${rule} It is a text.`) : invalidOption(path, given, rule);
}

/** The longest part of a text that a message repeats. */
const maxShownCharacters = 80;

function shown(value: unknown): string {
  if (value === undefined) return "missing";
  if (value === null) return "null";
  if (typeof value === "string") return JSON.stringify(value.length <= maxShownCharacters ? value : `${value.slice(0, maxShownCharacters)}…`);
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  if (Array.isArray(value)) return value.length === 0 ? "an empty list" : "a list";
  if (typeof value === "object") return "then" in value && typeof value.then === "function" ? "a promise: await it first" : "an object";
  return `a ${typeof value}`;
}
