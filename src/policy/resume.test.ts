import { describe, expect, it } from "vitest";
import { textBlock } from "../../test/support/backup-world.js";
import { audited, blocksOf, hourMs, inFlight, ResumeWorld, zeros } from "../../test/support/resume-world.js";

describe("a run after one that was killed", () => {
  it("goes on where that one was, also from a newer snapshot: it reads what is left, what changed, and little of what was in flight", async () => {
    const world = new ResumeWorld();
    await expect(world.run({ dieAtRead: 1_000 })).rejects.toThrow();
    expect(world.names("ckpt/").length).toBeGreaterThan(1);
    world.blocks.set(3, textBlock("changed")).set(1_299, textBlock("changed too")).set(900, textBlock("and this")).delete(20);
    const before = world.reads;
    const blocks = blocksOf(await world.run());
    expect(world.reads - before).toBeLessThanOrEqual(300 + 3 + inFlight + audited);
    expect(blocks.resumed).toBeGreaterThan(1_000 - 3 - inFlight);
    expect(blocks.resumed + blocks.read).toBe(1_299);
    await world.expectWhole();
  });

  it("goes on with an increment as with a full backup", async () => {
    const world = new ResumeWorld();
    for (let index = 100; index < 1_100; index++) world.blocks.delete(index);
    await world.run();
    for (let index = 100; index < 1_100; index++) world.blocks.set(index, index % 8 === 0 ? textBlock(`new ${String(index)}`) : zeros);
    for (let index = 30; index < 40; index++) world.blocks.delete(index);
    await expect(world.run({ dieAtRead: 800 })).rejects.toThrow();
    const before = world.reads;
    const result = await world.run();
    expect(result.resources[0]!.volumes[0]).toMatchObject({ method: "incremental", blocks: { removed: 10 } });
    expect(world.reads - before).toBeLessThanOrEqual(200 + inFlight + audited);
    await world.expectWhole();
  });

  it("reads all again once a collection has taken the dead run for what it is", async () => {
    const world = new ResumeWorld();
    await expect(world.run({ dieAtRead: 1_000 })).rejects.toThrow();
    world.clock.advance(72 * hourMs);
    const repository = await world.open();
    await repository.collectGarbage({ graceHours: 0 });
    expect(world.names("packs/")).toEqual([]);
    expect(world.names("ckpt/")).toEqual([]);
    expect(blocksOf(await world.run())).toMatchObject({ resumed: 0, read: 1_300 });
    await world.expectWhole();
  });
});

describe("checkpoints", () => {
  it("go by one request once the record says it all", async () => {
    const world = new ResumeWorld();
    const parts = new Set<string>();
    world.store.onPut = (name) => {
      if (name.startsWith("ckpt/")) parts.add(name);
    };
    await world.run();
    expect(parts.size).toBeGreaterThan(2);
    expect(world.removals).toEqual([parts.size]);
    await world.expectWhole();
  });

  it("of which some went when the run was killed are of no use to the next run, and go with it", async () => {
    const world = new ResumeWorld();
    world.removalFault = { after: 1, kind: "kill" };
    await expect(world.run()).rejects.toThrow();
    expect(world.names("ckpt/").length).toBeGreaterThan(0);
    world.removalFault = undefined;
    await world.run();
    await world.expectWhole();
  });

  it("of which some may not be removed cost no run its point, and go with a later one", async () => {
    const world = new ResumeWorld();
    world.removalFault = { after: 1, kind: "fail" };
    await world.run();
    expect(world.names("ckpt/").length).toBeGreaterThan(0);
    world.removalFault = undefined;
    world.blocks.set(8, textBlock("changed"));
    await world.run();
    await world.expectWhole();
  });

  it("are not written for what is read in a moment", async () => {
    const world = new ResumeWorld();
    for (let index = 200; index < 1_300; index++) world.blocks.delete(index);
    const puts: string[] = [];
    world.store.onPut = (name) => void puts.push(name);
    await world.run();
    expect(puts.filter((name) => name.startsWith("ckpt/"))).toEqual([]);
  });
});
