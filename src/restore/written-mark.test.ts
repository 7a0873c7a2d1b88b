import { describe, expect, it } from "vitest";
import type { Logger, Tags } from "../ports/index.js";
import { WrittenMark, writtenBelow } from "./written-mark.js";

const silent = (): void => undefined;
const silentLogger: Logger = { debug: silent, info: silent, warn: silent, error: silent };

function markOf(tag: (tags: Tags) => Promise<void>, logger = silentLogger): WrittenMark {
  const instances = {
    tag: async (ids: readonly string[], tags: Tags) => {
      expect(ids).toEqual(["snap-1"]);
      await tag(tags);
    },
  };
  return new WrittenMark({ snapshotId: "snap-1", session: "s1", instances }, { logger });
}

describe("the mark of how far a snapshot is written", () => {
  it("is set one call at a time, with the newest number", async () => {
    const calls: string[] = [];
    const answers: (() => void)[] = [];
    const mark = markOf(async (tags) => {
      calls.push(JSON.stringify(tags));
      await new Promise<void>((resolve) => answers.push(resolve));
    });
    for (const index of [10, 20, 15, 30]) mark.note(index);
    expect(calls).toEqual(['{"holdfast:written-below":"10","holdfast:session":"s1"}']);
    answers.shift()?.();
    await new Promise(setImmediate);
    expect(calls.at(-1)).toBe('{"holdfast:written-below":"30","holdfast:session":"s1"}');
    answers.shift()?.();
    await mark.settle();
    mark.note(30);
    expect(calls).toHaveLength(2);
  });

  it("is given up after the first refusal, with a warning and no failure", async () => {
    const warnings: string[] = [];
    const mark = markOf(async () => await Promise.reject(new Error("not allowed")), { ...silentLogger, warn: (message) => warnings.push(message) });
    mark.note(10);
    await mark.settle();
    mark.note(20);
    await mark.settle();
    expect(warnings).toHaveLength(1);
  });

  it("is read only where it is a number of blocks", () => {
    expect(writtenBelow({ "holdfast:written-below": "131072" })).toBe(131072);
    expect(writtenBelow({ "holdfast:written-below": "0" })).toBe(0);
    for (const text of ["", "-1", "1e3", "0x10", "1234567890"]) expect(writtenBelow({ "holdfast:written-below": text })).toBeUndefined();
    expect(writtenBelow({})).toBeUndefined();
  });
});
