import { describe, expect, it } from "vitest";
import { blockIdOf, indexedPack, IndexWorld } from "../../../test/support/index-world.js";
import { FaultInjectingObjectStore } from "../../adapters/decorators/fault-injecting-object-store.js";
import type { IndexedPack } from "../format/index-run.js";
import { objectNames } from "../format/object-names.js";
import { mergeIndex } from "./merge-index.js";
import { rebuildIndex } from "./rebuild-index.js";

const packs = [...Array(8).keys()].map((number) => indexedPack(number % 3, number, [number * 10, number * 10 + 1, number * 10 + 2]));

async function worldWithPacks(): Promise<IndexWorld> {
  const world = new IndexWorld();
  for (const pack of packs) await world.writePack(pack);
  return world;
}

async function expectFinds(world: IndexWorld, expected: readonly IndexedPack[]): Promise<void> {
  const index = await world.index();
  for (const { reference, entries } of expected) {
    for (const { blockId } of entries) {
      const pack = index.packOf(blockId);
      expect(pack === undefined ? undefined : index.packId(pack)).toEqual(reference.id);
      expect(index.pack(pack!)?.reference?.sizeBytes).toBe(reference.sizeBytes);
    }
  }
}

describe("rebuilding the dedup index", () => {
  it("finds again what every pack holds when all of the index is lost", async () => {
    const world = await worldWithPacks();
    expect(await rebuildIndex(world.context())).toEqual({ packs: 8, knownPacks: 0, indexedPacks: 8, blocks: 24, damagedPacks: 0, runs: 1 });
    await expectFinds(world, packs);
    expect((await mergeIndex(world.context())).blocks).toBe(24);
    await expectFinds(world, packs);
    expect(await rebuildIndex(world.context())).toEqual({ packs: 8, knownPacks: 8, indexedPacks: 0, blocks: 0, damagedPacks: 0, runs: 0 });
  });

  it("reads only the packs that neither a run nor a whole level names, unless it is told to read all", async () => {
    const world = await worldWithPacks();
    await world.writeRun(packs.slice(0, 3));
    await mergeIndex(world.context());
    await world.writeRun(packs.slice(3, 5));
    expect(await rebuildIndex(world.context())).toMatchObject({ knownPacks: 5, indexedPacks: 3 });
    await expectFinds(world, packs);
    expect(await rebuildIndex(world.context(), { all: true })).toMatchObject({ knownPacks: 0, indexedPacks: 8 });
    const shard = world.names("idx/").find((name) => /\/e\d+$/.test(name));
    world.store.objects.delete(shard!);
    for (const run of world.names("idx/l0/")) world.store.objects.delete(run);
    expect(await rebuildIndex(world.context())).toMatchObject({ knownPacks: 0, indexedPacks: 8 });
    await expectFinds(world, packs);
  });

  it("does not forget a checksum that the index knew when it reads a pack again", async () => {
    const world = await worldWithPacks();
    await world.writeRun(packs);
    await rebuildIndex(world.context(), { all: true });
    await mergeIndex(world.context());
    const index = await world.index();
    expect(index.pack(index.packOf(blockIdOf(0))!)?.reference).toEqual(packs[0]!.reference);
  });

  it("leaves out packs whose directory is damaged or whose length is another, and those that vanish meanwhile", async () => {
    const world = await worldWithPacks();
    const names = packs.map(({ reference }) => objectNames.pack(reference.id));
    const damaged = world.store.objects.get(names[1]!)!;
    damaged.writeUInt8(damaged.readUInt8(damaged.length - 40) ^ 1, damaged.length - 40);
    world.store.objects.set(names[2]!, Buffer.concat([Buffer.alloc(1), world.store.objects.get(names[2]!)!]));
    const get = world.store.get.bind(world.store);
    world.store.get = async (name, options) => {
      if (name === names[3]) world.store.objects.delete(name);
      return await get(name, options);
    };
    await world.store.put("packs/no-pack", Buffer.alloc(1));
    expect(await rebuildIndex(world.context())).toMatchObject({ packs: 8, indexedPacks: 5, damagedPacks: 2 });
    await expectFinds(world, [packs[0]!, ...packs.slice(4)]);
    expect(world.warnings.filter((warning) => warning.includes("damaged"))).toHaveLength(2);
  });

  it("is taken up where it was killed, at any of its writes", async () => {
    // more than a run of blocks: 300 packs of 256
    const many = [...Array(300).keys()].map((number) => indexedPack(0, number, [...Array(256).keys()].map((block) => number * 256 + block)));
    const stored = new IndexWorld();
    for (const pack of many) await stored.writePack(pack);
    for (const when of ["before", "after"] as const) {
      for (const nth of [1, 2]) {
        const world = new IndexWorld();
        for (const [name, bytes] of stored.store.objects) world.store.objects.set(name, bytes);
        const store = new FaultInjectingObjectStore(world.store);
        store.inject({ kind: "kill", operation: "put", when, nth });
        await expect(rebuildIndex(world.context(2 ** 24, store))).rejects.toMatchObject({ code: "Killed" });
        const known = { before: [0, 256], after: [256, 300] }[when][nth - 1]!;
        expect(await rebuildIndex(world.context())).toMatchObject({ packs: 300, knownPacks: known, indexedPacks: 300 - known });
        const index = await world.index();
        expect(index.statistics).toMatchObject({ blocks: 300 * 256, packs: 300 });
      }
    }
  });

  it("raises what the store refuses", async () => {
    const world = await worldWithPacks();
    const store = new FaultInjectingObjectStore(world.store);
    store.inject({ kind: "fail", operation: "get", name: /^packs/ });
    await expect(rebuildIndex(world.context(2 ** 24, store))).rejects.toMatchObject({ code: "Unreachable" });
  });
});
