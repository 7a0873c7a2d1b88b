import { randomBytes } from "node:crypto";
import { mkdtemp, open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { blockSizeBytes } from "../../ports/index.js";
import { deviceBytes } from "./device.js";
import { RawImageReader } from "./raw-image-reader.js";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "holdfast-image-"));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

/** A sparse file of 40 GiB with two blocks in it. */
async function sparseImage(path: string, sizeBytes: number): Promise<Map<number, Buffer>> {
  const blocks = new Map([[3, randomBytes(blockSizeBytes)], [700, randomBytes(blockSizeBytes)]]);
  const handle = await open(path, "w");
  await handle.truncate(sizeBytes);
  for (const [index, data] of blocks) await handle.write(data, 0, blockSizeBytes, index * blockSizeBytes);
  await handle.close();
  return blocks;
}

describe("a raw image that is read", () => {
  it("lists what is not zero, and gives it out as it is, also in another order and twice", async () => {
    const path = join(folder, "disk.img");
    const blocks = await sparseImage(path, 512 * 2 ** 20);
    const reader = await RawImageReader.open(path);
    const listed: number[] = [];
    for await (const { index } of reader.blocks()) listed.push(index);
    expect(listed).toEqual([3, 700]);
    for (const index of [700, 3, 700]) expect((await reader.read({ index })).data.equals(blocks.get(index)!)).toBe(true);
    await reader.close();
  });

  it("is no folder, and no device without an end", async () => {
    await expect(RawImageReader.open(folder)).rejects.toMatchObject({ name: expect.stringMatching(/ConfigurationError|ProviderError/) as string });
    await expect(RawImageReader.open("/dev/null")).rejects.toMatchObject({ name: "ConfigurationError", code: "NotAnImage" });
  });
});

describe("a device's end", () => {
  it("is found by reading, to the byte", async () => {
    for (const sizeBytes of [0, 1, 512, 40 * 2 ** 30 + 4_096]) {
      const handle = await open(join(folder, "device"), "w+");
      await handle.truncate(sizeBytes);
      expect(await deviceBytes(handle)).toBe(sizeBytes);
      await handle.close();
    }
  });
});
