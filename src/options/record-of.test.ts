import { describe, expect, it } from "vitest";
import * as z from "zod";
import { inlineSchema } from "./json-schema.js";
import { recordOf } from "./record-of.js";

const schema = recordOf(z.string({ error: "must be a text." }), { error: "must be a record." });
const odd = JSON.parse('{"a":"1","__proto__":"2","\\u0000__proto__":"3","constructor":"4","toString":"5"}') as Record<string, string>;

describe("a record of any names", () => {
  it("keeps every name, those that mean something to JavaScript too", () => {
    const parsed = schema.parse(odd);
    expect(Object.entries(parsed)).toEqual(Object.entries(odd));
    expect(Object.getPrototypeOf(parsed)).toBe(Object.prototype);
    expect(Object.hasOwn({}, "a")).toBe(false);
  });

  it.each([undefined, null, 1, "a", ["a"]])("is refused in its own words where it is none: %j", (given) => {
    expect(schema.safeParse(given).error?.issues[0]?.message).toBe("must be a record.");
  });

  it("names the value that is wrong", () => {
    expect(schema.safeParse({ b: 1 }).error?.issues[0]).toMatchObject({ path: ["b"], message: "must be a text." });
    expect(schema.safeParse(JSON.parse('{"__proto__":1}')).success).toBe(false);
  });

  it("is described as any record is", () => {
    expect(inlineSchema(schema)).toEqual(inlineSchema(z.record(z.string(), z.string())));
    expect(inlineSchema(z.strictObject({ tags: schema.optional() }))).toEqual(inlineSchema(z.strictObject({ tags: z.record(z.string(), z.string()).optional() })));
  });
});
