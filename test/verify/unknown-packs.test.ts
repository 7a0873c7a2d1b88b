import { afterEach, describe, expect, it, vi } from "vitest";
import { PackDictionary } from "../../src/repository/map/pack-dictionary.js";
import { DedupBed } from "../support/dedup-bed.js";
import { textBlock } from "../support/backup-world.js";
import { MemoryVolume } from "../support/memory-volume.js";

afterEach(() => {
  vi.restoreAllMocks();
});

/** Backs up one block, with a dictionary that forgets the packs with these numbers. */
async function forgetting(...forgotten: number[]) {
  const bed = new DedupBed();
  const repository = await bed.create();
  const finish = Reflect.get(PackDictionary.prototype, "finish");
  vi.spyOn(PackDictionary.prototype, "finish").mockImplementation(async function (this: PackDictionary, reached, ...rest) {
    return await finish.call(this, new Set([...reached].filter((ordinal) => !forgotten.includes(ordinal))), ...rest);
  });
  const volume = new MemoryVolume(2 ** 30);
  volume.blocks.set(7, textBlock("block "));
  volume.freeze("snap-1");
  const { point } = await bed.backUp(repository, "i-1", { "vol-1": volume }, { snapshotId: "snap-1" });
  return { repository, point };
}

describe("a block map that names a pack which its dictionary does not know", () => {
  it("is not healthy, though everything that the dictionary knows is", async () => {
    const { repository, point } = await forgetting(0);
    for (const level of ["presence", "data"] as const) {
      const report = await repository.verify({ level });
      expect(report.isHealthy).toBe(false);
      expect(report.findings).toMatchObject([{ kind: "blockMap", problem: expect.stringContaining("dictionary does not know (0)") as string, restorePoints: [point.id] }]);
    }
  });

  it("is healthy where the dictionary knows all", async () => {
    const { repository } = await forgetting();
    expect(await repository.verify({ level: "data" })).toMatchObject({ isHealthy: true, findings: [] });
  });
});
