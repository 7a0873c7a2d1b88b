import { describe, expect, it } from "vitest";
import { dieAtCall } from "../support/policy-crash.js";

describe("a policy's run that is killed", () => {
  it("at any call leaves the earlier point whole, no half point, and nothing that the next run does not take or remove", async () => {
    let deaths = 0;
    for (let last = 1; await dieAtCall(last); last++) deaths++;
    expect(deaths).toBeGreaterThan(30);
  });
});
