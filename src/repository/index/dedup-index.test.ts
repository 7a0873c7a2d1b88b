import { randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import { MemoryObjectStore } from "../../../test/support/memory-object-store.js";
import type { PackReference } from "../format/dictionary-page.js";
import { openIndexRun, sealIndexRun, type IndexedPack } from "../format/index-run.js";
import { objectNames } from "../format/object-names.js";
import type { DirectoryEntry } from "../format/pack-directory.js";
import { KeyRing } from "../keys/key-ring.js";
import { DedupIndex } from "./dedup-index.js";
import { resolveIndexOptions } from "./index-options.js";

const keys = new KeyRing(randomBytes(32), randomBytes(16));

function referenceOf(number: number, versionId?: string): PackReference {
  return { id: { kind: "data", sessionId: randomBytes(16).toString("hex"), number }, sizeBytes: 1_000_000 + number, sha256: randomBytes(16), versionId, lockedUntilMs: 0 };
}

function packOf(number: number, blocks = 3): IndexedPack {
  const entries: DirectoryEntry[] = Array.from({ length: blocks }, (_, slot) => ({ blockId: randomBytes(16), offset: slot * 1000, length: 900, compression: 1, blockIndex: slot }));
  return { reference: referenceOf(number, number % 2 === 0 ? "version-of-an-object" : undefined), entries };
}

class IndexWorld {
  readonly store = new MemoryObjectStore();
  readonly keys = keys;
  readonly warnings: string[] = [];
  readonly logger = { debug: () => undefined, info: () => undefined, warn: (message: string) => void this.warnings.push(message), error: () => undefined };
  #runs = 0;

  async write(packs: readonly IndexedPack[]): Promise<string> {
    const name = objectNames.indexRun(String(this.#runs++).padStart(12, "0"), "ab".repeat(16), 0);
    await this.store.put(name, sealIndexRun(keys, name, packs));
    return name;
  }
}

describe("a run of the dedup index", () => {
  it("says after sealing and opening what it said before, in ascending order", () => {
    const packs = [packOf(0), packOf(1, 256), packOf(2)];
    const run = openIndexRun(keys, "idx/l0/x", sealIndexRun(keys, "idx/l0/x", packs));
    expect(run.packs).toEqual(packs.map(({ reference }) => reference));
    const seen: [string, number][] = [];
    run.forEach((blockId, position) => seen.push([blockId.toString("hex"), position]));
    expect(seen).toEqual(packs.flatMap(({ entries }, position) => entries.map(({ blockId }): [string, number] => [blockId.toString("hex"), position])).sort(([a], [b]) => (a < b ? -1 : 1)));
  });

  it("opens under its own name only, and not with a bit changed", () => {
    const bytes = sealIndexRun(keys, "idx/l0/x", [packOf(0)]);
    expect(() => openIndexRun(keys, "idx/l0/y", bytes)).toThrow("damaged");
    bytes.writeUInt8(bytes.readUInt8(40) ^ 1, 40);
    expect(() => openIndexRun(keys, "idx/l0/x", bytes)).toThrow("damaged");
  });
});

describe("the dedup index", () => {
  it("knows the packs of all stored runs, those stored later too, and reads no run twice", async () => {
    const world = new IndexWorld();
    const index = new DedupIndex({ memoryBytes: 2 ** 20 });
    const packs = [packOf(0), packOf(1), packOf(2)];
    await world.write(packs.slice(0, 2));
    await index.refresh(world);
    await world.write(packs.slice(2));
    await Promise.all([index.refresh(world), index.refresh(world)]);
    for (const { reference, entries } of packs) {
      for (const { blockId } of entries) {
        const pack = index.packOf(blockId);
        expect(pack === undefined ? undefined : index.reference(pack)).toEqual(reference);
      }
    }
    expect(index.statistics).toMatchObject({ blocks: 9, packs: 3, loadedRuns: 2, skippedRuns: 0, damagedRuns: 0 });
    expect(index.packOf(randomBytes(16))).toBeUndefined();
  });

  it("prefers what the newest run says, and forgets a pack that was dropped until the block is stored anew", async () => {
    const world = new IndexWorld();
    const older = packOf(0, 1);
    const newer = { reference: referenceOf(1), entries: older.entries };
    await world.write([older]);
    await world.write([newer]);
    const index = new DedupIndex({ memoryBytes: 2 ** 20 });
    await index.refresh(world);
    const blockId = older.entries[0]!.blockId;
    const pack = index.packOf(blockId);
    expect(index.reference(pack!)).toEqual(newer.reference);
    index.drop(pack!);
    expect(index.packOf(blockId)).toBeUndefined();
    const anew = { reference: referenceOf(2), entries: older.entries };
    index.add(anew.reference, anew.entries);
    expect(index.reference(index.packOf(blockId)!)).toEqual(anew.reference);
  });

  it("leaves damaged and vanished runs aside and says so", async () => {
    const world = new IndexWorld();
    const good = packOf(0);
    const damaged = await world.write([packOf(1)]);
    await world.write([good]);
    const cut = await world.write([packOf(2)]);
    world.store.objects.get(damaged)!.writeUInt8(0, 30);
    world.store.objects.set(cut, world.store.objects.get(cut)!.subarray(0, 50));
    const index = new DedupIndex({ memoryBytes: 2 ** 20 });
    await index.refresh(world);
    expect(index.packOf(good.entries[0]!.blockId)).toBeDefined();
    expect(index.statistics).toMatchObject({ loadedRuns: 1, damagedRuns: 2 });
    expect(world.warnings).toHaveLength(2);
  });

  it("reads the newest runs that fit its budget and says that the rest is left out", async () => {
    const world = new IndexWorld();
    const runs = Array.from({ length: 12 }, (_, number) => Array.from({ length: 40 }, () => packOf(number, 256)));
    for (const run of runs) await world.write(run);
    const index = new DedupIndex({ memoryBytes: 2 ** 20 });
    await index.refresh(world);
    const { skippedRuns, loadedRuns, memoryBytes } = index.statistics;
    expect(memoryBytes).toBeLessThanOrEqual(2 ** 20);
    expect(skippedRuns).toBeGreaterThan(0);
    expect(loadedRuns).toBeGreaterThan(4);
    expect(world.warnings.join()).toContain("memory budget");
    expect(index.packOf(runs.at(-1)![0]!.entries[0]!.blockId)).toBeDefined();
    expect(index.packOf(runs[0]![0]!.entries[0]!.blockId)).toBeUndefined();
    await index.refresh(world);
    expect(index.statistics.loadedRuns).toBe(loadedRuns);
  });

  it("takes in what others store later, full as it is, and passes over what is older", async () => {
    const world = new IndexWorld();
    for (let run = 0; run < 12; run++) await world.write(Array.from({ length: 40 }, () => packOf(0, 256)));
    const index = new DedupIndex({ memoryBytes: 2 ** 20 });
    await index.refresh(world);
    const { loadedRuns, memoryBytes } = index.statistics;
    const news = packOf(1, 256);
    await world.write([news]);
    await index.refresh(world);
    expect(index.statistics).toMatchObject({ loadedRuns: loadedRuns + 1, memoryBytes: expect.any(Number) as number });
    expect(index.statistics.memoryBytes - memoryBytes).toBeLessThan(200);
    // forgetting is by chance, and new entries are old ones to those after them
    expect(news.entries.filter(({ blockId }) => index.packOf(blockId) !== undefined).length).toBeGreaterThan(240);
  });

  it("says so when it has room for no more packs, and stays within its budget", async () => {
    const world = new IndexWorld();
    const perRun = 500;
    for (let run = 0; run < 6; run++) await world.write(Array.from({ length: perRun }, (_, number) => packOf(number, 1)));
    const index = new DedupIndex({ memoryBytes: 2 ** 20 });
    await index.refresh(world);
    expect(index.statistics.packs).toBeLessThan(6 * perRun);
    expect(index.statistics.memoryBytes).toBeLessThanOrEqual(2 ** 20);
    expect(index.statistics.skippedRuns).toBeGreaterThan(0);
    expect(world.warnings.join()).toContain("memory budget");
    const { reference, entries } = packOf(0);
    expect(index.add(reference, entries)).toBeUndefined();
    expect(index.packOf(entries[0]!.blockId)).toBeUndefined();
  });

  it("takes no pack for another whose block id begins alike", () => {
    const index = new DedupIndex({ memoryBytes: 2 ** 20 });
    const { reference, entries } = packOf(0, 2);
    const pack = index.add(reference, entries);
    const alike = Buffer.from(entries[0]!.blockId);
    alike.writeUInt8(alike.readUInt8(15) ^ 1, 15);
    expect(index.packOf(alike)).toBe(pack);
    expect(index.contents(pack!)?.find(alike)).toBeUndefined();
    expect(index.contents(pack!)?.find(entries[1]!.blockId)).toEqual(entries[1]);
  });
});

describe("the options of the index", () => {
  it("are refused with their path", () => {
    expect(resolveIndexOptions(undefined)).toEqual({ memoryBytes: 192 * 2 ** 20 });
    expect(() => resolveIndexOptions({ memoryBytes: 1000 })).toThrow("index.memoryBytes");
    expect(() => resolveIndexOptions({ memoryBytes: 2 ** 20 + 0.5 })).toThrow("index.memoryBytes");
    expect(() => resolveIndexOptions({ size: 1 } as never)).toThrow("index.size");
  });
});
