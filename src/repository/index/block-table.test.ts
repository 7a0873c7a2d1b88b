import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { BlockTable } from "./block-table.js";

function idOf(number: number): Buffer {
  return createHash("sha256").update(String(number)).digest().subarray(0, 16);
}

describe("the table of blocks", () => {
  it("finds every entry again while it grows, the last value of each, and none that was never set", () => {
    const table = new BlockTable(8 * 2 ** 20);
    for (let number = 0; number < 50_000; number++) table.set(idOf(number % 40_000), number);
    expect(table.size).toBe(40_000);
    for (let number = 0; number < 40_000; number++) expect(table.get(idOf(number))).toBe(number < 10_000 ? 40_000 + number : number);
    for (let number = 40_000; number < 50_000; number++) expect(table.get(idOf(number))).toBeUndefined();
  });

  it("takes 15 bytes a block when its room is made at once", () => {
    const table = new BlockTable(2 ** 30);
    table.reserve(1_000_000);
    expect(table.memoryBytes / 1_000_000).toBeLessThanOrEqual(15.1);
    for (let number = 0; number < 20_000; number++) table.set(idOf(number), number);
    expect(table.memoryBytes / 1_000_000).toBeLessThanOrEqual(15.1);
  });

  it("never takes more than its budget: full, it forgets old entries for new ones and gives no wrong value", () => {
    const budget = 256 * 1024;
    const table = new BlockTable(budget);
    table.reserve(1_000_000);
    expect(table.memoryBytes).toBeLessThanOrEqual(budget);
    const count = 100_000;
    for (let number = 0; number < count; number++) {
      table.set(idOf(number), number);
      expect(table.get(idOf(number))).toBe(number);
    }
    expect(table.isFull).toBe(true);
    let found = 0;
    let recent = 0;
    for (let number = 0; number < count; number++) {
      const value = table.get(idOf(number));
      if (value === undefined) continue;
      expect(value).toBe(number);
      found++;
      if (number >= count - table.size) recent++;
    }
    expect(found).toBe(table.size);
    expect(table.size).toBeGreaterThan(0.79 * Math.floor(budget / 12));
    // forgetting is by chance, so that of the newest about two thirds are there
    expect(recent / found).toBeGreaterThan(0.5);
  });

  it("keeps within its budget while it grows, with the old and the new arrays together", () => {
    const budget = 12 * 10_000;
    const table = new BlockTable(budget);
    let before = table.memoryBytes;
    for (let number = 0; number < 20_000; number++) {
      table.set(idOf(number), number);
      if (table.memoryBytes !== before) expect(table.memoryBytes + before).toBeLessThanOrEqual(budget);
      before = table.memoryBytes;
    }
  });
});
