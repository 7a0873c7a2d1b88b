import { describe, expect, it } from "vitest";
import { WrittenBelow } from "./written-below.js";

describe("below which block everything is written", () => {
  it("is told when a stretch and all before it are written, in whatever order its ranges end", () => {
    const told: number[] = [];
    const below = new WrittenBelow((index) => told.push(index));
    const [first, second] = [below.begin(), below.begin()];
    below.end(100);
    const third = below.begin();
    below.end(200);
    second();
    third();
    expect(told).toEqual([]);
    first();
    expect(told).toEqual([200]);
    below.end(300);
    expect(told).toEqual([200, 300]);
  });

  it("is never told of a stretch with a range that failed", () => {
    const told: number[] = [];
    const below = new WrittenBelow((index) => told.push(index));
    const [done] = [below.begin(), below.begin()];
    below.end(100);
    done();
    below.end(200);
    expect(told).toEqual([]);
  });

  it("is told of a stretch only when all its ranges have begun", () => {
    const told: number[] = [];
    const below = new WrittenBelow((index) => told.push(index));
    below.begin()();
    expect(told).toEqual([]);
    below.end(100);
    expect(told).toEqual([100]);
  });
});
