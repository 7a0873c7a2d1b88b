import { describe, expect, it } from "vitest";
import { ProviderError } from "../../src/errors/index.js";
import type { BlockReader } from "../../src/ports/index.js";
import { textBlock } from "../support/backup-world.js";
import { blocksOf, pointsOf, ResumeWorld } from "../support/resume-world.js";

describe("a run after one that was killed", () => {
  it("goes on again and again, however often it is killed", async () => {
    const world = new ResumeWorld();
    for (let death = 0; death < 2; death++) await expect(world.run({ dieAtRead: 640 })).rejects.toThrow();
    const { resumed, read } = blocksOf(await world.run());
    expect(resumed).toBeGreaterThan(read);
    await world.expectWhole();
  });

  it("goes on within one run's retries, from the snapshot that is kept for it", async () => {
    const world = new ResumeWorld();
    let failures = 0;
    const read = world.cloud.openSnapshotReader.bind(world.cloud);
    world.cloud.openSnapshotReader = async (request) => {
      const reader = await read(request);
      const inner = reader.read.bind(reader);
      return Object.assign(reader, {
        read: async (...given: Parameters<BlockReader["read"]>) => {
          if (given[0].index === 1_000 && failures++ === 0) throw new ProviderError("The line broke.", { code: "Unreachable", service: "ebs", operation: "GetSnapshotBlock", retryable: true });
          return await inner(...given);
        },
      });
    };
    const blocks = blocksOf(await world.run({ retries: 1 }));
    expect(failures).toBe(2);
    expect(blocks.resumed).toBeGreaterThan(600);
    await world.expectWhole();
  });

  it("reads again what the repository does not hold any more", async () => {
    const world = new ResumeWorld();
    await expect(world.run({ dieAtRead: 1_000 })).rejects.toThrow();
    const lost = world.names("packs/").slice(0, 10);
    for (const name of lost) world.store.objects.delete(name);
    const blocks = blocksOf(await world.run());
    expect(blocks.resumed).toBeGreaterThan(400);
    expect(blocks.read).toBeGreaterThan(300 + 10 * 14);
    await world.expectWhole();
  });

  it("reads again from where the checkpoint is damaged", async () => {
    const world = new ResumeWorld();
    await expect(world.run({ dieAtRead: 1_200 })).rejects.toThrow();
    const second = world.names("ckpt/").sort()[1]!;
    world.store.objects.get(second)![40]! ^= 1;
    const { resumed } = blocksOf(await world.run());
    expect(resumed).toBeGreaterThan(200);
    expect(resumed).toBeLessThan(600);
    await world.expectWhole();
  });

  it("takes nothing over by a list of changes where all was to be read", async () => {
    const world = new ResumeWorld();
    await expect(world.run({ dieAtRead: 1_000, full: true })).rejects.toThrow();
    expect(blocksOf(await world.run({ full: true }))).toMatchObject({ resumed: 0, read: 1_300 });
    await world.expectWhole();
  });

  it("finds out that the list of changes since the dead run's snapshot is wrong", async () => {
    const world = new ResumeWorld();
    await expect(world.run({ dieAtRead: 1_000 })).rejects.toThrow();
    for (let index = 0; index < 1_300; index++) world.blocks.set(index, textBlock(`other ${String(index)}`));
    const read = world.cloud.openSnapshotReader.bind(world.cloud);
    world.cloud.openSnapshotReader = async (request) => Object.assign(await read(request), { changesSince: async function* () { yield* []; } });
    await expect(world.run()).rejects.toMatchObject({ failures: [{ error: { code: "WrongChangedBlockList" } }] });
    expect(await pointsOf(await world.open())).toEqual([]);
  });
});
