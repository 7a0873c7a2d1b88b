import { describe, expect, it } from "vitest";
import type { IndexLevel } from "../format/index-level.js";
import { pickLevels } from "./pick-levels.js";

function levelOf(entries: number): IndexLevel {
  return { generation: String(entries), packs: 1, entries: [entries] };
}

function picked(sizes: readonly number[], entries: number, isLast: boolean): number[] {
  return pickLevels(sizes.map(levelOf), entries, isLast).map(({ generation }) => Number(generation));
}

describe("which levels are merged", () => {
  it("are those not much larger than what is merged into them, in their order", () => {
    expect(picked([1000, 30, 100], 10, true)).toEqual([30, 100]);
    expect(picked([100_000, 30, 100], 10, true)).toEqual([30, 100]);
    expect(picked([100], 10, true)).toEqual([]);
    expect(picked([], 10, true)).toEqual([]);
  });

  it("without new entries, are two of like size at least", () => {
    expect(picked([100, 50], 0, true)).toEqual([100, 50]);
    expect(picked([1000, 50], 0, true)).toEqual([]);
    expect(picked([1000, 50, 1001, 1002], 0, true)).toEqual([1000, 1001, 1002]);
  });

  it("are none while more is to come, until there are many", () => {
    expect(picked(Array<number>(11).fill(10), 10, false)).toEqual([]);
    expect(picked(Array<number>(12).fill(10), 10, false)).toHaveLength(12);
  });

  it("grow by steps, so that an entry is written anew only a few times: 5,000 batches", () => {
    const batch = 2 ** 20;
    let levels: number[] = [];
    let written = 0;
    for (let n = 0; n < 5000; n++) {
      const merged = picked(levels, batch, false);
      const size = merged.reduce((sum, one) => sum + one, batch);
      for (const one of merged) levels = levels.toSpliced(levels.indexOf(one), 1);
      levels.push(size);
      written += size;
      expect(levels.length).toBeLessThan(30);
    }
    expect(written / (5000 * batch)).toBeLessThan(8);
  });
});
