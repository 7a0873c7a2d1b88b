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

function messageOf(options: unknown): string {
  try {
    checkOptions(options, check);
  } catch (error) {
    if (error instanceof ConfigurationError) return `${error.code} ${error.message}`;
    throw error;
  }
  return "";
}

describe("checking options", () => {
  it("names the path, the value and what it must be", () => {
    expect(messageOf({ list: [{ size: 1 }, { size: "two" }] })).toBe('InvalidOption list[1].size: must be a number. It is "two".');
    expect(messageOf({})).toBe("InvalidOption list: must be a list. It is missing.");
    expect(messageOf({ list: Promise.resolve([]) })).toBe("InvalidOption list: must be a list. It is a promise: await it first.");
    expect(messageOf(undefined)).toContain("options: must be an object with the options of a thing: list. It is missing.");
  });

  it("refuses unknown keys, wherever they stand", () => {
    expect(messageOf({ list: [], lst: 1 })).toBe("InvalidOption lst: is no option of a thing; the options are list. It is 1.");
    expect(messageOf({ list: [{ size: 1, colour: "red" }] })).toBe('InvalidOption list[0].colour: is not known in list[0]. It is "red".');
  });

  it("refuses what only a later version can do", () => {
    expect(messageOf({ list: [], later: {} })).toBe("NotSupported later: is not supported in this version of holdfast. Leave it out.");
    expect(messageOf({ list: [] })).toBe("");
  });
});
