import { describe, expect, it } from "vitest";
import { blockIdOf, indexedPack, IndexWorld } from "../../../test/support/index-world.js";
import { openIndexRun, sealIndexRun, type IndexedPack } from "../format/index-run.js";
import type { DedupIndex } from "./dedup-index.js";
import { resolveIndexOptions } from "./index-options.js";

const mib = 2 ** 20;

function numbers(first: number, count: number): number[] {
  return Array.from({ length: count }, (_, position) => first + position);
}

/** The pack that the index leads to for a block. */
function leadsTo(index: DedupIndex, blockId: Buffer): IndexedPack["reference"] | undefined {
  const pack = index.packOf(blockId);
  return pack === undefined ? undefined : index.pack(pack)?.reference;
}

describe("a run of the dedup index", () => {
  const { keys } = new IndexWorld();

  it("says after sealing and opening what it said before, in ascending order", () => {
    const packs = [indexedPack(0, 0, [1, 2, 3]), indexedPack(0, 1, numbers(10, 256), "a version"), indexedPack(1, 7, [4])];
    const run = openIndexRun(keys, "idx/l0/x", sealIndexRun(keys, "idx/l0/x", packs));
    expect(run.packs).toEqual(packs.map(({ reference }) => reference));
    const seen: [string, number][] = [];
    const hex = (word: number): string => word.toString(16).padStart(8, "0");
    run.forEach((high, low, position) => seen.push([hex(high) + hex(low), position]));
    expect(seen).toEqual(packs.flatMap(({ entries }, position) => entries.map(({ blockId }): [string, number] => [blockId.toString("hex", 0, 8), position])).sort(([a], [b]) => (a < b ? -1 : 1)));
  });

  it("opens under its own name only, and not with a bit changed", () => {
    const bytes = sealIndexRun(keys, "idx/l0/x", [indexedPack(0, 0, [1])]);
    expect(() => openIndexRun(keys, "idx/l0/y", bytes)).toThrow("damaged");
    bytes.writeUInt8(bytes.readUInt8(40) ^ 1, 40);
    expect(() => openIndexRun(keys, "idx/l0/x", bytes)).toThrow("damaged");
  });
});

describe("the dedup index", () => {
  it("knows the packs of all stored runs, those stored later too, and reads no run twice", async () => {
    const world = new IndexWorld();
    const context = world.context();
    const packs = [indexedPack(0, 0, [1, 2, 3]), indexedPack(0, 1, [4, 5, 6], "a version"), indexedPack(1, 0, [7, 8, 9])];
    await world.writeRun(packs.slice(0, 2));
    await context.index.refresh(context);
    await world.writeRun(packs.slice(2));
    await Promise.all([context.index.refresh(context), context.index.refresh(context)]);
    for (const { reference, entries } of packs) for (const { blockId } of entries) expect(leadsTo(context.index, blockId)).toEqual(reference);
    expect(context.index.statistics).toMatchObject({ blocks: 9, packs: 3, loadedRuns: 2, damaged: 0, sampledOneIn: 1, isFull: false });
    expect(context.index.packOf(blockIdOf(10))).toBeUndefined();
  });

  it("prefers what the newest run says, and forgets a pack that was dropped until the block is stored anew", async () => {
    const world = new IndexWorld();
    const [older, newer, anew] = [indexedPack(0, 0, [1]), indexedPack(1, 0, [1]), indexedPack(2, 0, [1])];
    await world.writeRun([older]);
    await world.writeRun([newer]);
    const index = await world.index();
    expect(leadsTo(index, blockIdOf(1))).toEqual(newer.reference);
    index.drop(index.packOf(blockIdOf(1))!);
    expect(leadsTo(index, blockIdOf(1))).toBeUndefined();
    index.add(anew.reference, anew.entries);
    expect(leadsTo(index, blockIdOf(1))).toEqual(anew.reference);
  });

  it("leaves damaged runs aside and says so", async () => {
    const world = new IndexWorld();
    const damaged = await world.writeRun([indexedPack(0, 0, [1])]);
    await world.writeRun([indexedPack(0, 1, [2])]);
    const cut = await world.writeRun([indexedPack(0, 2, [3])]);
    world.store.objects.get(damaged)!.writeUInt8(0, 30);
    world.store.objects.set(cut, world.store.objects.get(cut)!.subarray(0, 50));
    const index = await world.index();
    expect([1, 2, 3].map((block) => leadsTo(index, blockIdOf(block))?.id.number)).toEqual([undefined, 1, undefined]);
    expect(index.statistics).toMatchObject({ loadedRuns: 1, damaged: 2 });
    expect(world.warnings).toHaveLength(2);
  });

  it("keeps, beyond its budget, one block of several of every run, and all of what is at hand", async () => {
    const world = new IndexWorld();
    const runs = numbers(0, 16).map((run) => numbers(0, 40).map((pack) => indexedPack(run, pack, numbers((run * 40 + pack) * 256, 256))));
    for (const run of runs) await world.writeRun(run);
    const index = await world.index(mib);
    const { sampledOneIn, memoryBytes, blocks } = index.statistics;
    expect(sampledOneIn).toBeGreaterThan(1);
    expect(memoryBytes).toBeLessThanOrEqual(mib);
    for (const run of runs) {
      const found = run.flatMap(({ entries }) => entries.filter(({ blockId }) => index.packOf(blockId) !== undefined)).length;
      expect(found / (40 * 256)).toBeCloseTo(1 / sampledOneIn, 1);
    }
    // what this process stores is found whole while it is at hand
    const fresh = indexedPack(99, 0, numbers(10 ** 7, 256));
    const number = index.add(fresh.reference, fresh.entries);
    for (const { blockId } of fresh.entries) expect(index.atHand(blockId, () => true)).toMatchObject({ pack: number, reference: fresh.reference });
    expect(index.statistics.memoryBytes).toBeLessThanOrEqual(mib);
    expect(index.statistics.blocks - blocks).toBeLessThan(256);
  });

  it("says so when it has room for no more packs, and stays within its budget", async () => {
    const world = new IndexWorld();
    for (let run = 0; run < 8; run++) await world.writeRun(numbers(0, 1000).map((pack) => indexedPack(run * 1000 + pack, 0, [run * 1000 + pack])));
    const index = await world.index(mib);
    const { packs, memoryBytes, isFull } = index.statistics;
    expect(packs).toBeLessThan(8000);
    expect(packs).toBeGreaterThan(4000);
    expect(memoryBytes).toBeLessThanOrEqual(mib);
    expect(isFull).toBe(true);
    expect(world.warnings.join()).toContain("memory budget");
    const { reference, entries } = indexedPack(10 ** 6, 0, [10 ** 6]);
    expect(index.add(reference, entries)).toBeUndefined();
  });
});

describe("the options of the index", () => {
  it("are refused with their path", () => {
    expect(resolveIndexOptions(undefined)).toEqual({ memoryBytes: 384 * mib });
    expect(() => resolveIndexOptions({ memoryBytes: 1000 })).toThrow("index.memoryBytes");
    expect(() => resolveIndexOptions({ memoryBytes: 2 ** 20 + 0.5 })).toThrow("index.memoryBytes");
    expect(() => resolveIndexOptions({ size: 1 } as never)).toThrow("index.size");
  });
});
