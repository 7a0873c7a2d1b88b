import { readFile } from "node:fs/promises";
import { gunzipSync } from "node:zlib";
import { HoldfastError } from "../../../src/errors/index.js";
import { findFileSystems } from "../../../src/restore/files/disk/find-file-systems.js";
import { recogniseFileSystem } from "../../../src/restore/files/disk/file-system-type.js";
import { readPartitions } from "../../../src/restore/files/disk/partitions.js";
import { ExtReader } from "../../../src/restore/files/ext/ext-reader.js";
import { FatReader } from "../../../src/restore/files/fat/fat-reader.js";
import type { FileSystemReader } from "../../../src/restore/files/file-system-reader.js";
import { findLogicalVolumes } from "../../../src/restore/files/lvm/logical-volumes.js";
import { parseMetadata } from "../../../src/restore/files/lvm/metadata-text.js";
import { readPhysicalVolume, type PhysicalVolume } from "../../../src/restore/files/lvm/physical-volume.js";
import { walk } from "../../../src/restore/files/walk.js";
import { checkExt } from "../../../src/restore/verify/check-ext.js";
import { resolveEnvironment } from "../../../src/session/index.js";
import { patchedSource, patchScript } from "../patched-source.js";
import type { FuzzTarget } from "../target.js";

const fixture = async (name: string): Promise<Buffer> => gunzipSync(await readFile(new URL(`../../fixtures/${name}`, import.meta.url)));
const disk = await fixture("disk.img.gz");
const fat = await fixture("fat.img.gz");
const extStart = 2 ** 20;
const ext = disk.subarray(extStart, extStart + 20 * 2 ** 20);

/** An image may have a reader read what it has some times over, and be looked at in part; it must not go on for ever. */
const maxEntries = 3_000;
const maxFiles = 60;
const maxReadBytes = 64 * 2 ** 20;
const maxFileBytes = 2 ** 20;

/** Opens, walks and reads, files that cannot be read too. What came out, in a few words. */
async function readAll(reader: FileSystemReader, readBytes: () => number): Promise<string> {
  let [entries, files] = [0, 0];
  const kinds = new Set<string>();
  const seen = (): string => `${String(Math.ceil(Math.log2(entries + 1)))}: ${[...kinds].sort().join(", ")}`;
  for await (const entry of walk(reader, "")) {
    if (/^\.{0,2}$|[/\0]/.test(entry.name)) throw new TypeError(`the name ${JSON.stringify(entry.name)} came out`);
    if (++entries > maxEntries || readBytes() > maxReadBytes) return `much, ${seen()}`;
    kinds.add(entry.kind);
    if (entry.extendedAttributes !== undefined) kinds.add("attributes");
    if (entry.kind !== "file" || ++files > maxFiles) continue;
    try {
      for (const { start, end } of (await reader.dataRanges?.(entry.path)) ?? []) if (!(start < end && end <= entry.sizeBytes)) throw new RangeError(`data from ${String(start)} to ${String(end)} of ${String(entry.sizeBytes)}`);
      let bytes = 0;
      for await (const piece of reader.read(entry.path)) if ((bytes += piece.length) > maxFileBytes) break;
      if (bytes < Math.min(entry.sizeBytes, maxFileBytes) || (entry.sizeBytes <= maxFileBytes && bytes !== entry.sizeBytes)) throw new RangeError(`${String(bytes)} bytes of ${String(entry.sizeBytes)} came`);
    } catch (error) {
      if (!HoldfastError.isInstance(error)) throw error;
      kinds.add(error.message.replace(/".*"|\d+/g, "_").slice(0, 80));
    }
  }
  return seen();
}

/** Of ext's regions, those that are not single inodes. */
const namedExtRegions = 9;
const scripts = (regions: number): Buffer[] => [
  Buffer.alloc(0),
  ...Array.from({ length: regions }, (_, region) => patchScript({ region, distance: 0, value: Buffer.from([0]) }, { region, distance: 24, value: Buffer.alloc(4, 0xff) })),
];

function extRegions(): number[] {
  const block = 1024 << ext.readUInt32LE(1024 + 0x18);
  const inodes = ext.readUInt32LE((block === 1024 ? 2 : 1) * block + 8) * block;
  // the superblock, the groups, the first inodes, the root folder's block, and the journal's superblock, as its extent says
  const inode = (number: number): number => inodes + (number - 1) * ext.readUInt16LE(1024 + 0x58);
  const firstBlock = (number: number): number => ext.readUInt32LE(inode(number) + 0x28 + 12 + 8) * block;
  const named = [1024, (block === 1024 ? 2 : 1) * block, inodes, inodes + 4_096, inodes + 8_192, firstBlock(2), firstBlock(8), firstBlock(8) + block, firstBlock(11)];
  return [...named, ...Array.from({ length: 30 }, (_, index) => inode(11 + index))].filter((at) => at >= 0 && at < ext.length);
}

const fatTable = fat.readUInt16LE(14) * 512;
const fatRoot = fatTable + fat.readUInt8(16) * fat.readUInt16LE(22) * 512;

function gptImage(): Buffer {
  const gpt = Buffer.alloc(2 ** 17);
  gpt.writeUInt16LE(0xaa55, 510);
  gpt.writeUInt8(0xee, 446 + 4);
  gpt.write("EFI PART", 512);
  gpt.writeBigUInt64LE(2n, 512 + 72);
  gpt.writeUInt32LE(128, 512 + 80);
  gpt.writeUInt32LE(128, 512 + 84);
  for (const [index, first] of [64, 100, 150].entries()) {
    gpt.write("type-and-id-of-a-partition-here", 1024 + index * 128);
    gpt.writeBigUInt64LE(BigInt(first), 1024 + index * 128 + 32);
    gpt.writeBigUInt64LE(BigInt(first + 20), 1024 + index * 128 + 40);
  }
  return gpt;
}

function mbrImage(): Buffer {
  const mbr = Buffer.alloc(2 ** 17);
  const entry = (at: number, type: number, start: number, count: number): void => {
    mbr.writeUInt8(type, at + 4);
    mbr.writeUInt32LE(start, at + 8);
    mbr.writeUInt32LE(count, at + 12);
  };
  for (const at of [0, 8, 40, 72]) mbr.writeUInt16LE(0xaa55, at * 512 + 510);
  entry(446, 0x83, 1, 4);
  entry(462, 0x05, 8, 200);
  for (const [at, next] of [[8, 32], [40, 64], [72, 0]] as const) {
    entry(at * 512 + 446, 0x83, 1, 8);
    if (next > 0) entry(at * 512 + 462, 0x05, next, 64);
  }
  return mbr;
}

const groupText = `group { id = "a" seqno = 1 extent_size = 8 # comment\nphysical_volumes { pv0 { id = "aaaaaa-aaaa-aaaa-aaaa-aaaa-aaaa-aaaaaa" pe_start = 2048 pe_count = 10 } } logical_volumes { root { id = "b" status = ["READ", "VISIBLE"] segment_count = 2 segment1 { start_extent = 0 extent_count = 4 type = "striped" stripe_count = 1 stripes = ["pv0", 0] } segment2 { start_extent = 4 extent_count = 4 type = "striped" stripe_count = 2 stripe_size = 8 stripes = ["pv0", 4, "pv0", 6] } } } }\n`;

function lvmImage(): Buffer {
  const physical = Buffer.alloc(2 ** 21);
  physical.write("LABELONE", 512);
  physical.writeUInt32LE(32, 512 + 20);
  physical.write("LVM2 001", 512 + 24);
  physical.write("a".repeat(32), 512 + 32);
  physical.writeBigUInt64LE(2n ** 21n, 512 + 64);
  physical.writeBigUInt64LE(2n ** 20n, 512 + 72);
  physical.writeBigUInt64LE(4096n, 512 + 104);
  physical.writeBigUInt64LE(1_044_480n, 512 + 112);
  physical.write(" LVM2 x[5A%r0N*>", 4096 + 4);
  physical.writeUInt32LE(1, 4096 + 20);
  physical.writeBigUInt64LE(4096n, 4096 + 24);
  physical.writeBigUInt64LE(1_044_480n, 4096 + 32);
  physical.writeBigUInt64LE(512n, 4096 + 40);
  physical.writeBigUInt64LE(BigInt(groupText.length), 4096 + 48);
  physical.write(groupText, 4096 + 512);
  return physical;
}

async function readPartitioned(image: Buffer, regions: readonly number[], script: Buffer): Promise<string> {
  const source = patchedSource(image, regions, script);
  const partitions = await readPartitions(source);
  for (const { offset, sizeBytes } of partitions) if (offset < 0 || sizeBytes <= 0 || offset + sizeBytes > source.sizeBytes) throw new RangeError(`a partition of ${String(sizeBytes)} bytes at ${String(offset)}`);
  return `${partitions.map(({ number }) => number).slice(0, 5).join(" ")} ${(await recogniseFileSystem(source))?.type ?? "nothing"}`;
}

/** Reads from both ends of every logical volume. */
async function readLogical(image: Buffer, regions: readonly number[], script: Buffer): Promise<string> {
  const volume = await readPhysicalVolume(patchedSource(image, regions, script));
  return volume === undefined ? "no volume" : `${volume.metadata === undefined ? "no text" : "a text"}: ${await readBothEnds(volume)}`;
}

async function readBothEnds(volume: PhysicalVolume): Promise<string> {
  const found: string[] = [];
  for (const { source, reason } of findLogicalVolumes([volume])) {
    found.push(reason ?? "readable");
    if (source === undefined) continue;
    await source.read(0, Math.min(4_096, source.sizeBytes));
    await source.read(Math.max(0, source.sizeBytes - 4_096), Math.min(4_096, source.sizeBytes));
  }
  return found.slice(0, 3).join(", ");
}

const regions = { ext: extRegions(), fat: [0, fatTable, fatRoot, fatRoot + 16_384], gpt: [446, 512, 1024], mbr: [446, 8 * 512 + 446, 40 * 512 + 446, 72 * 512 + 446], lvm: [512, 4096, 4096 + 512] };
const images = { gpt: gptImage(), mbr: mbrImage(), lvm: lvmImage() };

export const fileSystemTargets: readonly FuzzTarget[] = [
  {
    name: "ext",
    weight: 5,
    seeds: () => scripts(namedExtRegions),
    run: async (script) => {
      const source = patchedSource(ext, regions.ext, script);
      return await readAll(await ExtReader.open(source), source.readBytes);
    },
    maxMs: 8_000,
  },
  {
    // what tells whether it is sound
    name: "ext-check",
    seeds: () => scripts(3),
    run: async (script) => (await checkExt(patchedSource(ext, regions.ext, script), { signal: new AbortController().signal })).join(", ").replace(/\d+/g, "_"),
    maxMs: 8_000,
  },
  {
    name: "fat",
    weight: 2,
    seeds: () => scripts(regions.fat.length),
    run: async (script) => {
      const source = patchedSource(fat, regions.fat, script);
      return await readAll(await FatReader.open(source), source.readBytes);
    },
    maxMs: 8_000,
  },
  { name: "gpt", seeds: () => scripts(3), run: async (script) => await readPartitioned(images.gpt, regions.gpt, script) },
  { name: "mbr", seeds: () => scripts(4), run: async (script) => await readPartitioned(images.mbr, regions.mbr, script) },
  { name: "lvm", weight: 2, seeds: () => scripts(3), run: async (script) => await readLogical(images.lvm, regions.lvm, script) },
  {
    name: "lvm-text",
    seeds: () => [Buffer.from(groupText)],
    run: async (text) => {
      const metadata = parseMetadata(text.toString("utf8"));
      return metadata === undefined ? "no text" : await readBothEnds({ uuid: "a".repeat(32), metadata, source: patchedSource(images.lvm, regions.lvm, Buffer.alloc(0)) });
    },
    tokens: ["{", "}", "[", "]", "=", '"', '"\\', "segment1", "stripes = [", "start_extent = -1", "9007199254740993", "1e308", "__proto__ {", "constructor = 1", "#"],
  },
  {
    // a whole disk: its table, its partitions, and what each of them is
    name: "disk",
    seeds: () => scripts(4),
    run: async (script) => {
      const source = patchedSource(disk, [446, 512, 1_024, extStart + 1_024, disk.length - 512], script);
      const found = await findFileSystems(resolveEnvironment(), [{ volumeId: "vol-1", source }]);
      return found.map((fileSystem) => fileSystem.type).slice(0, 4).join(" ");
    },
  },
];
