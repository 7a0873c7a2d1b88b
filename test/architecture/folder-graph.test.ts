import { describe, expect, it } from "vitest";
import { drawGraph, findCycle, folderGraph, withoutDetours } from "./folder-graph.js";

const imports = [
  { from: "src/policy/policy.ts", to: "src/repository/repository.ts" },
  { from: "src/policy/run/run.ts", to: "src/policy/policy.ts" },
  { from: "src/policy/policy.ts", to: "src/errors/index.ts" },
  { from: "src/repository/repository.ts", to: "src/errors/index.ts" },
  { from: "src/index.ts", to: "src/policy/policy.ts" },
  { from: "src/errors/index.ts", to: "node:util" },
];

describe("the picture of folders", () => {
  it("has an arrow for what files of one import of another, and leaves out what follows from others", () => {
    const graph = folderGraph(imports, "src/", ["index.ts"]);
    expect(graph.get("policy")).toEqual(new Set(["repository", "errors"]));
    expect(findCycle(graph)).toBeUndefined();
    expect(drawGraph(withoutDetours(graph)).split("\n")).toEqual([
      "flowchart TD",
      '  errors["errors"]',
      '  index_ts["index.ts"]',
      '  policy["policy"]',
      '  repository["repository"]',
      "  index_ts --> policy",
      "  policy --> repository",
      "  repository --> errors",
    ]);
  });

  it("shows no files of the root that are not asked for", () => {
    expect([...folderGraph(imports, "src/").keys()].sort()).toEqual(["errors", "policy", "repository"]);
  });

  it("finds folders that need each other", () => {
    expect(findCycle(folderGraph([...imports, { from: "src/errors/a.ts", to: "src/policy/policy.ts" }], "src/"))).toEqual(["policy", "repository", "errors", "policy"]);
  });
});
