import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { readRecoveryDocument, recoveryPlanJsonSchema } from "./recovery-document.js";

const resource = "111122223333/eu-west-1/i-0abc";
const read = (part: object): ReturnType<typeof readRecoveryDocument> => readRecoveryDocument({ version: 1, name: "shop", steps: [{ name: "a", resource }], ...part }, new Set(["answers"]));

describe("a recovery plan's document", () => {
  it.each([
    [{ steps: [] }, "steps: must have at least one step."],
    [{ steps: [{ name: "a", resource }, { name: "a", resource }] }, 'steps[1].name: must be another: "a" is there already.'],
    [{ steps: [{ name: "a", resource, after: ["b"] }] }, 'steps[0].after[0]: there is no step "b"; the steps are a.'],
    [{ steps: [{ name: "a", resource }, { name: "b", resource, after: ["c"] }, { name: "c", resource, after: ["b"] }] }, "steps[1].after: goes round in a circle: b, c wait for one another."],
    [{ steps: [{ name: "a", resource, wait: [{ check: "pings" }] }] }, 'steps[0].wait[0].check: there is no check "pings"; there is answers.'],
    [{ steps: [{ name: "a", resource: "i-0abc" }] }, "steps[0].resource: must be <account>/<region>/<instance>"],
    [{ step: [] }, "step: is no option of a recovery plan"],
    [{ steps: [{ name: "a", resource, to: { userData: "secret" } }] }, /^steps\[0\]\.to\.userData: is not known(?!.*secret)/],
  ])("that is wrong is refused by the path: %j", (part, message) => {
    expect(() => read(part)).toThrow(message);
  });

  it("gives its steps in an order in which each comes after those that it names", () => {
    const steps = [{ name: "web", resource, after: ["database", "cache"] }, { name: "cache", resource, after: ["database"] }, { name: "database", resource }];
    expect(read({ steps }).ordered.map(({ name }) => name)).toEqual(["database", "cache", "web"]);
  });

  it("has a JSON schema, the one in docs", async () => {
    expect(JSON.parse(await readFile(new URL("../../../docs/recovery-plan.schema.json", import.meta.url), "utf8"))).toEqual(recoveryPlanJsonSchema());
  });
});
