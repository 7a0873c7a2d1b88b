import { describe, expect, it } from "vitest";
import { matchesWildcard } from "./wildcard.js";

describe("a pattern with wildcards", () => {
  it.each([
    ["*", "", true],
    ["a*", "a", true],
    ["a*c", "abc\nc", true],
    ["a*c", "abcd", false],
    ["?", "", false],
    ["a?c", "abc", true],
    ["**b?", "abc", true],
    ["*ab*ab", "abab", true],
    ["*ab*ab", "ab", false],
    ["s3:Get*", "s3:GetObject", true],
    ["a.c", "abc", false],
    ["[a]", "a", false],
    ["\u{1f600}?", "\u{1f600}a", true],
  ])("%j fits %j: %j", (pattern, text, isFit) => {
    expect(matchesWildcard(pattern, text)).toBe(isFit);
  });

  it("ends, however many stars it has", () => {
    expect(matchesWildcard(`${"a*".repeat(1_000)}b`, "a".repeat(5_000))).toBe(false);
  });
});
