import * as z from "zod";
import { ConfigurationError } from "../errors/index.js";
import { namesAt } from "./names-at.js";
import { assertOptions, invalidOption } from "./option-error.js";
import { ownWords } from "./own-words.js";

/** What options are checked against. */
export interface OptionsCheck<Options> {
  /** Of what they are the options, for the message: `a policy`. */
  readonly of: string;
  readonly schema: z.ZodType<Options>;
  /** The names of the options, for the message about an unknown one. Default: those of the schema. */
  readonly known?: readonly string[] | undefined;
  /** Options of the design that this version does not carry out: refused, never ignored. */
  readonly unsupported?: readonly string[] | undefined;
}

/**
 * Checks what a caller gave, before anything is called or made. Raises `ConfigurationError` naming the first wrong option's
 * path, its value and what it must be: `InvalidOption`, or `NotSupported` for an option of a later version.
 */
export function checkOptions<Options>(given: unknown, check: OptionsCheck<Options>): Options {
  const known = check.known ?? (check.schema instanceof z.ZodObject ? Object.keys(check.schema.shape) : []);
  assertOptions(given, known, check.of);
  for (const path of check.unsupported ?? []) {
    if (valueAt(given, path.split(".")) !== undefined) throw unsupportedOption(path);
  }
  const parsed = check.schema.safeParse(given, { error: ownWords });
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  if (issue === undefined) throw invalidOption("options", given, `must be the options of ${check.of}.`);
  const path = pathText(issue.path);
  if (issue.code === "unrecognized_keys") {
    const key = issue.keys[0] ?? "";
    const names = path === "" ? known : namesAt(check.schema, issue.path);
    const listed = names.length === 0 ? "" : `; ${names.length === 1 ? "the option is" : "the options are"} ${names.join(", ")}`;
    const place = path === "" ? `is no option of ${check.of}${listed}.` : `is not known in ${path}${listed}.`;
    throw invalidOption(path === "" ? key : `${path}.${key}`, valueAt(given, [...issue.path, key]), place);
  }
  throw invalidOption(path === "" ? "options" : path, valueAt(given, issue.path), issue.message);
}

/** The error for what the design has and this version has not. */
export function unsupportedOption(path: string): ConfigurationError {
  return new ConfigurationError(`${path}: is not supported in this version of holdfast. Leave it out.`, { code: "NotSupported", context: { path } });
}

function pathText(path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, key) => (typeof key === "number" ? `${text}[${String(key)}]` : text === "" ? String(key) : `${text}.${String(key)}`), "");
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((inner, key) => (typeof inner === "object" && inner !== null ? (inner as Record<PropertyKey, unknown>)[key] : undefined), value);
}
