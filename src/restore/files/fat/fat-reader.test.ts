import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { gunzipSync } from "node:zlib";
import { beforeAll, describe, expect, it } from "vitest";
import { bufferSource } from "../../../../test/support/buffer-source.js";
import { walk } from "../walk.js";
import { FatReader } from "./fat-reader.js";

/** Made by `test/fixtures/make-fat.sh`, with mkfs.fat and mtools. */
let image: Buffer;

beforeAll(async () => {
  image = gunzipSync(await readFile(new URL("../../../../test/fixtures/fat.img.gz", import.meta.url)));
});

async function contentOf(reader: FatReader, path: string, range = {}): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of reader.read(path, range)) pieces.push(piece);
  return Buffer.concat(pieces);
}

function numbers(to: number): Buffer {
  return Buffer.from(Array.from({ length: to }, (_, at) => `${String(at + 1)}\n`).join(""));
}

describe("a FAT file system", () => {
  it("lists long and short names with sizes and times, and reads files that lie in pieces", async () => {
    const reader = await FatReader.open(bufferSource(image));
    const found = new Map<string, unknown>();
    for await (const { path, kind, sizeBytes } of walk(reader, "")) if (!path.startsWith("gap")) found.set(path, [kind, sizeBytes]);
    expect(Object.fromEntries(found)).toEqual({
      "SHORT.TXT": ["file", 6],
      empty: ["file", 0],
      Folder: ["folder", 0],
      "Folder/A rather long name, ünïcödé ☃.txt": ["file", numbers(20_000).length],
      "Folder/deeper": ["folder", 0],
      "Folder/deeper/pieces": ["file", numbers(30_000).length],
    });
    expect((await reader.stat("short.txt")).modifiedAt?.toISOString()).toBe("2031-02-03T04:05:06.000Z");
    expect(createHash("sha256").update(await contentOf(reader, "Folder/deeper/pieces")).digest("hex")).toBe(createHash("sha256").update(numbers(30_000)).digest("hex"));
    expect((await contentOf(reader, "Folder/deeper/pieces", { start: 100_000, end: 150_001 })).equals(numbers(30_000).subarray(100_000, 150_001))).toBe(true);
    expect(await contentOf(reader, "empty")).toHaveLength(0);
    await expect(reader.stat("../x")).rejects.toMatchObject({ code: "FileNotFound" });
    await expect(contentOf(reader, "Folder")).rejects.toMatchObject({ code: "NotAFile" });
  });

  it("says that it is damaged where chains lead in a circle, out of it or nowhere, and where it is cut short", async () => {
    const tableStart = image.readUInt16LE(14) * 512;
    const reader = await FatReader.open(bufferSource(image));
    const { inode } = await reader.stat("Folder/deeper");
    const damaged = async (write: (bytes: Buffer) => void): Promise<FatReader> => {
      const bytes = Buffer.from(image);
      write(bytes);
      return await FatReader.open(bufferSource(bytes));
    };
    const at = tableStart + Number(inode) * 2;
    for (const value of [Number(inode), 0, 1, 0xfff0]) {
      const one = await damaged((bytes) => {
        bytes.writeUInt16LE(value, at);
        // a folder that does not end in its first cluster
        bytes.fill(0xe5, clusterAt(Number(inode)), clusterAt(Number(inode)) + 512);
      });
      await expect(one.stat("Folder/deeper/pieces")).rejects.toMatchObject({ code: "DamagedFileSystem" });
    }
    await expect(FatReader.open(bufferSource(image.subarray(0, 2 ** 21)))).rejects.toMatchObject({ code: "DamagedFileSystem" });
    const short = await damaged((bytes) => bytes.writeUInt16LE(0xffff, tableStart + 2 * 2));
    expect(short).toBeDefined();
  });
});

/** By the fixture's first sector: two tables, a root folder of its own, one sector a cluster. */
function clusterAt(cluster: number): number {
  const [reserved, tables, rootEntries, tableSectors] = [image.readUInt16LE(14), image.readUInt8(16), image.readUInt16LE(17), image.readUInt16LE(22)];
  return (reserved + tables * tableSectors + (rootEntries * 32) / 512 + (cluster - 2) * image.readUInt8(13)) * 512;
}
