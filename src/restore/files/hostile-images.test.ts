import { readFile } from "node:fs/promises";
import { gunzipSync } from "node:zlib";
import { beforeAll, describe, expect, it } from "vitest";
import { bufferSource } from "../../../test/support/buffer-source.js";
import { HoldfastError } from "../../errors/index.js";
import { SeededRandom } from "../../testing/seeded-random.js";
import { recogniseFileSystem } from "./disk/file-system-type.js";
import { readPartitions } from "./disk/partitions.js";
import { ExtReader } from "./ext/ext-reader.js";
import { journalMagic, replayJournal } from "./ext/journal.js";
import { FatReader } from "./fat/fat-reader.js";
import type { FileSystemReader } from "./file-system-reader.js";
import { findLogicalVolumes } from "./lvm/logical-volumes.js";
import { readPhysicalVolume } from "./lvm/physical-volume.js";
import { walk } from "./walk.js";

const roundMs = 250;
/** A hostile image may make a reader read what it has some times over, not without end. */
const maxEntries = 20_000;
const maxReadBytes = 256 * 2 ** 20;

let ext: Buffer;
let fat: Buffer;
let disk: Buffer;

beforeAll(async () => {
  const fixture = async (name: string): Promise<Buffer> => gunzipSync(await readFile(new URL(`../../../test/fixtures/${name}`, import.meta.url)));
  disk = await fixture("disk.img.gz");
  fat = await fixture("fat.img.gz");
  const [partition] = await readPartitions(bufferSource(disk));
  ext = disk.subarray(partition!.offset, partition!.offset + partition!.sizeBytes);
});

const extremes = [0, 1, 2, 0x7f, 0xff, 0x7fff, 0xffff, 0x7fff_ffff, 0xffff_ffff, 0x8000_0000];

/** A copy with some numbers replaced, mostly where structures lie, or cut short. */
function mutated(original: Buffer, random: SeededRandom, hot: readonly number[]): Buffer {
  const bytes = Buffer.from(original);
  const below = (limit: number): number => Math.floor(random.fraction() * limit);
  for (let count = 1 + below(6); count > 0; count--) {
    const base = hot[below(hot.length)] ?? 0;
    const at = Math.min(bytes.length - 4, base + below(random.fraction() < 0.5 ? 512 : 4_096));
    if (random.fraction() < 0.5) bytes.writeUInt32LE(extremes[below(extremes.length)] ?? 0, at);
    else bytes.writeUInt8(below(256), at);
  }
  return random.fraction() < 0.1 ? bytes.subarray(0, below(bytes.length)) : bytes;
}

/** Opens, lists and reads everything; only errors that say what is wrong may come. */
async function tryAll(bytes: Buffer, open: (source: ReturnType<typeof bufferSource>) => Promise<FileSystemReader>): Promise<"read" | "refused"> {
  const source = bufferSource(bytes);
  try {
    const reader = await open(source);
    let entries = 0;
    for await (const entry of walk(reader, "")) {
      expect(entry.name).not.toMatch(/^\.{0,2}$|[/\0]/);
      if (++entries > maxEntries || source.readBytes() > maxReadBytes) break;
      if (entry.kind !== "file") continue;
      let read = 0;
      for await (const piece of reader.read(entry.path)) if ((read += piece.length) > 4 * 2 ** 20) break;
    }
    return "read";
  } catch (error) {
    if (!HoldfastError.isInstance(error)) throw error;
    return "refused";
  }
}

async function mutateFor(original: Buffer, hot: readonly number[], attempt: (bytes: Buffer) => Promise<unknown>): Promise<number> {
  const endAt = performance.now() + roundMs;
  let seed = 1;
  for (; performance.now() < endAt || seed < 20; seed++) {
    try {
      await attempt(mutated(original, new SeededRandom(seed), hot));
    } catch (error) {
      throw new Error(`seed ${String(seed)}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`, { cause: error });
    }
  }
  return seed;
}

describe("file systems, tables and groups that were made to do harm", () => {
  it("ext: are read or refused by an error that says why, within bounds", async () => {
    const block = 1024 << ext.readUInt32LE(1024 + 0x18);
    const inodes = ext.readUInt32LE((block === 1024 ? 2 : 1) * block + 8) * block;
    expect(await mutateFor(ext, [1024, block, 2 * block, inodes, inodes + 256, inodes + 4_096], async (bytes) => await tryAll(bytes, async (source) => await ExtReader.open(source)))).toBeGreaterThan(19);
  });

  it("FAT: are read or refused by an error that says why, within bounds", async () => {
    const table = fat.readUInt16LE(14) * 512;
    const root = table + fat.readUInt8(16) * fat.readUInt16LE(22) * 512;
    expect(await mutateFor(fat, [0, table, root, root + 16_384], async (bytes) => await tryAll(bytes, async (source) => await FatReader.open(source)))).toBeGreaterThan(19);
  });

  it("partition tables, of either kind, give only parts that lie on the disk", async () => {
    const gpt = Buffer.alloc(2 ** 20);
    gpt.writeUInt16LE(0xaa55, 510);
    gpt.writeUInt8(0xee, 446 + 4);
    gpt.write("EFI PART", 512);
    gpt.writeBigUInt64LE(2n, 512 + 72);
    gpt.writeUInt32LE(128, 512 + 80);
    gpt.writeUInt32LE(128, 512 + 84);
    gpt.write("type-and-id-of-a-partition-here", 1024);
    gpt.writeBigUInt64LE(64n, 1024 + 32);
    gpt.writeBigUInt64LE(1_000n, 1024 + 40);
    const mbr = Buffer.alloc(2 ** 20);
    mbr.writeUInt16LE(0xaa55, 510);
    mbr.writeUInt8(0x05, 446 + 4);
    mbr.writeUInt32LE(8, 446 + 8);
    mbr.writeUInt32LE(1_500, 446 + 12);
    for (const at of [8, 40]) {
      mbr.writeUInt16LE(0xaa55, at * 512 + 510);
      mbr.writeUInt8(0x83, at * 512 + 446 + 4);
      mbr.writeUInt32LE(1, at * 512 + 446 + 8);
      mbr.writeUInt32LE(8, at * 512 + 446 + 12);
      mbr.writeUInt8(0x05, at * 512 + 462 + 4);
      mbr.writeUInt32LE(32, at * 512 + 462 + 8);
      mbr.writeUInt32LE(64, at * 512 + 462 + 12);
    }
    for (const [original, hot] of [[gpt, [446, 512, 1024]], [mbr, [446, 8 * 512 + 446, 40 * 512 + 446]]] as const) {
      expect(await readPartitions(bufferSource(original))).not.toEqual([]);
      await mutateFor(original, hot, async (bytes) => {
        const source = bufferSource(bytes);
        for (const { offset, sizeBytes } of await readPartitions(source)) expect(offset >= 0 && sizeBytes > 0 && offset + sizeBytes <= bytes.length).toBe(true);
        await recogniseFileSystem(source);
      });
    }
  });

  it("LVM: a text of nothing but zeros before its end, or of one endless quotation, takes no time", async () => {
    const textBytes = 4 * 2 ** 20;
    for (const text of [Buffer.concat([Buffer.alloc(textBytes - 1), Buffer.from("x")]), Buffer.concat([Buffer.from('a = "'), Buffer.alloc(textBytes - 6, "b"), Buffer.from('"')])]) {
      const physical = Buffer.alloc(2 ** 23);
      physical.write("LABELONE", 512);
      physical.writeUInt32LE(32, 512 + 20);
      physical.write("LVM2 001", 512 + 24);
      physical.writeBigUInt64LE(1n, 512 + 72);
      physical.writeBigUInt64LE(4096n, 512 + 104);
      physical.write(" LVM2 x[5A%r0N*>", 4096 + 4);
      physical.writeBigUInt64LE(BigInt(textBytes + 1024), 4096 + 32);
      physical.writeBigUInt64LE(512n, 4096 + 40);
      physical.writeBigUInt64LE(BigInt(textBytes), 4096 + 48);
      text.copy(physical, 4096 + 512);
      const startedMs = performance.now();
      expect((await readPhysicalVolume(bufferSource(physical)))?.metadata).toBeUndefined();
      expect(performance.now() - startedMs).toBeLessThan(2_000);
    }
  });

  it("ext: a journal whose every block is the same description of others is refused before it fills the memory", async () => {
    const block = Buffer.alloc(4096);
    journalMagic.copy(block);
    block.writeUInt32BE(1, 4);
    block.writeUInt32BE(1, 8);
    for (let at = 12; at + 8 <= block.length; at += 8) block.writeUInt16BE(2, at + 6);
    const superblock = Buffer.alloc(4096);
    journalMagic.copy(superblock);
    for (const [value, at] of [[3, 4], [2 ** 32 - 1, 0x10], [1, 0x14], [1, 0x18], [1, 0x1c]] as const) superblock.writeUInt32BE(value, at);
    await expect(replayJournal({ blockBytes: 4096, read: (number) => Promise.resolve(number === 0 ? superblock : block) })).rejects.toMatchObject({ code: "FileSystemNotReadable" });
  });

  it("LVM's metadata are read, or left aside, within bounds", async () => {
    const text = `group { id = "a" seqno = 1 extent_size = 2048 physical_volumes { pv0 { id = "aaaaaa-aaaa-aaaa-aaaa-aaaa-aaaa-aaaaaa" pe_start = 2048 pe_count = 10 } } logical_volumes { root { id = "b" status = ["READ", "VISIBLE"] segment_count = 1 segment1 { start_extent = 0 extent_count = 4 type = "striped" stripe_count = 1 stripes = ["pv0", 0] } } } }\n`;
    const physical = Buffer.alloc(2 ** 22);
    physical.write("LABELONE", 512);
    physical.writeUInt32LE(32, 512 + 20);
    physical.write("LVM2 001", 512 + 24);
    physical.write("a".repeat(32), 512 + 32);
    physical.writeBigUInt64LE(2n ** 22n, 512 + 64);
    physical.writeBigUInt64LE(2n ** 20n, 512 + 72);
    physical.writeBigUInt64LE(4096n, 512 + 104);
    physical.writeBigUInt64LE(1_044_480n, 512 + 112);
    physical.write(" LVM2 x[5A%r0N*>", 4096 + 4);
    physical.writeUInt32LE(1, 4096 + 20);
    physical.writeBigUInt64LE(4096n, 4096 + 24);
    physical.writeBigUInt64LE(1_044_480n, 4096 + 32);
    physical.writeBigUInt64LE(512n, 4096 + 40);
    physical.writeBigUInt64LE(BigInt(text.length), 4096 + 48);
    physical.write(text, 4096 + 512);
    const found = findLogicalVolumes([(await readPhysicalVolume(bufferSource(physical)))!]);
    expect(found.map(({ name }) => name)).toEqual(["group/root"]);
    await mutateFor(physical, [512, 4096, 4096 + 512], async (bytes) => {
      const volume = await readPhysicalVolume(bufferSource(bytes));
      if (volume === undefined) return;
      for (const { source } of findLogicalVolumes([volume])) await source?.read(0, Math.min(4096, source.sizeBytes)).catch((error: unknown) => {
        if (!HoldfastError.isInstance(error)) throw error;
      });
    });
  });
});
