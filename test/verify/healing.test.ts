import { describe, expect, it } from "vitest";
import { Repository } from "../../src/index.js";
import { ProviderError } from "../../src/errors/index.js";
import { FaultInjectingObjectStore } from "../../src/testing/index.js";
import { DedupBed, freezeAll } from "../support/dedup-bed.js";
import { key, noiseBlock, textBlock } from "../support/backup-world.js";
import { flipped, reopen, restoreOrRaise, smallWorld } from "../support/damage-world.js";
import type { MemoryObjectStore } from "../support/memory-object-store.js";
import { MemoryVolume } from "../support/memory-volume.js";

/** The pack that holds the frame of a block id, found by the frames' headers alone. */
function packs(store: MemoryObjectStore): string[] {
  return [...store.objects.keys()].filter((name) => name.startsWith("packs/"));
}

/** Changes a byte in the middle of the n-th frame of a pack. */
function damageFrame(store: MemoryObjectStore, pack: string, frame: number): void {
  const bytes = store.objects.get(pack)!;
  let at = 0;
  for (let skipped = 0; skipped < frame; skipped++) at += 64 + bytes.readUInt32BE(at + 8) + 16;
  store.objects.set(pack, flipped(bytes, at + 70));
}

async function twoPoints(bed: DedupBed, repository: Repository) {
  const volume = new MemoryVolume(2 ** 40);
  for (const index of [0, 1, 2, 300, 301]) volume.blocks.set(index, textBlock(`block ${String(index)} `));
  const first = { states: freezeAll({ "vol-1": volume }, "snap-1"), ...(await bed.backUp(repository, "i-1", { "vol-1": volume }, { snapshotId: "snap-1" })) };
  volume.blocks.set(300, textBlock("new "));
  const second = { states: freezeAll({ "vol-1": volume }, "snap-2"), ...(await bed.backUp(repository, "i-1", { "vol-1": volume }, { snapshotId: "snap-2" })) };
  return { volume, first, second };
}

describe("a pack that lies under another name than its own", () => {
  it.each<[string, (name: string) => string]>([
    ["in another folder", (name) => name.replace(/^packs\/../, name.startsWith("packs/00") ? "packs/01" : "packs/00")],
    ["with a longer number", (name) => name.replace(/-(\d{6})$/, "-0$1")],
  ])("%s is missing: nobody would find it there", async (_, renamed) => {
    const bed = new DedupBed();
    const repository = await bed.create();
    const { first } = await twoPoints(bed, repository);
    const [pack = ""] = packs(bed.store);
    bed.store.objects.set(renamed(pack), bed.store.objects.get(pack)!);
    bed.store.objects.delete(pack);
    expect(renamed(pack)).not.toBe(pack);
    const report = await repository.verify({ level: "presence" });
    expect(report).toMatchObject({ isHealthy: false, findings: [{ object: pack, restorePoints: expect.arrayContaining([first.point.id]) as string[] }] });
  });
});

describe("a damaged block", () => {
  it("is named with its blocks and every point that needs it, and put into quarantine", async () => {
    const bed = new DedupBed();
    const repository = await bed.create();
    const { first, second } = await twoPoints(bed, repository);
    const [pack] = packs(bed.store);
    damageFrame(bed.store, pack!, 1);
    damageFrame(bed.store, pack!, 3);
    const report = await repository.verify({ level: "data" });
    expect(report.findings).toMatchObject([{ object: pack, kind: "pack", restorePoints: [first.point.id, second.point.id], blocks: [{ volumeId: "vol-1", firstBlock: 1, lastBlock: 1 }, { volumeId: "vol-1", firstBlock: 300, lastBlock: 300 }] }]);
    expect(report).toMatchObject({ isHealthy: false, quarantinedPacks: 1 });
    expect(bed.names("quarantine/")).toEqual([`quarantine/${pack!.replaceAll("/", "-")}`]);
    expect(JSON.parse(JSON.stringify(report))).toEqual(report);
  });

  it("is healed by the next increment, for older points too", async () => {
    const bed = new DedupBed();
    const repository = await bed.create();
    const { volume, first, second } = await twoPoints(bed, repository);
    damageFrame(bed.store, packs(bed.store)[0]!, 1);
    await repository.verify({ level: "data" });
    await expect(bed.expectHolds(first.point, first.states)).rejects.toMatchObject({ code: "DamagedBlock" });
    volume.blocks.set(9_000, noiseBlock());
    const third = { states: freezeAll({ "vol-1": volume }, "snap-3"), ...(await bed.backUp(repository, "i-1", { "vol-1": volume }, { snapshotId: "snap-3" })) };
    expect(third.methods).toEqual(["incremental"]);
    expect(third.counts).toMatchObject({ readBlocks: 2, storedBlocks: 2, healedBlocks: 1 });
    for (const { point, states } of [first, second, third]) await bed.expectHolds(point, states);
    expect(await repository.verify({ level: "data" })).toMatchObject({ isHealthy: true, findings: [], relocatedPacks: 1 });
    // once is enough: the increment after that reads what changed and nothing else
    volume.blocks.set(9_001, noiseBlock());
    volume.freeze("snap-4");
    expect((await bed.backUp(await bed.reopen(), "i-1", { "vol-1": volume }, { snapshotId: "snap-4" })).counts).toMatchObject({ readBlocks: 1, healedBlocks: 0 });
  });

  it("is healed by a full backup, which a second one then finds at its new place", async () => {
    const bed = new DedupBed();
    const repository = await bed.create();
    const { volume, first, second } = await twoPoints(bed, repository);
    bed.store.objects.delete(packs(bed.store)[0]!);
    expect((await repository.verify({ level: "presence" })).findings).toMatchObject([{ problem: expect.stringContaining("missing") as string, blocks: [{ firstBlock: 0, lastBlock: 2 }, { firstBlock: 300, lastBlock: 301 }] }]);
    volume.freeze("snap-3");
    const third = await bed.backUp(repository, "i-1", { "vol-1": volume }, { snapshotId: "snap-3", full: true });
    expect(third.counts).toMatchObject({ storedBlocks: 4, healedBlocks: 4 });
    await bed.expectHolds(second.point, second.states);
    // block 300 changed before anybody knew: no source has it any more
    await expect(bed.expectHolds(first.point, first.states)).rejects.toMatchObject({ code: "ObjectNotFound" });
    const report = await repository.verify({ level: "data" });
    expect(report.findings).toMatchObject([{ restorePoints: [first.point.id], blocks: [{ firstBlock: 300, lastBlock: 300 }] }]);
    volume.freeze("snap-4");
    const fourth = await bed.backUp(await bed.reopen(), "i-1", { "vol-1": volume }, { snapshotId: "snap-4", full: true });
    expect(fourth.counts).toMatchObject({ storedBlocks: 0, healedBlocks: 0 });
  });

  it("becomes the block's present content where the source has another by now, or none", async () => {
    const bed = new DedupBed();
    const repository = await bed.create();
    const { volume, first } = await twoPoints(bed, repository);
    damageFrame(bed.store, packs(bed.store)[0]!, 1);
    damageFrame(bed.store, packs(bed.store)[0]!, 2);
    await repository.verify({ level: "data" });
    const state = new Map(volume.freeze("snap-3"));
    // a source that lost a block, and gives another one than it said
    const reader = volume.reader("snap-3");
    state.delete(2);
    const lying = {
      ...reader,
      blocks: async function* (options?: { startIndex?: number }) {
        for await (const reference of reader.blocks(options)) if (reference.index !== 2) yield reference;
      },
    };
    const third = await bed.backUp(repository, "i-1", { "vol-1": Object.assign(Object.create(volume) as MemoryVolume, { reader: () => lying }) }, { snapshotId: "snap-3" });
    await bed.expectHolds(third.point, { "vol-1": state });
    await expect(bed.expectHolds(first.point, first.states)).rejects.toMatchObject({ code: "DamagedBlock" });
  });

  it("leaves quarantine when the pack is whole again", async () => {
    const bed = new DedupBed();
    const repository = await bed.create();
    const { first } = await twoPoints(bed, repository);
    const [pack] = packs(bed.store);
    const bytes = bed.store.objects.get(pack!)!;
    bed.store.objects.delete(pack!);
    expect((await repository.verify({ level: "presence" })).quarantinedPacks).toBe(1);
    bed.store.objects.set(pack!, bytes);
    expect((await repository.verify({ level: "data" })).isHealthy).toBe(true);
    expect(bed.names("quarantine/")).toEqual([]);
    await bed.expectHolds(first.point, first.states);
  });

  it("in a page of the map makes the next backup a full one, whose map is whole", async () => {
    const bed = new DedupBed();
    const repository = await bed.create();
    const { volume, first, second } = await twoPoints(bed, repository);
    const newest = bed.names("meta/").at(-1)!;
    bed.store.objects.set(newest, flipped(bed.store.objects.get(newest)!, 30));
    const report = await repository.verify({ level: "metadata" });
    // the leaf of block 300, which changed: the first point has another
    expect(report.findings).toMatchObject([{ object: newest, kind: "blockMap", restorePoints: [second.point.id], blocks: [{ volumeId: "vol-1", firstBlock: 256, lastBlock: 511 }] }]);
    volume.blocks.set(1, textBlock("later "));
    const third = { states: freezeAll({ "vol-1": volume }, "snap-3"), ...(await bed.backUp(repository, "i-1", { "vol-1": volume }, { snapshotId: "snap-3" })) };
    expect(third.methods).toEqual(["full"]);
    expect(third.counts).toMatchObject({ knownBlocks: 4, storedBlocks: 1 });
    await bed.expectHolds(third.point, third.states);
    await bed.expectHolds(first.point, first.states);
  });
});

describe("a verdict", () => {
  it("is not passed because of a store that refuses, throttles or has archived what is asked for", async () => {
    const world = await smallWorld();
    for (const code of ["AccessDenied", "SlowDown", "ObjectArchived", "Unreachable"]) {
      const store = new FaultInjectingObjectStore(world.store);
      store.inject({ kind: "fail", operation: "get", name: /^packs\//, error: new ProviderError(`no: ${code}`, { code, service: "s3", operation: "GetObject" }), times: Infinity });
      const repository = await Repository.open({ storage: { location: "memory", openStore: () => Promise.resolve(store) }, encryption: { key } });
      await expect(repository.verify({ level: "data" })).rejects.toMatchObject({ code });
    }
    expect([...world.store.objects.keys()].filter((name) => name.startsWith("quarantine/"))).toEqual([]);
  });

  it("is not passed because of bytes that were spoiled once on their way, and restores take no harm of it", async () => {
    const world = await smallWorld();
    const names = [...world.store.objects.keys()].filter((name) => /^(packs|meta|log|groups|idx)\//.test(name));
    for (const name of names) {
      const store = new FaultInjectingObjectStore(world.store);
      const repository = await Repository.open({ storage: { location: "memory", openStore: () => Promise.resolve(store) }, encryption: { key } });
      const spoil = (): void => void store.inject({ kind: "corrupt", operation: "get", name: new RegExp(`^${name}$`) });
      spoil();
      expect((await repository.verify({ level: "data" })).findings, name).toEqual([]);
      for (const known of world.points) {
        spoil();
        expect(await restoreOrRaise(repository, known), name).toBe("right");
      }
    }
    expect([...world.store.objects.keys()].filter((name) => name.startsWith("quarantine/"))).toEqual([]);
  });

  it("is not written by who may only read", async () => {
    const world = await smallWorld();
    damageFrame(world.store, packs(world.store)[0]!, 0);
    const before = new Set(world.store.objects.keys());
    expect((await world.repository.verify({ level: "data", quarantine: false })).isHealthy).toBe(false);
    expect(new Set(world.store.objects.keys())).toEqual(before);
    expect((await (await reopen(world)).verify({ level: "data", quarantine: false })).findings).toHaveLength(1);
  });
});
