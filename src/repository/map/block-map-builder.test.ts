import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { mapContext } from "../../../test/support/map-context.js";
import { MemoryObjectStore } from "../../../test/support/memory-object-store.js";
import type { PackReference } from "../format/dictionary-page.js";
import { leafBlocks, type LeafSlot } from "../format/leaf.js";
import type { PackId } from "../format/object-names.js";
import type { PointRecord } from "../format/record.js";
import { MetaPackWriter, type StoredRoot } from "./meta-pack-writer.js";
import { BlockMap } from "./block-map.js";
import { BlockMapBuilder } from "./block-map-builder.js";
import { PackDictionary } from "./pack-dictionary.js";

const sessionId = "00112233445566778899aabbccddeeff";

/** What a test says a block is: a pack's number, zeros, or nothing. */
type Content = number | "zero" | undefined;

class MapWorld {
  readonly store = new MemoryObjectStore();
  readonly context = mapContext(this.store);
  readonly expected = new Map<number, Content>();
  #packs = 0;
  parent: BlockMap | undefined;
  lastRecord: PointRecord | undefined;

  async commit(changes: ReadonlyMap<number, Content>, method: "full" | "incremental"): Promise<BlockMap> {
    const dictionary = new PackDictionary(this.parent);
    const nextPackId = (): PackId => ({ kind: "meta", sessionId, number: this.#packs++ });
    const builder = new BlockMapBuilder(this.parent, dictionary, new MetaPackWriter(this.context, dictionary, nextPackId, {}), { volumeSizeBytes: 2 ** 46, method });
    if (method === "full") this.expected.clear();
    for (const index of [...changes.keys()].sort((a, b) => a - b)) {
      const content = changes.get(index);
      this.expected.set(index, content);
      await builder.set(index, this.#slot(content, dictionary));
    }
    this.lastRecord = recordOf(await builder.finish());
    this.parent = await BlockMap.open(this.context, this.lastRecord);
    return this.parent;
  }

  #slot(content: Content, dictionary: PackDictionary): LeafSlot {
    if (typeof content !== "number") return content;
    const ordinal = dictionary.ordinalOf(dataPack(content));
    return { blockId: Buffer.alloc(16, content), ordinal, offset: content * 7, length: 1000 + content, compression: content % 2 };
  }
}

function dataPack(number: number): PackReference {
  return { id: { kind: "data", sessionId, number }, sizeBytes: 2 ** 33 + number, sha256: Buffer.alloc(16, number), versionId: number % 3 === 0 ? undefined : `v${String(number)}`, lockedUntilMs: 0 };
}

function recordOf(root: StoredRoot): PointRecord {
  const { pointer, metaPack } = root;
  const { versionId, ...pack } = metaPack;
  return {
    structure: {
      root: { offset: pointer.offset, length: pointer.length, check: pointer.check.toString("hex") },
      metaPack: { ...pack, id: { ...pack.id, kind: "meta" }, sha256: pack.sha256.toString("hex"), ordinal: pointer.ordinal, ...(versionId !== undefined && { versionId }) },
    } as PointRecord["structure"],
    metadata: {} as PointRecord["metadata"],
    hash: "",
  };
}

/** Reads a map whole and compares it with what the test wrote; the packs it says it reaches must be exactly those it uses. */
async function checkMap(map: BlockMap, expected: ReadonlyMap<number, Content>): Promise<void> {
  const found = new Map<number, Content>();
  const dataOrdinals = new Set<number>();
  for await (const { number, leaf } of map.leaves()) {
    for (const [position, slot] of leaf.entries()) {
      if (slot === undefined) continue;
      const index = number * leafBlocks + position;
      if (slot === "zero") {
        found.set(index, "zero");
        continue;
      }
      dataOrdinals.add(slot.ordinal);
      const pack = await map.packReference(slot.ordinal);
      expect(pack).toEqual(dataPack(pack.id.number));
      expect(slot).toMatchObject({ offset: pack.id.number * 7, length: 1000 + pack.id.number });
      found.set(index, pack.id.number);
    }
  }
  const present = [...expected].filter(([, content]) => content !== undefined).sort(([a], [b]) => a - b);
  expect([...found]).toEqual(present);
  expect(map.root.presentBlocks).toBe(present.filter(([, content]) => content !== "zero").length);
  expect(map.root.zeroBlocks).toBe(present.filter(([, content]) => content === "zero").length);
  const references = await Promise.all(map.reachedOrdinals.map(async (ordinal) => ({ ordinal, pack: await map.packReference(ordinal) })));
  expect(references.filter(({ pack }) => pack.id.kind === "data").map(({ ordinal }) => ordinal)).toEqual([...dataOrdinals].sort((a, b) => a - b));
}

const contentArbitrary = fc.oneof(fc.integer({ min: 0, max: 200 }), fc.constant("zero" as const), fc.constant(undefined));
const indexArbitrary = fc.oneof(fc.integer({ min: 0, max: 600 }), fc.integer({ min: 65_000, max: 66_000 }), fc.integer({ min: 2 ** 27 - 300, max: 2 ** 27 - 1 }));
const commitArbitrary = fc.record({
  changes: fc.array(fc.tuple(indexArbitrary, contentArbitrary), { maxLength: 60 }),
  method: fc.constantFrom("full" as const, "incremental" as const, "incremental" as const),
});

describe("a stream of block maps", () => {
  it("says of every point exactly what was written, over any history of full and incremental points", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(commitArbitrary, { minLength: 1, maxLength: 6 }), async (commits) => {
        const world = new MapWorld();
        const history: { map: BlockMap; expected: Map<number, Content> }[] = [];
        for (const { changes, method } of commits) {
          const map = await world.commit(new Map(changes), method);
          history.push({ map, expected: new Map(world.expected) });
        }
        for (const { map, expected } of history) await checkMap(map, expected);
      }),
      { numRuns: 40 },
    );
  });

  it("names hundreds of packs over several dictionary pages", async () => {
    const world = new MapWorld();
    const first = await world.commit(new Map(Array.from({ length: 200 }, (_, index) => [index * 300, index] as const)), "full");
    await checkMap(first, world.expected);
    const second = await world.commit(new Map([[5, 1]]), "incremental");
    await checkMap(second, world.expected);
  });

  it("shares every leaf of an unchanged volume: a second full writes one small object", async () => {
    const world = new MapWorld();
    const changes = new Map(Array.from({ length: 2000 }, (_, index) => [index, index % 200] as const));
    await world.commit(changes, "full");
    const { store } = world;
    const before = new Set(store.objects.keys());
    await world.commit(changes, "full");
    const added = [...store.objects].filter(([name]) => !before.has(name));
    expect(added).toHaveLength(1);
  });

  it("writes the leaf that changed and its inner page, not the others", async () => {
    const world = new MapWorld();
    await world.commit(new Map(Array.from({ length: 100 }, (_, leaf) => [leaf * leafBlocks, leaf] as const)), "full");
    const map = await world.commit(new Map([[7, 9]]), "incremental");
    const inner = await map.inner(0);
    expect(new Set(inner?.leaves.slice(0, 100).map((pointer) => pointer?.ordinal)).size).toBe(2);
    await checkMap(map, world.expected);
  });

  it("refuses blocks out of order", async () => {
    const world = new MapWorld();
    const dictionary = new PackDictionary(undefined);
    const writer = new MetaPackWriter(world.context, dictionary, () => ({ kind: "meta", sessionId, number: 0 }), {});
    const builder = new BlockMapBuilder(undefined, dictionary, writer, { volumeSizeBytes: 1, method: "full" });
    await builder.set(4, "zero");
    await expect(builder.set(4, "zero")).rejects.toThrow("ascending order");
  });

  it("notices every damaged byte of a meta pack that it reads", async () => {
    const world = new MapWorld();
    const map = await world.commit(new Map<number, Content>([[1, 2], [300, "zero"]]), "full");
    const { store } = world;
    await checkMap(map, world.expected);
    for (const [name, bytes] of [...store.objects]) {
      for (let position = 0; position < bytes.length; position += 3) {
        const damaged = Buffer.from(bytes);
        damaged.writeUInt8(damaged.readUInt8(position) ^ 0x40, position);
        store.objects.set(name, damaged);
        const readAll = async (): Promise<void> => {
          if (world.lastRecord === undefined) return;
          const reopened = await BlockMap.open(world.context, world.lastRecord);
          await checkMap(reopened, world.expected);
        };
        await expect(readAll()).rejects.toThrow(/damaged|forged|another/);
      }
      store.objects.set(name, bytes);
    }
  });
});
