import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Fault } from "../support/faulty-account.js";
import type { InstanceWorld } from "../support/instance-world.js";
import { openReplaceWorld, replaceAtCalls } from "../support/replace-world.js";

const faults: readonly Fault[] = ["before", "after", "death before", "death after"];

describe("the replacement of a volume of which a changing call goes wrong", () => {
  let world: InstanceWorld;
  beforeAll(async () => {
    world = await openReplaceWorld();
  });
  afterAll(async () => {
    await world.close();
  });

  it.each(faults)("%s: is undone, or gone on with by who comes next, and leaves nothing", async (fault) => {
    expect(await replaceAtCalls(world, fault, 1)).toBeGreaterThan(12);
  });
});
