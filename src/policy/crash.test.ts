import { describe, expect, it } from "vitest";
import { noiseBlock } from "../../test/support/backup-world.js";
import { ManualClock } from "../../test/support/manual-clock.js";
import { MemoryCloud } from "../../test/support/memory-cloud.js";
import { MemoryObjectStore } from "../../test/support/memory-object-store.js";
import { dieAtCall, expectPoint, freeze, immortal, open, pointsOf, policyOf } from "../../test/support/policy-crash.js";

/** Which of the calls are tried here: all of them are in test/heavy. */
const stride = 5;

describe("a policy's run that is killed", () => {
  it("at a call leaves the earlier point whole, no half point, and nothing that the next run does not take or remove", async () => {
    let deaths = 0;
    for (let last = 1; await dieAtCall(last); last += stride) deaths++;
    expect(deaths).toBeGreaterThan(6);
  });
});

describe("two processes that back up the same instance at once, for two policies", () => {
  it("make whole points, whoever is faster", async () => {
    for (let round = 0; round < 5; round++) {
      const clock = new ManualClock();
      const cloud = new MemoryCloud(clock);
      const store = new MemoryObjectStore();
      cloud.addVolume("vol-a1").blocks.set(0, noiseBlock()).set(1, noiseBlock());
      cloud.addVolume("vol-a2").blocks.set(3, noiseBlock());
      cloud.addInstance("i-a", ["vol-a1", "vol-a2"]);
      const state = freeze(cloud);
      const [one, two] = [await open(store, immortal(), clock), await open(store, immortal(), clock)];
      cloud.onCall = async () => {
        for (let turn = Math.random() * 3; turn > 0; turn--) await new Promise((resolve) => setImmediate(resolve));
      };
      await Promise.all([policyOf(cloud, one, clock).run(), policyOf(cloud, two, clock, "silver").run()]);
      const points = await pointsOf(one);
      expect(points).toHaveLength(2);
      for (const point of points) await expectPoint(point, state);
      expect((await one.verify({ level: "data" })).findings).toEqual([]);
    }
  });
});
