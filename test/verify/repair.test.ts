import { describe, expect, it } from "vitest";
import type { Repository } from "../../src/index.js";
import { DedupBed, freezeAll } from "../support/dedup-bed.js";
import { noiseBlock, textBlock } from "../support/backup-world.js";
import { MemoryVolume } from "../support/memory-volume.js";

const indexes = [0, 1, 2, 300, 301];

/** Two repositories with the same restore points, as a copy makes them: of the same resource and moment, under keys of their own. */
async function twins() {
  const volume = new MemoryVolume(2 ** 40);
  for (const index of indexes) volume.blocks.set(index, index === 2 ? noiseBlock() : textBlock(`block ${String(index)} `));
  const [bed, other] = [new DedupBed(), new DedupBed()];
  const [repository, second] = [await bed.create(), await other.create()];
  const states = [freezeAll({ "vol-1": volume }, "snap-1")];
  volume.blocks.set(300, textBlock("new "));
  states.push(freezeAll({ "vol-1": volume }, "snap-2"));
  const backUp = async (into: DedupBed, opened: Repository) => [
    (await into.backUp(opened, "i-1", { "vol-1": volume }, { snapshotId: "snap-1" })).point,
    (await into.backUp(opened, "i-1", { "vol-1": volume }, { snapshotId: "snap-2" })).point,
  ];
  const points = await backUp(bed, repository);
  const copies = await backUp(other, second);
  expect(copies.map(({ createdAt }) => createdAt)).toEqual(points.map(({ createdAt }) => createdAt));
  const expectRestores = async (): Promise<void> => {
    for (const [position, point] of points.entries()) await bed.expectHolds(await (await bed.reopen()).restorePoint(point.id), states[position]!);
  };
  return { volume, bed, other, repository, second, points, expectRestores };
}

describe("a repair", () => {
  it("brings lost blocks from a second repository, for every point that needs them", async () => {
    const { bed, repository, second, expectRestores } = await twins();
    const [pack] = bed.names("packs/");
    bed.store.objects.delete(pack!);
    const plan = await repository.repair({ from: second, dryRun: true });
    expect(plan).toMatchObject({ isDryRun: true, repairedBlocks: 5, storedBytes: 0, losses: [], steps: [{ object: pack, deed: "copy", blocks: 5, from: "memory" }] });
    expect(bed.names("reloc/")).toEqual([]);
    const report = await repository.repair({ from: second });
    expect(report).toMatchObject({ isDryRun: false, repairedBlocks: 5, losses: [] });
    expect(report.storedBytes).toBeGreaterThan(0);
    await expectRestores();
    expect(await repository.verify({ level: "data" })).toMatchObject({ isHealthy: true, relocatedPacks: 1 });
    expect(await repository.repair({ from: second })).toMatchObject({ steps: [], repairedBlocks: 0, losses: [] });
    expect(bed.names("sess/")).toEqual([]);
  });

  it("takes nothing from a second repository that is not the very block that is missing", async () => {
    const { bed, repository, volume, points } = await twins();
    const [pack] = bed.names("packs/");
    bed.store.objects.delete(pack!);
    const stranger = new DedupBed();
    const strange = await stranger.create();
    for (const index of indexes) volume.blocks.set(index, textBlock("another volume "));
    freezeAll({ "vol-1": volume }, "snap-9");
    await stranger.backUp(strange, "i-1", { "vol-1": volume }, { snapshotId: "snap-9" });
    const report = await repository.repair({ from: strange });
    expect(report).toMatchObject({ steps: [], repairedBlocks: 0, losses: [{ object: pack, restorePoints: points.map(({ id }) => id) }] });
    expect(bed.names("reloc/")).toEqual([]);
  });

  it("finds lost blocks in other packs of the same repository", async () => {
    const { bed, repository, volume, expectRestores } = await twins();
    const [pack] = bed.names("packs/");
    // a second machine that knew nothing of the index stores the same blocks again
    const runs = bed.names("idx/").map((name) => [name, bed.store.objects.get(name)!] as const);
    for (const [name] of runs) bed.store.objects.delete(name);
    volume.freeze("snap-1b");
    volume.blocks.set(300, textBlock("block 300 "));
    volume.freeze("snap-1c");
    await bed.backUp(await bed.reopen(), "i-2", { "vol-2": volume }, { snapshotId: "snap-1c" });
    for (const [name, bytes] of runs) bed.store.objects.set(name, bytes);
    bed.store.objects.delete(pack!);
    await repository.verify({ level: "presence" });
    const report = await repository.repair();
    expect(report).toMatchObject({ repairedBlocks: 5, storedBytes: 0, losses: [], steps: [{ object: pack, deed: "relocate", blocks: 5 }] });
    await expectRestores();
    expect(await repository.verify({ level: "data" })).toMatchObject({ isHealthy: true });
  });

  it("relies on no copy whose pack a collection condemns while it is read", async () => {
    const { bed, repository, volume } = await twins();
    const [pack] = bed.names("packs/");
    const before = new Set(bed.names("packs/"));
    const runs = bed.names("idx/").map((name) => [name, bed.store.objects.get(name)!] as const);
    for (const [name] of runs) bed.store.objects.delete(name);
    volume.blocks.set(300, textBlock("block 300 "));
    volume.freeze("snap-1c");
    const { point } = await bed.backUp(await bed.reopen(), "i-2", { "vol-2": volume }, { snapshotId: "snap-1c" });
    for (const [name, bytes] of runs) bed.store.objects.set(name, bytes);
    const [copy] = bed.names("packs/").filter((name) => !before.has(name));
    await repository.remove(point, { evenNewest: true });
    bed.store.objects.delete(pack!);
    const collector = await bed.reopen();
    const get = bed.store.get.bind(bed.store);
    let isCollected = false;
    bed.store.get = async (name, options) => {
      const content = await get(name, options);
      if (name !== copy || options?.range === undefined || "suffix" in options.range || isCollected) return content;
      isCollected = true;
      expect(await collector.collectGarbage({ graceHours: 0, waitMinutes: 0 })).toMatchObject({ status: "waiting" });
      for (let minute = 0; minute < 4; minute++) {
        bed.clock.advance(60_000);
        for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
      }
      expect(await collector.collectGarbage({ graceHours: 0, waitMinutes: 0 })).toMatchObject({ status: "done" });
      return content;
    };
    expect(await repository.repair()).toMatchObject({ repairedBlocks: 0, losses: [{ object: pack }] });
    expect({ isCollected, relocations: bed.names("reloc/") }).toEqual({ isCollected: true, relocations: [] });
  });

  it("lists what nothing can repair, with the points that lose by it", async () => {
    const { bed, repository, points } = await twins();
    const [pack] = bed.names("packs/");
    bed.store.objects.delete(pack!);
    bed.store.objects.delete(bed.names("log/").at(-1)!);
    const { losses } = await repository.repair();
    expect(losses.map(({ object }) => object).sort()).toEqual([expect.stringMatching(/^log\//), pack]);
    expect(new Set(losses.flatMap(({ restorePoints }) => restorePoints))).toEqual(new Set(points.map(({ id }) => id)));
  });

  it("puts what opens the repository as it was, while it is open", async () => {
    const { bed, repository, expectRestores } = await twins();
    const slot = bed.names("keys/")[0]!;
    bed.store.objects.delete("holdfast.json");
    bed.store.objects.set(slot, Buffer.from("{}"));
    expect((await repository.verify({ level: "metadata" })).findings.map(({ object }) => object).sort()).toEqual(["holdfast.json", slot]);
    expect((await repository.repair()).steps.map(({ object, deed }) => [object, deed])).toEqual([["holdfast.json", "rewrite"], [slot, "rewrite"]]);
    await expectRestores();
    expect((await repository.verify({ level: "data" })).isHealthy).toBe(true);
  });
});
