import { beforeEach, describe, expect, it } from "vitest";
import { textBlock } from "../../../test/support/backup-world.js";
import { MemoryVolume } from "../../../test/support/memory-volume.js";
import { blockSizeBytes } from "../../ports/index.js";
import { bytesToRead } from "./count-blocks.js";

const gib = 2 ** 30;

let volume: MemoryVolume;
beforeEach(() => {
  volume = new MemoryVolume(gib);
  const same = textBlock("as it was");
  for (let index = 0; index < 100; index++) volume.blocks.set(index, same);
  volume.freeze("snap-1");
  for (let index = 0; index < 7; index++) volume.blocks.set(index, textBlock("changed"));
  volume.blocks.delete(99);
  volume.freeze("snap-2");
});

describe("what a backup will read", () => {
  it.each([
    ["all that holds data, without a base", undefined, gib, 99],
    ["what changed since the base; blocks that are no more are not read", "snap-1", gib, 7],
    ["all that holds data, where the base is gone", "snap-0", gib, 99],
    ["no more than makes a difference", "snap-1", 3 * blockSizeBytes, 3],
    ["no more than makes a difference, without a base", undefined, 20 * blockSizeBytes, 20],
  ] as const)("is %s", async (_what, base, enoughBytes, blocks) => {
    expect(await bytesToRead(volume.reader("snap-2"), { base, enoughBytes })).toBe(blocks * blockSizeBytes);
    expect(volume.reads).toBe(0);
  });
});
