import { describe, expect, it } from "vitest";
import { KeyRing } from "../keys/key-ring.js";
import { openPage, pageCheck, sealPage } from "./page.js";

const keys = new KeyRing(Buffer.alloc(32, 1), Buffer.alloc(16, 2));
const name = "meta/3f/a";
const plain = Buffer.from("a page");
const sealed = sealPage(keys, name, 64, "leaf", plain);
const pointer = { ordinal: 0, offset: 64, length: sealed.length, check: pageCheck(plain) };

describe("a page", () => {
  it("opens at its place alone", () => {
    expect(openPage(keys, name, pointer, "leaf", sealed)).toEqual(plain);
    for (const other of [{ ...pointer, offset: 65 }, { ...pointer, offset: 64 + 2 ** 32 }, { ...pointer, check: Buffer.alloc(16) }]) expect(() => openPage(keys, name, other, "leaf", sealed)).toThrow(/damaged|another/);
    expect(() => openPage(keys, "meta/3f/b", pointer, "leaf", sealed)).toThrow(/damaged/);
    expect(() => openPage(keys, name, pointer, "inner", sealed)).toThrow(/damaged/);
  });

  it.each([0, 1, 15, 16, 17])("of %i bytes is damaged, whatever names it", (length) => {
    expect(() => openPage(keys, name, { ...pointer, length }, "leaf", sealed.subarray(0, length))).toThrow(expect.objectContaining({ name: "IntegrityError" }));
  });
});
