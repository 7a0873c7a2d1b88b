import { describe, expect, it } from "vitest";
import { checkTagTemplates, renderTags, type TagVariables } from "./tag-templates.js";

const values: TagVariables = { applianceId: "app-1", policyId: "gold", policyName: "gold", sessionId: "5e55", resourceId: "111122223333/eu-west-1/i-1", region: "eu-west-1" };

const rendered: readonly [template: string, value: string][] = [
  ["plain", "plain"],
  ["%applianceId%", "app-1"],
  ["%policyId%/%policyName%", "gold/gold"],
  ["of %policyName% in %region%", "of gold in eu-west-1"],
  ["%sessionId%%resourceId%", "5e55111122223333/eu-west-1/i-1"],
  ["", ""],
];

const wrong: readonly [why: string, tags: Readonly<Record<string, string>>, message: RegExp][] = [
  ["an unknown variable", { a: "%policy%" }, /tags\["a"\]: has the unknown variable %policy%; there are %applianceId%/],
  ["an empty variable", { a: "%%" }, /unknown variable %%/],
  ["a variable in another case", { a: "%policyname%" }, /unknown variable %policyname%/],
  ["a lone percent sign", { a: "100%" }, /lone %/],
  ["a variable in a key", { "%region%": "a" }, /variables stand in values alone/],
  ["a key of AWS", { "aws:name": "a" }, /"aws:"/],
  ["a key of AWS in capitals", { "AWS:name": "a" }, /"aws:"/],
  ["a key of the engine", { "holdfast:worker": "a" }, /"holdfast:"/],
  ["no key", { "": "a" }, /0 characters/],
  ["a long key", { ["k".repeat(129)]: "a" }, /129 characters/],
  ["a long value", { a: "v".repeat(257) }, /257 characters/],
  ["a character that AWS refuses", { a: "<b>" }, /other characters/],
  ["too many", Object.fromEntries(Array.from({ length: 45 }, (_, index) => [`k${String(index)}`, ""])), /has 45 tags/],
];

describe("tags of workers", () => {
  it.each(rendered)("read %j as %j", (template, value) => {
    expect(renderTags(checkTagTemplates({ owner: template }), values)).toEqual({ owner: value });
  });

  it.each(wrong)("refuse %s beforehand", (_why, tags, message) => {
    expect(() => checkTagTemplates(tags)).toThrow(message);
    expect(() => checkTagTemplates(tags)).toThrow(expect.objectContaining({ code: "InvalidOption" }));
  });

  it("take as many as AWS leaves, and as long as it allows", () => {
    checkTagTemplates(Object.fromEntries(Array.from({ length: 44 }, (_, index) => [`k${String(index)}`, "v".repeat(256)])));
    checkTagTemplates({ ["k".repeat(128)]: "Übergröße 日本 +-=._:/@" });
  });

  it("refuse what only the variables make wrong", () => {
    const templates = checkTagTemplates({ a: `${"v".repeat(250)}%policyName%` });
    expect(renderTags(templates, values)["a"]).toHaveLength(254);
    expect(() => renderTags(templates, { ...values, policyName: "a long name" })).toThrow(/261 characters long once/);
    expect(() => renderTags(checkTagTemplates({ a: "%applianceId%" }), { ...values, applianceId: "a*b" })).toThrow(/"a\*b" once/);
  });
});
