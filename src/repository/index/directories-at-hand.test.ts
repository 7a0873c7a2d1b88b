import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { PackReference } from "../format/dictionary-page.js";
import type { DirectoryEntry } from "../format/pack-directory.js";
import { DirectoriesAtHand } from "./directories-at-hand.js";

const anyPack = (): boolean => true;

function referenceOf(pack: number): PackReference {
  return { id: { kind: "data", sessionId: "ab".repeat(16), number: pack }, sizeBytes: pack + 1, sha256: Buffer.alloc(16, pack), versionId: undefined, lockedUntilMs: 0 };
}

function idOf(block: number): Buffer {
  const id = Buffer.alloc(16, block);
  id.writeUInt32BE(Math.imul(block + 1, 0x9e3779b1) >>> 0, 8);
  return id;
}

function entriesOf(blocks: readonly number[]): DirectoryEntry[] {
  return blocks.map((block, position) => ({ blockId: idOf(block), offset: position * 1000 + block, length: 900, compression: 1, blockIndex: position }));
}

describe("the directories at hand", () => {
  it("show what those kept last showed, whatever was kept, found and forgotten in between", () => {
    const blocks = fc.array(fc.integer({ min: 0, max: 40 }), { minLength: 1, maxLength: 12 });
    const step = fc.oneof(
      fc.record({ keep: fc.integer({ min: 0, max: 15 }), blocks }),
      fc.record({ forget: fc.integer({ min: 0, max: 15 }) }),
      fc.record({ find: fc.integer({ min: 0, max: 45 }) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 100 }), (steps) => {
        const room = 8;
        const directories = new DirectoriesAtHand(room * 1600);
        /** Pack -> directory, the longest unused first. */
        const model = new Map<number, DirectoryEntry[]>();
        for (const one of steps) {
          if ("keep" in one) {
            const entries = entriesOf(one.blocks);
            directories.keep({ pack: one.keep, reference: referenceOf(one.keep), entries });
            model.delete(one.keep);
            model.set(one.keep, entries);
            expect(directories.memoryBytes).toBeLessThanOrEqual(room * 1600);
            // which go is theirs to say: those unused for longest
            const longestUnused = [...model.keys()].slice(0, model.size - directories.size);
            for (const pack of longestUnused) model.delete(pack);
          } else if ("forget" in one) {
            directories.delete(one.forget);
            model.delete(one.forget);
          } else {
            const id = idOf(one.find);
            const found = directories.find(id, anyPack);
            const holders = [...model].filter(([, entries]) => entries.some(({ blockId }) => blockId.equals(id)));
            expect(found === undefined).toBe(holders.length === 0);
            if (found === undefined) continue;
            const entries = model.get(found.pack) ?? [];
            expect(entries).toContainEqual(found.entry);
            expect(found.reference).toEqual(referenceOf(found.pack));
            model.delete(found.pack);
            model.set(found.pack, entries);
          }
          for (let pack = 0; pack < 16; pack++) expect(directories.has(pack)).toBe(model.has(pack));
        }
      }),
    );
  });

  it("find a block in another pack when the first may not be used", () => {
    const directories = new DirectoriesAtHand(2 ** 20);
    for (const pack of [1, 2, 3]) directories.keep({ pack, reference: referenceOf(pack), entries: entriesOf([7, pack + 10]) });
    expect([1, 2, 3].map((only) => directories.find(idOf(7), (pack) => pack === only)?.pack)).toEqual([1, 2, 3]);
    expect(directories.find(idOf(7), () => false)).toBeUndefined();
  });

  it("are no more than can be told apart, however much room there is", () => {
    const directories = new DirectoriesAtHand(2 ** 20, 3);
    for (let pack = 1; pack <= 6; pack++) {
      directories.keep({ pack, reference: referenceOf(pack), entries: entriesOf([7, pack + 10]) });
      expect(directories.size).toBe(Math.min(pack, 3));
    }
    expect([3, 4, 5, 6].map((pack) => directories.find(idOf(pack + 10), anyPack)?.pack)).toEqual([undefined, 4, 5, 6]);
  });

  it("take no block for another whose id ends or begins alike", () => {
    const directories = new DirectoriesAtHand(2 ** 20);
    directories.keep({ pack: 1, reference: referenceOf(1), entries: entriesOf([7]) });
    for (let byte = 0; byte < 16; byte++) {
      const other = idOf(7);
      other.writeUInt8(other.readUInt8(byte) ^ 1, byte);
      expect(directories.find(other, anyPack)).toBeUndefined();
    }
  });
});
