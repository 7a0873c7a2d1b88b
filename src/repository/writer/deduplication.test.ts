import { describe, expect, it } from "vitest";
import { noiseBlock, textBlock } from "../../../test/support/backup-world.js";
import { DedupBed, freezeAll } from "../../../test/support/dedup-bed.js";
import { MemoryVolume } from "../../../test/support/memory-volume.js";
import { ProviderError } from "../../errors/index.js";
import { SealThreads } from "../pack/sealing/seal-threads.js";

function volumeOf(blocks: ReadonlyMap<number, Buffer> | readonly (readonly [number, Buffer])[]): MemoryVolume {
  const volume = new MemoryVolume(2 ** 40);
  for (const [index, data] of blocks) volume.blocks.set(index, data);
  volume.freeze("snap-1");
  return volume;
}

function noise(count: number): (readonly [number, Buffer])[] {
  return Array.from({ length: count }, (_, index) => [index * 3, noiseBlock()] as const);
}

describe("deduplication", () => {
  for (const atOnce of [true, false]) {
    it(`stores what two volumes of an instance share once, and what one holds twice, ${atOnce ? "written at once" : "finished the other way round"}`, async () => {
      const bed = new DedupBed();
      const repository = await bed.create();
      const shared = noise(20);
      const volumes = {
        "vol-a": volumeOf([...shared, [1000, noiseBlock()], [1001, shared[0]![1]]]),
        "vol-b": volumeOf([...shared.map(([index, data]) => [index + 500, data] as const), [7, textBlock("only here")]]),
      };
      const { point, counts } = await bed.backUp(repository, "i-1", volumes, { snapshotId: "snap-1", atOnce });
      expect(bed.storedBlocks()).toHaveLength(22);
      expect(new Set(bed.storedBlocks()).size).toBe(22);
      expect(counts).toMatchObject({ readBlocks: 43, storedBlocks: 22, knownBlocks: 21, knownInRunBlocks: 21, knownInMapBlocks: 0, knownInIndexBlocks: 0 });
      expect(counts.objects).toBe(bed.store.objects.size - 2 /* configuration, key slot */);
      expect(counts.packs).toBe(bed.names("packs/").length);
      expect(counts.packBytes).toBe(bed.names("packs/").reduce((sum, name) => sum + bed.store.objects.get(name)!.length, 0));
      await bed.expectHolds(await (await bed.reopen()).restorePoint(point.id), freezeAll(volumes, "later"));
    });
  }

  it("stores once what two volumes share while threads seal it, in the order of the blocks, and reads back the same", async () => {
    const bed = new DedupBed();
    const repository = await bed.create();
    const sealer = new SealThreads({ threads: 2, blocksBeforeThreads: 0 });
    const shared = noise(30);
    const again = shared.map(([index, data]) => [index + 600, data] as const);
    const volumes = { "vol-a": volumeOf([...shared, ...again, [5, textBlock("a")]]), "vol-b": volumeOf([...shared.toReversed(), [900, textBlock("b")], [901, textBlock("b")]]) };
    const { point, counts } = await bed.backUp(repository, "i-1", volumes, { snapshotId: "snap-1", atOnce: true, sealer });
    await sealer.close();
    expect(new Set(bed.storedBlocks()).size).toBe(32);
    expect(bed.storedBlocks()).toHaveLength(32);
    expect(counts).toMatchObject({ readBlocks: 93, storedBlocks: 32, knownInRunBlocks: 61 });
    await bed.expectHolds(await (await bed.reopen()).restorePoint(point.id), freezeAll(volumes, "later"));
  });

  it("ends a run whose pack is refused while threads seal what comes after it, and leaves nothing waiting", async () => {
    const bed = new DedupBed();
    const repository = await bed.create();
    const sealer = new SealThreads({ threads: 2, blocksBeforeThreads: 0 });
    bed.store.onPut = (name) => {
      if (name.startsWith("packs/")) throw new Error("refused");
    };
    await expect(bed.backUp(repository, "vol-1", { "vol-1": volumeOf(noise(100)) }, { snapshotId: "snap-1", sealer })).rejects.toThrow("refused");
    bed.store.onPut = () => undefined;
    const volume = volumeOf(noise(70));
    const { point } = await bed.backUp(repository, "vol-2", { "vol-2": volume }, { snapshotId: "snap-1", sealer });
    await sealer.close();
    await bed.expectHolds(point, { "vol-2": volume.blocks });
  });

  it("stores nothing anew for a volume that another stream holds, after the process has forgotten everything", async () => {
    const bed = new DedupBed();
    const moved = volumeOf(noise(40));
    await bed.backUp(await bed.create({ packs: { targetBytes: 8 * 2 ** 20, maxBlocks: 16 } }), "vol-old", { "vol-old": moved }, { snapshotId: "snap-1" });
    const packs = bed.names("packs/");
    expect(packs.length).toBeGreaterThan(1);
    const repository = await bed.reopen();
    const { point, counts } = await bed.backUp(repository, "vol-new", { "vol-new": moved }, { snapshotId: "snap-1" });
    expect(bed.names("packs/")).toEqual(packs);
    expect(counts).toMatchObject({ storedBlocks: 0, knownInIndexBlocks: 40, packs: 0 });
    await bed.expectHolds(point, { "vol-new": moved.blocks });
    expect(await (await bed.reopen()).verify({ level: "data" })).toMatchObject({ isHealthy: true, restorePoints: 2 });
  });

  it("stores of a second full backup of an unchanged volume only its point: a page of root and dictionary, the record and the group", async () => {
    const bed = new DedupBed();
    const volume = volumeOf(noise(200));
    await bed.backUp(await bed.create(), "vol-1", { "vol-1": volume }, { snapshotId: "snap-1" });
    const before = new Map(bed.store.objects);
    const repository = await bed.reopen();
    const { counts, methods } = await bed.backUp(repository, "vol-1", { "vol-1": volume }, { snapshotId: "snap-1", full: true });
    expect(methods).toEqual(["full"]);
    const added = [...bed.store.objects].filter(([name]) => !before.has(name));
    expect(added.map(([name]) => name.slice(0, name.indexOf("/"))).sort()).toEqual(["groups", "log", "meta"]);
    expect(added.reduce((sum, [, body]) => sum + body.length, 0)).toBeLessThan(16 * 1024);
    expect(counts).toMatchObject({ readBlocks: 200, storedBlocks: 0, knownInMapBlocks: 200, objects: 3 });
  });

  it("stores nothing anew for blocks that moved within their volume", async () => {
    const bed = new DedupBed();
    const blocks = noise(10);
    const volume = volumeOf(blocks);
    await bed.backUp(await bed.create(), "vol-1", { "vol-1": volume }, { snapshotId: "snap-1" });
    for (const [index, data] of blocks) volume.blocks.set(index + 5000, data).delete(index);
    volume.freeze("snap-2");
    const { point, counts, methods } = await bed.backUp(await bed.reopen(), "vol-1", { "vol-1": volume }, { snapshotId: "snap-2" });
    expect(methods).toEqual(["incremental"]);
    expect(counts).toMatchObject({ storedBlocks: 0, knownInIndexBlocks: 10, removedBlocks: 10 });
    await bed.expectHolds(point, { "vol-1": volume.blocks });
  });

  it("reuses what a run that died before its record had stored and indexed", async () => {
    const bed = new DedupBed();
    const repository = await bed.create();
    const volume = volumeOf(noise(100));
    bed.store.onPut = (name) => {
      if (name.startsWith("meta/")) throw new Error("killed");
    };
    await expect(bed.backUp(repository, "vol-1", { "vol-1": volume }, { snapshotId: "snap-1" })).rejects.toThrow("killed");
    bed.store.onPut = () => undefined;
    const packs = bed.names("packs/");
    const { point, counts } = await bed.backUp(await bed.reopen(), "vol-1", { "vol-1": volume }, { snapshotId: "snap-1" });
    expect(bed.names("packs/")).toEqual(packs);
    expect(counts).toMatchObject({ storedBlocks: 0, knownInIndexBlocks: 100 });
    await bed.expectHolds(point, { "vol-1": volume.blocks });
  });

  it("relies on no pack that is gone, another, or damaged: the blocks are stored anew", async () => {
    for (const harm of ["gone", "longer", "damaged"]) {
      const bed = new DedupBed();
      const volume = volumeOf(noise(5));
      await bed.backUp(await bed.create(), "vol-old", { "vol-old": volume }, { snapshotId: "snap-1" });
      const [pack] = bed.names("packs/");
      const bytes = Buffer.from(bed.store.objects.get(pack!)!);
      if (harm === "gone") bed.store.objects.delete(pack!);
      if (harm === "longer") bed.store.objects.set(pack!, Buffer.concat([Buffer.alloc(1), bytes]));
      bytes.writeUInt8(bytes.readUInt8(bytes.length - 40) ^ 1, bytes.length - 40);
      if (harm === "damaged") bed.store.objects.set(pack!, bytes);
      const { point, counts } = await bed.backUp(await bed.reopen(), "vol-new", { "vol-new": volume }, { snapshotId: "snap-1" });
      expect(counts, harm).toMatchObject({ storedBlocks: 5, knownInIndexBlocks: 0 });
      await bed.expectHolds(point, { "vol-new": volume.blocks });
    }
  });

  it("notices a pack that vanished between two runs of one process", async () => {
    const bed = new DedupBed();
    const repository = await bed.create();
    const volume = volumeOf(noise(5));
    await bed.backUp(repository, "vol-old", { "vol-old": volume }, { snapshotId: "snap-1" });
    bed.store.objects.delete(bed.names("packs/")[0]!);
    const { point, counts } = await bed.backUp(repository, "vol-new", { "vol-new": volume }, { snapshotId: "snap-1" });
    expect(counts).toMatchObject({ storedBlocks: 5, knownInIndexBlocks: 0 });
    await bed.expectHolds(point, { "vol-new": volume.blocks });
  });

  it("costs space, not data, when the index is gone or cannot be written", async () => {
    const bed = new DedupBed();
    const volume = volumeOf(noise(5));
    await bed.backUp(await bed.create(), "vol-old", { "vol-old": volume }, { snapshotId: "snap-1" });
    for (const name of bed.names("idx/")) bed.store.objects.delete(name);
    const noSpace = new ProviderError("No room.", { code: "NoSpace", service: "memory", operation: "put" });
    bed.store.onPut = (name) => {
      if (name.startsWith("idx/")) throw noSpace;
    };
    const { point, counts } = await bed.backUp(await bed.reopen(), "vol-new", { "vol-new": volume }, { snapshotId: "snap-1" });
    expect(counts).toMatchObject({ storedBlocks: 5 });
    await bed.expectHolds(point, { "vol-new": volume.blocks });
  });

  it("finds everything again after a merge of the index, after a rebuild, and when idx/ was lost in between", async () => {
    const bed = new DedupBed();
    const volume = volumeOf(noise(6));
    const repository = await bed.create();
    await bed.backUp(repository, "vol-old", { "vol-old": volume }, { snapshotId: "snap-1" });
    const steps: Readonly<Record<string, () => Promise<unknown>>> = {
      merge: async () => await repository.index.merge(),
      rebuild: async () => await repository.index.rebuild({ all: true }),
      "merge again": async () => await repository.index.merge(),
      loss: async () => {
        for (const name of bed.names("idx/")) bed.store.objects.delete(name);
        return await repository.index.rebuild();
      },
      "merge after the loss": async () => await repository.index.merge(),
    };
    for (const [step, take] of Object.entries(steps)) {
      await take();
      for (const opened of [repository, await bed.reopen()]) {
        const id = `vol-${step.replaceAll(" ", "-")}-${opened === repository ? "same" : "new"}`;
        const { point, counts } = await bed.backUp(opened, id, { [id]: volume }, { snapshotId: "snap-1" });
        expect(counts, step).toMatchObject({ storedBlocks: 0, knownInIndexBlocks: 6 });
        await bed.expectHolds(point, { [id]: volume.blocks });
        expect(await opened.verify({ level: "data" })).toMatchObject({ isHealthy: true });
        expect(opened.index.statistics).toMatchObject({ blocks: 6, sampledOneIn: 1, damaged: 0 });
      }
    }
    expect(bed.warnings).toEqual([]);
  });

  it("costs space, not data, when the index or a pack that it names cannot be read", async () => {
    const denied = new ProviderError("Not allowed.", { code: "AccessDenied", service: "memory", operation: "get" });
    for (const [call, prefix] of [
      ["list", "idx/"],
      ["get", "idx/"],
      ["get", "packs/"],
    ] as const) {
      const bed = new DedupBed();
      const volume = volumeOf(noise(5));
      await bed.backUp(await bed.create(), "vol-old", { "vol-old": volume }, { snapshotId: "snap-1" });
      const recover = bed.fail(call, prefix, denied);
      const repository = await bed.reopen();
      const { point, counts } = await bed.backUp(repository, "vol-new", { "vol-new": volume }, { snapshotId: "snap-1" });
      expect(counts, `${call} ${prefix}`).toMatchObject({ storedBlocks: 5 });
      expect(bed.warnings.join(), `${call} ${prefix}`).toContain("dedup index");
      // what could not be asked is asked again by the next run, of the same process too
      recover();
      expect((await bed.backUp(repository, "vol-third", { "vol-third": volume }, { snapshotId: "snap-1" })).counts).toMatchObject({ storedBlocks: 0, knownInIndexBlocks: 5 });
      await bed.expectHolds(point, { "vol-new": volume.blocks });
    }
  });

  it("ends a run that relies on a pack which vanished meanwhile", async () => {
    const bed = new DedupBed();
    const repository = await bed.create();
    // more packs than the smallest index keeps directories of, so that the first pack's is read again
    const blocks = noise(90);
    await bed.backUp(repository, "vol-first", { "vol-first": volumeOf(blocks.slice(0, 2)) }, { snapshotId: "snap-1" });
    const [first] = bed.names("packs/");
    await bed.backUp(repository, "i-1", Object.fromEntries(blocks.slice(2).map((block, position) => [`vol-${String(position)}`, volumeOf([block])])), { snapshotId: "snap-1" });
    const point = (await bed.reopen({ memoryBytes: 2 ** 20 })).beginPoint({ resource: "vol-new", kind: "volume", tags: {} });
    const writer = await point.beginVolume("vol-new");
    writer.start("full", 2 ** 40);
    const reader = volumeOf([...blocks, [1000, blocks[1]![1]]]).reader("snap-1");
    for (const [index] of blocks) expect(await writer.add(await reader.read({ index }))).toBe("known");
    bed.store.objects.delete(first!);
    await expect(writer.add(await reader.read({ index: 1000 }))).rejects.toMatchObject({ code: "PackVanished", retryable: true });
    await point.close();
    expect(bed.names("sess/")).toEqual([]);
  });

  it("heals by a full backup a volume whose newest point lost packs, or pages of its map", async () => {
    for (const harm of ["pack gone", "pack replaced", "leaf damaged", "pages gone"]) {
      const bed = new DedupBed();
      const repository = await bed.create();
      // in two leaves of the map
      const volume = volumeOf([...noise(10), [297, noiseBlock()]]);
      await bed.backUp(repository, "vol-1", { "vol-1": volume }, { snapshotId: "snap-1" });
      volume.blocks.set(299, noiseBlock());
      const before = volume.freeze("snap-2");
      const [pack] = bed.names("packs/");
      const [meta] = bed.names("meta/");
      if (harm === "pack gone") bed.store.objects.delete(pack!);
      if (harm === "pack replaced") bed.store.objects.set(pack!, Buffer.from("another"));
      if (harm === "leaf damaged") bed.store.objects.get(meta!)!.writeUInt8(0xff, 40);
      if (harm === "pages gone") bed.store.objects.delete(meta!);
      const { point, methods } = await bed.backUp(await bed.reopen(), "vol-1", { "vol-1": volume }, { snapshotId: "snap-2", full: true });
      expect(methods, harm).toEqual(["full"]);
      await bed.expectHolds(point, { "vol-1": before });
      // and so the next increment stands on sound ground
      volume.blocks.set(0, noiseBlock());
      const after = volume.freeze("snap-3");
      const next = await bed.backUp(await bed.reopen(), "vol-1", { "vol-1": volume }, { snapshotId: "snap-3" });
      expect(next.methods, harm).toEqual(["incremental"]);
      await bed.expectHolds(next.point, { "vol-1": after });
    }
  });

  it("ends every volume of a point when the one whose pack they share fails", async () => {
    const bed = new DedupBed();
    const repository = await bed.create();
    const shared = noise(3);
    const point = repository.beginPoint({ resource: "i-1", kind: "instance", tags: {} });
    const [a, b] = [await point.beginVolume("vol-a"), await point.beginVolume("vol-b")];
    for (const writer of [a, b]) {
      writer.start("full", 2 ** 30);
      const reader = volumeOf(shared).reader("snap-1");
      for await (const reference of reader.blocks()) await writer.add(await reader.read(reference));
    }
    bed.store.onPut = (name) => {
      if (name.startsWith("packs/")) throw new Error("no more packs");
    };
    const metadata = { resource: "x", volumeSizeBytes: 2 ** 30, method: "full" as const, startedAt: "2026-01-01T00:00:00Z", finishedAt: "2026-01-01T00:00:00Z" };
    await expect(point.finishVolume(b, metadata, { volumeId: "b" })).rejects.toThrow("no more packs");
    bed.store.onPut = () => undefined;
    await expect(point.finishVolume(a, metadata, { volumeId: "a" })).rejects.toThrow("no more packs");
    await point.close();
    expect(bed.names("sess/")).toEqual([]);
    expect(bed.names("log/")).toEqual([]);
    expect(bed.clock.timers).toBe(0);
  });

  it("does not wait for a volume that was given up before it stored what they share", async () => {
    const bed = new DedupBed();
    const repository = await bed.create();
    const point = repository.beginPoint({ resource: "i-1", kind: "instance", tags: {} });
    const [a, b] = [await point.beginVolume("vol-a"), await point.beginVolume("vol-b")];
    const reader = volumeOf(noise(1)).reader("snap-1");
    for (const writer of [a, b]) {
      writer.start("full", 2 ** 30);
      await writer.add(await reader.read({ index: 0 }));
    }
    await a.close();
    const metadata = { resource: "x", volumeSizeBytes: 2 ** 30, method: "full" as const, startedAt: "2026-01-01T00:00:00Z", finishedAt: "2026-01-01T00:00:00Z" };
    await expect(point.finishVolume(b, metadata, { volumeId: "b" })).rejects.toMatchObject({ code: "SharedPackLost", retryable: true });
    await point.close();
  });
});
