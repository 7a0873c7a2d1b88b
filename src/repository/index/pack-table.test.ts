import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { PackReference } from "../format/dictionary-page.js";
import { PackTable, versionCheckOf } from "./pack-table.js";

const sessionIds = [...Array(5).keys()].map((n) => Buffer.alloc(16, n * 17 + 1).toString("hex"));

function referenceOf(session: number, number: number, versionId?: string): PackReference {
  return { id: { kind: "data", sessionId: sessionIds[session] ?? "", number }, sizeBytes: 1000 + number, sha256: Buffer.alloc(16, number), versionId, lockedUntilMs: 0 };
}

describe("the table of packs", () => {
  it("holds what a map holds, dropped packs but for, and knows which pack follows which", () => {
    const pack = fc.record({ session: fc.integer({ min: 0, max: 4 }), number: fc.integer({ min: 0, max: 70 }), whole: fc.boolean(), drop: fc.boolean() });
    fc.assert(
      fc.property(fc.array(pack, { maxLength: 150 }), (packs) => {
        const table = new PackTable(2 ** 20, 2 ** 16);
        const model = new Map<string, { readonly number: number; reference?: PackReference; isDropped?: boolean }>();
        for (const { session, number, whole, drop } of packs) {
          const reference = referenceOf(session, number, "v1");
          const given = table.add(reference.id, versionCheckOf("v1"), whole ? reference : undefined);
          const key = `${String(session)}-${String(number)}`;
          const known = model.get(key) ?? { number: given ?? -1 };
          expect(given).toBe(known.number);
          if (whole) known.reference = reference;
          if (drop) known.isDropped = true;
          if (drop) table.drop(known.number);
          model.set(key, known);
        }
        expect(table.size).toBe(model.size);
        for (const [key, { number, reference, isDropped }] of model) {
          const [session, pack] = key.split("-").map(Number) as [number, number];
          const expected = { id: referenceOf(session, pack).id, reference, versionCheck: reference === undefined ? versionCheckOf("v1") : 0 };
          expect(table.get(number)).toEqual(isDropped === true ? undefined : expected);
          const after = model.get(`${String(session)}-${String(pack + 1)}`);
          expect(table.next(number)).toBe(after?.isDropped === true ? undefined : after?.number);
        }
      }),
    );
  });

  it("keeps about 6 bytes a pack beyond its budget of whole references, and says when there is room for none", () => {
    const table = new PackTable(2 ** 20, 2 ** 16);
    const before = table.memoryBytes;
    for (let number = 0; number < 50_000; number++) table.add(referenceOf(0, number).id, 0, referenceOf(0, number));
    expect(table.size).toBe(50_000);
    expect((table.memoryBytes - before - 2 ** 16) / 50_000).toBeLessThan(6.5);
    expect(table.get(3)?.reference).toEqual(referenceOf(0, 3));
    expect(table.get(49_999)).toEqual({ id: referenceOf(0, 49_999).id, reference: undefined, versionCheck: 0 });
    expect(table.isFull).toBe(false);
    for (let number = 50_000; !table.isFull; number++) table.add(referenceOf(0, number).id, 0);
    expect(table.memoryBytes).toBeLessThanOrEqual(2 ** 20);
    expect(table.add(referenceOf(1, 0).id, 0)).toBeUndefined();
  });

  it("keeps no more whole references than it can tell apart, however large its budget", () => {
    const table = new PackTable(Infinity, Infinity);
    expect(table.hasRoomForDetails(2 ** 31, 1)).toBe(true);
    expect(table.hasRoomForDetails(2 ** 31 + 1, 1)).toBe(false);
  });
});
