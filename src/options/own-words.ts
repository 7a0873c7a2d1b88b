import type * as z from "zod";

const kinds: Readonly<Record<string, string>> = { object: "an object", record: "an object", string: "a text", number: "a number", int: "a whole number", boolean: "true or false", array: "a list", date: "a valid Date", function: "a function" };

/** What an option must be, where its schema does not say so itself: zod's own words are no sentences, and speak of types. */
export const ownWords: z.core.$ZodErrorMap = (issue) => {
  if (issue.code === "invalid_type") return `must be ${kinds[issue.expected] ?? `of the type ${issue.expected}`}.`;
  if (issue.code === "invalid_value") return `must be ${issue.values.map((value) => (typeof value === "string" ? JSON.stringify(value) : String(value))).join(" or ")}.`;
  if (issue.code === "too_small") return `must ${measureOf(issue.origin)} at least ${String(issue.minimum)}${unitOf(issue.origin)}.`;
  if (issue.code === "too_big") return `must ${measureOf(issue.origin)} at most ${String(issue.maximum)}${unitOf(issue.origin)}.`;
  return issue.code === "invalid_union" ? "has none of the forms that it can have." : undefined;
};

function measureOf(origin: string): string {
  return unitOf(origin) === "" ? "be" : "have";
}

function unitOf(origin: string): string {
  return origin === "string" ? " characters" : origin === "array" || origin === "set" ? " elements" : "";
}
