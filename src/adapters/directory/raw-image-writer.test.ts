import { createHash } from "node:crypto";
import { mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { blockSizeBytes, type BlockData } from "../../ports/index.js";
import { RawImageWriter } from "./raw-image-writer.js";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "holdfast-image-"));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

function block(index: number, fill: number): BlockData {
  const data = Buffer.alloc(blockSizeBytes, fill);
  return { index, data, sha256: createHash("sha256").update(data).digest() };
}

describe("a raw disk image that is written", () => {
  const sizeBytes = 2 * blockSizeBytes;

  it("appears under its name only when it is complete, and leaves nothing else", async () => {
    const path = join(folder, "disk.img");
    const writer = await RawImageWriter.open({ path, sizeBytes });
    await writer.write(block(1, 7));
    expect(await readdir(folder)).toEqual([expect.stringMatching(/^disk\.img\.[0-9a-f]{12}\.partial$/)]);
    await writer.complete();
    expect(await readdir(folder)).toEqual(["disk.img"]);
    expect((await readFile(path)).equals(Buffer.concat([Buffer.alloc(blockSizeBytes), Buffer.alloc(blockSizeBytes, 7)]))).toBe(true);
  });

  it("does not mix with another that is written to the same path, nor replaces it", async () => {
    const path = join(folder, "disk.img");
    const [first, second] = [await RawImageWriter.open({ path, sizeBytes }), await RawImageWriter.open({ path, sizeBytes })];
    await Promise.all([first.write(block(0, 1)), second.write(block(0, 2)), second.write(block(1, 2))]);
    await first.complete();
    await expect(second.complete()).rejects.toMatchObject({ name: "ConflictError", code: "ImageExists" });
    expect((await readFile(path)).equals(Buffer.concat([Buffer.alloc(blockSizeBytes, 1), Buffer.alloc(blockSizeBytes)]))).toBe(true);
  });

  it("replaces a file only where that was asked for", async () => {
    const path = join(folder, "disk.img");
    await writeFile(path, "kept");
    await expect(RawImageWriter.open({ path, sizeBytes })).rejects.toMatchObject({ code: "ImageExists" });
    await (await RawImageWriter.open({ path, sizeBytes, overwrite: true })).complete();
    expect((await readFile(path)).length).toBe(sizeBytes);
    expect(await readdir(folder)).toEqual(["disk.img"]);
  });

  it("says that there is no room before it makes anything", async () => {
    await expect(RawImageWriter.open({ path: join(folder, "disk.img"), sizeBytes, dataBytes: 2 ** 60 })).rejects.toMatchObject({ name: "ProviderError", code: "NoSpace" });
    expect(await readdir(folder)).toEqual([]);
  });

  it("takes no device's place, also where it may replace what is there", async () => {
    await expect(RawImageWriter.open({ path: "/dev/null", sizeBytes, overwrite: true })).rejects.toMatchObject({ name: "ConfigurationError", code: "NotAnImage" });
  });
});
