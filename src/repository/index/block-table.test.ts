import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BlockTable, isSampled } from "./block-table.js";

/** Fingerprints spread as those of block ids. */
function fingerprint(number: number): [high: number, low: number] {
  const mix = (value: number): number => {
    let mixed = Math.imul(value ^ (value >>> 16), 0x7feb352d);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x846ca68b);
    return (mixed ^ (mixed >>> 16)) >>> 0;
  };
  return [mix(number * 2 + 1), mix(number * 2 + 2)];
}

function filled(count: number, limitBytes: number): BlockTable {
  const table = new BlockTable(limitBytes);
  for (let number = 0; number < count; number++) table.set(...fingerprint(number), number);
  return table;
}

describe("the table of blocks", () => {
  it("holds what a map holds, as long as all has room", () => {
    const entries = fc.array(fc.tuple(fc.integer({ min: 0, max: 2 ** 32 - 1 }), fc.integer({ min: 0, max: 2 ** 32 - 1 }), fc.integer({ min: 0, max: 2 ** 32 - 2 })), { maxLength: 300 });
    fc.assert(
      fc.property(entries, (given) => {
        const table = new BlockTable(2 ** 20);
        // what the table compares: the segment's bits and the low word
        const model = new Map<string, number>();
        for (const [high, low, value] of given) {
          table.set(high, low, value);
          model.set(`${String(high >>> 28)}:${String(low)}`, value);
        }
        expect(table.size).toBe(model.size);
        for (const [high, low] of given) expect(table.get(high, low)).toBe(model.get(`${String(high >>> 28)}:${String(low)}`));
      }),
    );
  });

  it("finds every entry again while it grows, the last value of each, and none that was never set", () => {
    const table = filled(40_000, 8 * 2 ** 20);
    for (let number = 0; number < 10_000; number++) table.set(...fingerprint(number), 40_000 + number);
    expect(table.size).toBe(40_000);
    expect(table.sampling).toBe(0);
    for (let number = 0; number < 40_000; number++) expect(table.get(...fingerprint(number))).toBe(number < 10_000 ? 40_000 + number : number);
    for (let number = 40_000; number < 50_000; number++) expect(table.get(...fingerprint(number))).toBeUndefined();
  });

  it("takes less than 12 bytes a block, whether its room was made at once or step by step", () => {
    const count = 1_000_000;
    const reserved = new BlockTable(2 ** 30);
    reserved.reserve(count);
    expect(reserved.memoryBytes / count).toBeLessThan(12);
    expect(filled(count, 2 ** 30).memoryBytes / count).toBeLessThan(12);
  });

  it("keeps a sample of exactly the blocks whose ids end in zero bits once not all have room, and never takes more than its budget", () => {
    fc.assert(
      fc.property(fc.integer({ min: 2_000, max: 60_000 }), fc.integer({ min: 16, max: 400 }), (count, limitKib) => {
        const table = new BlockTable(limitKib * 1024);
        for (let number = 0; number < count; number++) {
          table.set(...fingerprint(number), number);
          if (table.memoryBytes > limitKib * 1024) throw new Error("more than its budget");
        }
        let sampled = 0;
        for (let number = 0; number < count; number++) {
          const [high, low] = fingerprint(number);
          const isKept = isSampled(low, table.sampling);
          if (isKept) sampled++;
          if (table.get(high, low) !== (isKept ? number : undefined)) throw new Error(`wrong for ${String(number)}`);
        }
        expect(table.size).toBe(sampled);
        // no more is thinned than is needed
        if (table.sampling > 0) expect(sampled * 2 * 11 + 8192).toBeGreaterThan(limitKib * 1024 * 0.8);
      }),
      { numRuns: 5 },
    );
  });

  it("gives memory back when others need it", () => {
    const table = filled(50_000, 2 ** 20);
    expect(table.sampling).toBe(0);
    table.limit(200_000);
    expect(table.memoryBytes).toBeLessThanOrEqual(200_000);
    expect(table.sampling).toBeGreaterThan(0);
    const [high, low] = fingerprint(3);
    expect(table.get(high, low)).toBe(isSampled(low, table.sampling) ? 3 : undefined);
  });

  it("is not thinned for what it may hold already", () => {
    const table = filled(50_000, 700_000);
    table.reserve(60_000);
    expect([table.sampling, table.size]).toEqual([0, 50_000]);
  });
});
