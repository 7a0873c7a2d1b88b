import * as z from "zod";

/** The one name that zod leaves out of every record, with whatever was put before it here. */
const hidden = /^\0*__proto__$/;

/**
 * A record of any names, as `z.record` is, with `__proto__` among them: a tag may be called so, and nothing of what is backed up is left out for its name. zod's own passes over it, so it goes through under another one.
 */
export function recordOf<Value extends z.ZodType>(value: Value, params?: { readonly error: string }): z.ZodType<Record<string, z.output<Value>>> {
  const record = z.record(z.string(), value, params);
  return z.preprocess((given) => renamed(given, (name) => `\0${name}`), record).transform((named) => renamed(named, (name) => name.slice(1)));
}

/** The same with other names in the place of `__proto__` and what stands for it; whatever else as it is. */
function renamed<Given>(given: Given, rename: (name: string) => string): Given {
  if (typeof given !== "object" || given === null || Array.isArray(given) || !Object.keys(given).some((name) => hidden.test(name))) return given;
  return Object.fromEntries(Object.entries(given).map(([name, value]: [string, unknown]) => [hidden.test(name) ? rename(name) : name, value])) as Given;
}
