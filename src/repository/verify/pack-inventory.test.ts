import { describe, expect, it } from "vitest";
import type { PackId } from "../format/object-names.js";
import { PackInventory } from "./pack-inventory.js";
import { PageSet } from "./page-set.js";

describe("the inventory of packs", () => {
  it("tells every pack from every other, and keeps what is said of it, however many there are", () => {
    const inventory = new PackInventory();
    const id = (position: number): PackId => ({ kind: position % 2 === 0 ? "data" : "meta", sessionId: Math.floor(position / 1_000).toString(16).padStart(32, "0"), number: Math.floor((position % 1_000) / 2) });
    const count = 50_000;
    for (let position = 0; position < count; position++) expect(inventory.add(id(position), position * 3, { map: position % 7, ordinal: position })).toBe(position);
    for (let position = 0; position < count; position += 11) inventory.mark(position, "isPresent");
    expect(inventory.size).toBe(count);
    for (let position = 0; position < count; position += 97) {
      expect(inventory.find(id(position))).toBe(position);
      expect(inventory.add(id(position), 0, { map: 0, ordinal: 0 })).toBe(position);
      expect([inventory.id(position), inventory.sizeBytes(position), inventory.source(position)]).toEqual([id(position), position * 3, { map: position % 7, ordinal: position }]);
      expect(inventory.is(position, "isPresent")).toBe(position % 11 === 0);
    }
    expect(inventory.find({ kind: "data", sessionId: "f".repeat(32), number: 0 })).toBeUndefined();
    expect(inventory.find({ ...id(0), number: 999_999 })).toBeUndefined();
  });
});

describe("the set of opened pages", () => {
  it("has what was added, by pack and offset", () => {
    const pages = new PageSet();
    for (let pack = 0; pack < 300; pack++) for (let offset = 0; offset < 30_000; offset += 1_000) if ((pack + offset) % 3 === 0) pages.add(pack, offset);
    for (let pack = 0; pack < 300; pack++) for (let offset = 0; offset < 30_000; offset += 1_000) expect(pages.has(pack, offset)).toBe((pack + offset) % 3 === 0);
  });
});
