import { describe, expect, it } from "vitest";
import { FairLine } from "./fair-line.js";

describe("a fair line", () => {
  it("gives flows equal shares, however many of each stand in it", () => {
    const line = new FairLine<{ readonly name: string; readonly cost: number }>();
    for (let item = 0; item < 100; item++) line.push("big", { name: "big", cost: 1 });
    for (let item = 0; item < 3; item++) line.push("small", { name: "small", cost: 1 });
    const first = Array.from({ length: 8 }, () => line.shift()?.name);
    expect(first.filter((name) => name === "small")).toHaveLength(3);
    expect(line.length).toBe(95);
  });

  it("counts what each item costs", () => {
    const line = new FairLine<{ readonly name: string; readonly cost: number }>();
    for (let item = 0; item < 20; item++) line.push("packs", { name: "pack", cost: 64 });
    for (let item = 0; item < 300; item++) line.push("blocks", { name: "block", cost: 1 });
    const served = Array.from({ length: 130 }, () => line.shift()?.name);
    expect(served.filter((name) => name === "pack")).toHaveLength(2);
  });

  it("gives a flow that comes later no claim on what it missed, and keeps the order within a flow", () => {
    const line = new FairLine<{ readonly name: string; readonly cost: number }>();
    for (let item = 0; item < 100; item++) line.push("old", { name: `old ${item}`, cost: 1 });
    for (let item = 0; item < 50; item++) expect(line.shift()?.name).toBe(`old ${item}`);
    for (let item = 0; item < 10; item++) line.push("new", { name: `new ${item}`, cost: 1 });
    const next = Array.from({ length: 10 }, () => line.shift()?.name ?? "");
    expect(next.filter((name) => name.startsWith("new"))).toEqual(["new 0", "new 1", "new 2", "new 3", "new 4"]);
  });

  it("lets those out who give up", () => {
    const line = new FairLine<{ readonly cost: number }>();
    const [one, two] = [{ cost: 1 }, { cost: 1 }];
    line.push("a", one);
    line.push("a", two);
    line.remove("a", one);
    line.remove("a", one);
    expect(line.length).toBe(1);
    expect(line.peek()).toBe(two);
    expect(line.clear()).toEqual([two]);
    expect(line.shift()).toBeUndefined();
  });
});
