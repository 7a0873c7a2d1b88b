import { describe, expect, it } from "vitest";
import * as z from "zod";
import { ConfigurationError } from "../errors/index.js";
import { checkOptions, type OptionsCheck } from "./check-options.js";

const check: OptionsCheck<{ readonly list: { readonly size: number }[] }> = {
  of: "a thing",
  known: ["list"],
  unsupported: ["later", "list.later"],
  schema: z.strictObject({ list: z.array(z.strictObject({ size: z.number({ error: "must be a number." }) }), { error: "must be a list." }) }),
};

function messageOf(options: unknown, by: OptionsCheck<unknown> = check): string {
  try {
    checkOptions(options, by);
  } catch (error) {
    if (error instanceof ConfigurationError) return `${error.code} ${error.message}`;
    throw error;
  }
  return "";
}

/** A schema that says nothing of what its options must be. */
const unsaid = z.strictObject({
  daily: z.strictObject({ hours: z.array(z.int().min(0)).min(1).optional() }).optional(),
  selectors: z.array(z.union([z.strictObject({ tag: z.string() }), z.strictObject({ instance: z.string().min(3) })])).optional(),
  mode: z.enum(["soft", "hard"]).optional(),
});

describe("checking options", () => {
  it("names the path, the value and what it must be", () => {
    expect(messageOf({ list: [{ size: 1 }, { size: "two" }] })).toBe('InvalidOption list[1].size: must be a number. It is "two".');
    expect(messageOf({})).toBe("InvalidOption list: must be a list. It is missing.");
    expect(messageOf({ list: Promise.resolve([]) })).toBe("InvalidOption list: must be a list. It is a promise: await it first.");
    expect(messageOf(undefined)).toContain("options: must be an object with the options of a thing: list. It is missing.");
  });

  it("refuses unknown keys, wherever they stand", () => {
    expect(messageOf({ list: [], lst: 1 })).toBe("InvalidOption lst: is no option of a thing; the option is list. It is 1.");
    expect(messageOf({ list: [{ size: 1, colour: "red" }] })).toBe('InvalidOption list[0].colour: is not known in list[0]; the option is size. It is "red".');
  });

  it("refuses what only a later version can do", () => {
    expect(messageOf({ list: [], later: {} })).toBe("NotSupported later: is not supported in this version of holdfast. Leave it out.");
    expect(messageOf({ list: [] })).toBe("");
  });

  it("says what an option must be where its schema does not, in words of its own", () => {
    const message = (given: unknown): string => messageOf(given, { of: "a thing", schema: unsaid });
    expect(message({ daily: 2 })).toBe("InvalidOption daily: must be an object. It is 2.");
    expect(message({ daily: { hours: [] } })).toBe("InvalidOption daily.hours: must have at least 1 elements. It is an empty list.");
    expect(message({ daily: { hours: [-1] } })).toBe("InvalidOption daily.hours[0]: must be at least 0. It is -1.");
    expect(message({ mode: "soft-ish" })).toBe('InvalidOption mode: must be "soft" or "hard". It is "soft-ish".');
    expect(message({ selectors: ["vol-1"] })).toBe('InvalidOption selectors[0]: has none of the forms that it can have. It is "vol-1".');
  });

  it("names the options that there are, wherever an unknown one stands", () => {
    expect(messageOf({ daily: { hour: 2 } }, { of: "a thing", schema: unsaid })).toBe("InvalidOption daily.hour: is not known in daily; the option is hours. It is 2.");
    expect(messageOf({ day: {} }, { of: "a thing", schema: unsaid })).toBe("InvalidOption day: is no option of a thing; the options are daily, selectors, mode. It is an object.");
  });

  it("repeats no text that stands in the place of all options: it may be a key", () => {
    expect(messageOf("AKIAEXAMPLE")).toBe("InvalidOption options: must be an object with the options of a thing: list. It is a text.");
  });
});
