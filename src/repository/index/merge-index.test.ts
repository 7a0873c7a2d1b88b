import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { blockIdOf, indexedPack, IndexWorld } from "../../../test/support/index-world.js";
import { FaultInjectingObjectStore } from "../../adapters/decorators/fault-injecting-object-store.js";
import type { IndexedPack } from "../format/index-run.js";
import { objectNames, type PackId } from "../format/object-names.js";
import { readIndexManifest } from "./index-manifests.js";
import { mergeIndex } from "./merge-index.js";
import { levelObjects } from "./read-level.js";

const blocks = [...Array(60).keys()];

/** Where a fresh index says that each block lies. */
async function found(world: IndexWorld): Promise<Map<number, string>> {
  const index = await world.index();
  const packs = new Map<number, string>();
  for (const block of blocks) {
    const pack = index.packOf(blockIdOf(block));
    const id = pack === undefined ? undefined : index.packId(pack);
    if (id !== undefined) packs.set(block, objectNames.pack(id));
  }
  return packs;
}

/** Block -> the packs that hold it. */
function holders(packs: readonly IndexedPack[]): Map<number, Set<string>> {
  return new Map(blocks.map((block) => [block, new Set(packs.filter(({ entries }) => entries.some(({ blockId }) => blockId.equals(blockIdOf(block)))).map(({ reference }) => objectNames.pack(reference.id)))]));
}

async function expectFindsAll(world: IndexWorld, packs: readonly IndexedPack[]): Promise<void> {
  const where = await found(world);
  for (const [block, names] of holders(packs)) {
    const name = where.get(block);
    if (names.size === 0) expect(name).toBeUndefined();
    else expect([...names]).toContain(name);
  }
}

/** Nothing lies under idx/ but the manifest and what it names. */
async function expectTidy(world: IndexWorld): Promise<void> {
  const { manifest, etag } = await readIndexManifest(world.context(), {});
  expect(manifest.building).toBeNull();
  expect(world.names("idx/")).toEqual([...(etag === undefined ? [] : [objectNames.indexManifest]), ...manifest.levels.flatMap(levelObjects)].sort());
}

async function worldWith(runs: readonly (readonly IndexedPack[])[]): Promise<IndexWorld> {
  const world = new IndexWorld();
  for (const run of runs) await world.writeRun(run);
  return world;
}

const someRuns = [
  [indexedPack(1, 0, [1, 2, 3]), indexedPack(1, 1, [4, 5])],
  [indexedPack(2, 0, [3, 6, 7])],
  [indexedPack(3, 0, [8, 9, 1], "a version")],
];

const pack = fc.record({ session: fc.integer({ min: 0, max: 6 }), blocks: fc.uniqueArray(fc.constantFrom(...blocks), { minLength: 1, maxLength: 8 }) });
const action = fc.oneof({ weight: 3, arbitrary: fc.array(pack, { minLength: 1, maxLength: 3 }) }, { weight: 1, arbitrary: fc.constant("merge" as const) });

describe("merging the dedup index", () => {
  it("finds every block in a pack that holds it, whenever runs are written and merged, and leaves levels alone", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(action, { maxLength: 12 }), async (actions) => {
        const world = new IndexWorld();
        const packs: IndexedPack[] = [];
        const longRunning = world.context();
        for (const one of actions) {
          world.clock.advance(1000);
          if (one === "merge") {
            expect((await mergeIndex(world.context())).isComplete).toBe(true);
            await expectTidy(world);
          } else {
            const written = one.map(({ session, blocks: held }, n) => indexedPack(session, packs.length + n, held));
            packs.push(...written);
            await world.writeRun(written);
          }
          await longRunning.index.refresh(longRunning);
        }
        await expectFindsAll(world, packs);
        for (const [block, names] of holders(packs)) expect(longRunning.index.packOf(blockIdOf(block)) !== undefined).toBe(names.size > 0);
        expect(world.warnings).toEqual([]);
      }),
      { numRuns: 30 },
    );
  });

  it("says what it did, prefers the newest of two packs, and keeps all that was known of a pack", async () => {
    const world = await worldWith(someRuns);
    expect(await mergeIndex(world.context())).toEqual({ mergedRuns: 3, mergedLevels: 0, levels: 1, blocks: 9, droppedPacks: 0, damaged: 0, isComplete: true });
    const index = await world.index();
    expect(index.statistics).toMatchObject({ loadedRuns: 0, loadedLevels: 1, blocks: 9, packs: 4 });
    for (const { reference, entries } of someRuns[2]!) for (const { blockId } of entries) expect(index.pack(index.packOf(blockId)!)?.reference).toEqual(reference);
    await world.writeRun([indexedPack(4, 0, [10])]);
    await world.writeRun([indexedPack(4, 1, [11, 12])]);
    expect(await mergeIndex(world.context())).toMatchObject({ mergedRuns: 2, mergedLevels: 1, levels: 1, blocks: 12 });
    expect(await mergeIndex(world.context())).toMatchObject({ mergedRuns: 0, mergedLevels: 0, levels: 1, blocks: 12 });
    await expectTidy(world);
  });

  it("drops packs that are no more, from runs and from levels", async () => {
    const packs = someRuns.flat();
    const isLive = ({ sessionId, number }: PackId): boolean => sessionId !== packs[0]!.reference.id.sessionId || number !== 0;
    for (const isMergedBefore of [false, true]) {
      const world = await worldWith(someRuns);
      if (isMergedBefore) await mergeIndex(world.context());
      const report = await mergeIndex(world.context(), { isLive });
      expect(report).toMatchObject({ droppedPacks: 1, blocks: 8 });
      await expectFindsAll(world, packs.slice(1));
      await expectTidy(world);
      await mergeIndex(world.context(), { isLive: () => false });
      expect(world.names("idx/")).toEqual([objectNames.indexManifest]);
    }
  });

  it("loses nothing when it is killed at any of its writes and removals, and the next one tidies up", async () => {
    const more = indexedPack(5, 0, [20, 21, 22, 23]);
    const next = indexedPack(6, 0, [30]);
    const killedAt = async (operation: "put" | "deleteMany", when: "before" | "after", nth: number): Promise<boolean> => {
      const world = await worldWith(someRuns.slice(0, 2));
      await mergeIndex(world.context());
      await world.writeRun(someRuns[2]!);
      await world.writeRun([more]);
      const store = new FaultInjectingObjectStore(world.store);
      store.inject({ kind: "kill", operation, when, nth });
      const isKilled = await mergeIndex(world.context(2 ** 24, store)).then(() => false, () => true);
      await expectFindsAll(world, [...someRuns.flat(), more]);
      // what follows: one more backup, and the next maintenance
      await world.writeRun([next]);
      expect((await mergeIndex(world.context())).isComplete).toBe(true);
      await expectTidy(world);
      await expectFindsAll(world, [...someRuns.flat(), more, next]);
      return isKilled;
    };
    for (const operation of ["put", "deleteMany"] as const) {
      for (const when of ["before", "after"] as const) {
        let nth = 1;
        while (await killedAt(operation, when, nth)) nth++;
        // three objects of a level and the manifest twice; two runs and three objects
        expect(nth - 1).toBe(5);
      }
    }
  });

  it("takes an answer that was lost for what is stored", async () => {
    for (let nth = 1; nth <= 2; nth++) {
      const world = await worldWith(someRuns);
      const store = new FaultInjectingObjectStore(world.store);
      store.inject({ kind: "fail", operation: "put", name: /manifest/, nth, when: "after" });
      expect(await mergeIndex(world.context(2 ** 24, store))).toMatchObject({ isComplete: true, mergedRuns: 3 });
      await expectTidy(world);
    }
  });

  it("ends for all but one of several at the same time, and that one does it all", async () => {
    const world = await worldWith(someRuns);
    const reports = await Promise.all([1, 2, 3].map(async () => await mergeIndex(world.context())));
    expect(reports.filter(({ isComplete }) => isComplete).length).toBeGreaterThanOrEqual(1);
    await expectFindsAll(world, someRuns.flat());
    await mergeIndex(world.context());
    await expectTidy(world);
  });

  it("yields to a merge that began later, wherever it stands, and harms nothing", async () => {
    for (let nth = 1; ; nth++) {
      const world = await worldWith(someRuns);
      let puts = 0;
      let other: Promise<unknown> | undefined;
      const store = new FaultInjectingObjectStore(world.store);
      world.store.onPut = () => {
        // only the first merge's writes come here: the other one's store is asked while it waits
        if (other === undefined && ++puts === nth) other = Promise.resolve().then(async () => await mergeIndex(world.context()));
      };
      const first = await mergeIndex(world.context(2 ** 24, store));
      if (other === undefined) break;
      await other;
      await expectFindsAll(world, someRuns.flat());
      expect(await mergeIndex(world.context())).toMatchObject({ isComplete: true, blocks: 9 });
      await expectTidy(world);
      expect([true, false]).toContain(first.isComplete);
    }
  });

  it("is read by a writer that began before it, or in its midst", async () => {
    for (const removed of ["runs", "levels"]) {
      const world = await worldWith(someRuns);
      if (removed === "levels") {
        await mergeIndex(world.context());
        await world.writeRun([indexedPack(5, 0, [20, 21, 22, 23])]);
      }
      const context = world.context();
      const list = world.store.list.bind(world.store);
      let merging: Promise<unknown> | undefined;
      // the writer has its listing and the manifest; then all of it is merged away
      const get = world.store.get.bind(world.store);
      world.store.get = async (name, options) => {
        if (name !== objectNames.indexManifest && merging === undefined) {
          world.store.get = get;
          merging = mergeIndex(world.context());
          await merging;
        }
        return await get(name, options);
      };
      await context.index.refresh(context);
      expect(merging).toBeDefined();
      world.store.list = list;
      for (const [block, names] of holders(someRuns.flat())) if (names.size > 0) expect(context.index.packOf(blockIdOf(block))).toBeDefined();
      expect(context.index.statistics.damaged).toBe(0);
    }
  });

  it("costs what a damaged or missing part of it knew, and says so; what is damaged is not kept", async () => {
    const pristine = await worldWith(someRuns);
    await mergeIndex(pristine.context());
    await pristine.writeRun([indexedPack(5, 0, [20])]);
    for (const name of pristine.names("idx/")) {
      const bytes = pristine.store.objects.get(name)!;
      // nonce, version and number, what is sealed, tag; and cut, too long, gone
      const harms: ((bytes: Buffer) => Buffer | undefined)[] = [0, 13, Math.floor(bytes.length / 2), bytes.length - 1].map((at) => (whole: Buffer) => {
        const copy = Buffer.from(whole);
        copy.writeUInt8(copy.readUInt8(at) ^ 0x10, at);
        return copy;
      });
      harms.push((whole) => whole.subarray(0, 20), (whole) => Buffer.concat([whole, Buffer.alloc(5)]), () => undefined);
      for (const harm of harms) {
        const world = new IndexWorld();
        for (const [other, content] of pristine.store.objects) world.store.objects.set(other, Buffer.from(content));
        const harmed = harm(bytes);
        if (harmed === undefined) world.store.objects.delete(name);
        else world.store.objects.set(name, harmed);
        const isUnseenLoss = harmed === undefined && (name === objectNames.indexManifest || name.startsWith(objectNames.indexRuns));
        // the short list of packs is read only where whole references have no room
        const isUnread = /\/p\d+$/.test(name);
        const where = await found(world);
        const all = holders([...someRuns.flat(), indexedPack(5, 0, [20])]);
        for (const [block, pack] of where) expect([...(all.get(block) ?? [])]).toContain(pack);
        if (!isUnseenLoss && !isUnread) expect((await world.index()).statistics.damaged + world.warnings.length).toBeGreaterThan(0);
        await world.writeRun([indexedPack(6, 0, [30, 31, 32, 33, 34, 35, 36, 37, 38, 39])]);
        expect((await mergeIndex(world.context())).isComplete).toBe(true);
        world.warnings.length = 0;
        await expectTidy(world);
        const after = await found(world);
        expect(world.warnings).toEqual([]);
        for (const [block, pack] of after) expect([...(all.get(block) ?? []), objectNames.pack(indexedPack(6, 0, []).reference.id)]).toContain(pack);
        for (let block = 30; block < 40; block++) expect(after.has(block)).toBe(true);
      }
    }
  });
});
