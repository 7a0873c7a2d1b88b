import { beforeAll, describe, expect, it } from "vitest";
import { blockIdOf, indexedPack, IndexWorld } from "../../../test/support/index-world.js";
import { MeasuringObjectStore } from "../../adapters/decorators/measuring-object-store.js";
import { objectNames } from "../format/object-names.js";
import { mergeIndex } from "../index/merge-index.js";
import { IndexedBlocks, type IsCondemned } from "./indexed-blocks.js";

const mib = 2 ** 20;
const packBlocks = 200;
const sessionPacks = 20;
const sessionBlocks = packBlocks * sessionPacks;
const sessions = 26;

/** 104,000 blocks in 26 sessions: more than what an index of 1 MiB holds. */
async function storeManyBlocks(): Promise<IndexWorld> {
  const world = new IndexWorld();
  for (let session = 0; session < sessions; session++) {
    const packs = [...Array(sessionPacks).keys()].map((number) => indexedPack(session, number, [...Array(packBlocks).keys()].map((block) => session * sessionBlocks + number * packBlocks + block)));
    await world.writeRun(packs);
    for (const pack of packs) await world.writePack(pack);
  }
  return world;
}

let stored: IndexWorld;
beforeAll(async () => {
  stored = await storeManyBlocks();
});

function manyBlocks(): IndexWorld {
  const world = new IndexWorld();
  for (const [name, bytes] of stored.store.objects) world.store.objects.set(name, bytes);
  return world;
}

function session(world: IndexWorld, isCondemned?: IsCondemned): { blocks: IndexedBlocks; store: MeasuringObjectStore; found: (numbers: Iterable<number>) => Promise<number>; oneIn: () => number } {
  const store = new MeasuringObjectStore(world.store);
  const context = world.context(mib, store);
  const blocks = new IndexedBlocks(context, {}, isCondemned);
  const found = async (numbers: Iterable<number>): Promise<number> => {
    let count = 0;
    for (const number of numbers) {
      const blockId = blockIdOf(number);
      const block = await blocks.find(blockId);
      if (block === undefined) continue;
      const holder = indexedPack(Math.floor(number / sessionBlocks), Math.floor((number % sessionBlocks) / packBlocks), []).reference.id;
      if (!block.entry.blockId.equals(blockId) || block.reference.id.sessionId !== holder.sessionId || block.reference.id.number !== holder.number) throw new Error("another block");
      count++;
    }
    return count;
  };
  return { blocks, store, found, oneIn: () => context.index.statistics.sampledOneIn };
}

function* range(first: number, count: number): Generator<number> {
  for (let number = first; number < first + count; number++) yield number;
}

describe("blocks found through a sampled index", () => {
  it("are nearly all of an image that is read again, by one read of a directory a pack; from runs and from merged levels", async () => {
    const world = manyBlocks();
    for (const isMerged of [false, true]) {
      if (isMerged) expect(await mergeIndex(world.context())).toMatchObject({ blocks: sessions * sessionBlocks, levels: 1 });
      const { found, store, oneIn } = session(world);
      await found([10 ** 9]);
      store.reset();
      expect((await found(range(7 * sessionBlocks, sessionBlocks))) / sessionBlocks).toBeGreaterThan(0.98);
      expect(oneIn()).toBeGreaterThanOrEqual(2);
      expect(store.measures().get.calls).toBeLessThanOrEqual(sessionPacks);
    }
  });

  it("are most of an image of which every fifth block is another", async () => {
    const { found } = session(manyBlocks());
    const kept = [...range(3 * sessionBlocks, sessionBlocks)].map((number) => (number % 5 === 2 ? number + 10 ** 8 : number));
    expect((await found(kept)) / (sessionBlocks * 0.8)).toBeGreaterThan(0.95);
  });

  it("are, of single blocks from everywhere, those of the sample and those near one that was found", async () => {
    const { found, oneIn } = session(manyBlocks());
    const count = 3000;
    const scattered = [...Array(count).keys()].map((n) => (n * 104_729) % (sessions * sessionBlocks));
    expect((await found(scattered)) / count).toBeGreaterThan(0.9 / oneIn());
  });

  it("lie in no condemned pack, neither by the table nor at hand nor ahead", async () => {
    const world = manyBlocks();
    const condemned = new Set<number>();
    const { found } = session(world, ({ number }) => condemned.has(number));
    expect(await found(range(0, 2 * packBlocks))).toBeGreaterThan(1.5 * packBlocks);
    condemned.add(1);
    expect(await found(range(packBlocks, packBlocks))).toBe(0);
    condemned.add(2).add(3);
    expect(await found(range(0, 4 * packBlocks))).toBe(packBlocks);
  });

  it("are not found in a next pack that is gone; one that this run relied on ends it", async () => {
    const world = manyBlocks();
    const nameOf = (number: number): string => objectNames.pack(indexedPack(0, number, []).reference.id);
    world.store.objects.delete(nameOf(1));
    const { found } = session(world);
    await found(range(0, 3 * packBlocks));
    expect(world.warnings.join()).toContain("gone or another");
    // others push the directory of pack 2 out; what follows pack 1's place finds that it vanished
    await found(range(sessionBlocks, 40 * packBlocks));
    world.store.objects.delete(nameOf(2));
    await expect(found(range(2 * packBlocks, packBlocks))).rejects.toMatchObject({ code: "PackVanished" });
  });
});
