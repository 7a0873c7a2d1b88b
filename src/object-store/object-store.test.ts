import { describe, expect, it } from "vitest";
import { checkDeletedNames, checkObjectName, checkObjectPrefix, checkRange, conditionFailed, objectNotFound, resolveRange } from "./index.js";

describe("what every object store checks", () => {
  it.each(["packs/ab/0-1", "a", "A.b_c-9", `${"n".repeat(510)}/x`])("takes the name %s", (name) => {
    expect(() => checkObjectName(name)).not.toThrow();
    expect(() => checkObjectPrefix(name)).not.toThrow();
  });

  it.each(["", "/a", "a/", "a//b", ".", "a/../b", "a b", "ä", "a\\b", "n".repeat(513)])("refuses the name %j", (name) => {
    expect(() => checkObjectName(name)).toThrow(expect.objectContaining({ name: "ConfigurationError", code: "InvalidObjectName" }));
  });

  it("takes the start of a name for a prefix, also none, and nothing that leads elsewhere", () => {
    for (const prefix of ["", "packs/", "packs/a"]) expect(() => checkObjectPrefix(prefix)).not.toThrow();
    for (const prefix of ["/", "a//", "../", "a/./b"]) expect(() => checkObjectPrefix(prefix)).toThrow(expect.objectContaining({ code: "InvalidObjectName" }));
  });

  it("takes as many names to remove as S3 does, and none that is no name", () => {
    const names = Array.from({ length: 1_000 }, (_, number) => `a/${String(number)}`);
    expect(() => checkDeletedNames([])).not.toThrow();
    expect(() => checkDeletedNames(names)).not.toThrow();
    expect(() => checkDeletedNames([...names, "b"])).toThrow(expect.objectContaining({ name: "ConfigurationError", code: "TooManyNames" }));
    expect(() => checkDeletedNames(["a", "b/../c"])).toThrow(expect.objectContaining({ code: "InvalidObjectName" }));
  });

  it("knows which bytes a range means, and that an object which ends before was cut", () => {
    expect(resolveRange("a", 10, undefined)).toEqual({ offset: 0, length: 10 });
    expect(resolveRange("a", 10, { offset: 4, length: 6 })).toEqual({ offset: 4, length: 6 });
    expect(resolveRange("a", 10, { suffix: 3 })).toEqual({ offset: 7, length: 3 });
    expect(resolveRange("a", 10, { suffix: 30 })).toEqual({ offset: 0, length: 10 });
    expect(() => resolveRange("a", 10, { offset: 4, length: 7 })).toThrow(expect.objectContaining({ name: "IntegrityError", code: "ObjectTruncated" }));
    for (const range of [{ offset: -1, length: 1 }, { offset: 0, length: 0 }, { suffix: 0 }, { offset: 0.5, length: 1 }]) expect(() => checkRange(range)).toThrow(expect.objectContaining({ code: "InvalidRange" }));
  });

  it("raises the errors by whose codes the engine goes", () => {
    expect(objectNotFound("a", "memory")).toMatchObject({ name: "NotFoundError", code: "ObjectNotFound", context: { name: "a" } });
    expect(conditionFailed("a", "it is there")).toMatchObject({ name: "ConflictError", code: "ConditionFailed", message: "a was not changed: it is there. Read it again, then decide." });
  });
});
