import type { ByteSource } from "../../bytes/byte-source.js";
import { uuidText } from "../ext/superblock.js";

/** A part of a disk. */
export interface Partition {
  /** As Linux counts them: `/dev/nvme1n1p<number>`. */
  readonly number: number;
  readonly offset: number;
  readonly sizeBytes: number;
  /** Its name, where the table has one. */
  readonly name?: string | undefined;
}

const sectorBytes = 512;
const gptSignature = "EFI PART";
const maxGptEntries = 1024;
const gptEntryBytes = { least: 128, most: 4096 } as const;
/** Types that hold further partitions. */
const extendedTypes: readonly number[] = [0x05, 0x0f, 0x85];
const protectiveType = 0xee;
/** More logical partitions than any disk has: an end where the chain leads in a circle. */
const maxLogical = 128;

/** The partitions of a disk with a GPT or MBR table; none where there is no table. A GPT whose first header is damaged is read from its copy at the end. */
export async function readPartitions(disk: ByteSource): Promise<Partition[]> {
  if (disk.sizeBytes < 2 * sectorBytes) return [];
  const first = await disk.read(0, sectorBytes);
  if (first.readUInt16LE(510) !== 0xaa55) return [];
  const primary = mbrEntries(first);
  if (primary.some(({ type }) => type === protectiveType)) {
    const last = Math.floor(disk.sizeBytes / sectorBytes) - 1;
    return (await readGpt(disk, 1)) ?? (await readGpt(disk, last)) ?? [];
  }
  const partitions: Partition[] = [];
  for (const [index, { type, start, count }] of primary.entries()) {
    if (type === 0 || count === 0 || !isWithin(disk, start, count)) continue;
    if (extendedTypes.includes(type)) partitions.push(...(await readLogical(disk, start)));
    else partitions.push({ number: index + 1, offset: start * sectorBytes, sizeBytes: count * sectorBytes });
  }
  return partitions.sort((a, b) => a.number - b.number);
}

interface MbrEntry {
  readonly type: number;
  readonly start: number;
  readonly count: number;
}

function mbrEntries(sector: Buffer): MbrEntry[] {
  return [0, 1, 2, 3].map((index) => {
    const at = 446 + index * 16;
    return { type: sector.readUInt8(at + 4), start: sector.readUInt32LE(at + 8), count: sector.readUInt32LE(at + 12) };
  });
}

/** Logical partitions are a chain of tables: each names one, relative to itself, and the next table, relative to the first. */
async function readLogical(disk: ByteSource, extendedStart: number): Promise<Partition[]> {
  const partitions: Partition[] = [];
  let table = extendedStart;
  for (let number = 5; number < 5 + maxLogical; number++) {
    if (!isWithin(disk, table, 1)) break;
    const sector = await disk.read(table * sectorBytes, sectorBytes);
    if (sector.readUInt16LE(510) !== 0xaa55) break;
    const [logical, next] = mbrEntries(sector);
    if (logical !== undefined && logical.type !== 0 && isWithin(disk, table + logical.start, logical.count)) partitions.push({ number, offset: (table + logical.start) * sectorBytes, sizeBytes: logical.count * sectorBytes });
    if (next === undefined || !extendedTypes.includes(next.type) || next.start === 0) break;
    table = extendedStart + next.start;
  }
  return partitions;
}

async function readGpt(disk: ByteSource, headerSector: number): Promise<Partition[] | undefined> {
  const header = await disk.read(headerSector * sectorBytes, sectorBytes);
  if (header.toString("latin1", 0, 8) !== gptSignature) return undefined;
  const start = Number(header.readBigUInt64LE(72));
  const [count, entryBytes] = [header.readUInt32LE(80), header.readUInt32LE(84)];
  const isSound = count <= maxGptEntries && entryBytes >= gptEntryBytes.least && entryBytes <= gptEntryBytes.most && start * sectorBytes + count * entryBytes <= disk.sizeBytes;
  if (!isSound) return undefined;
  const table = await disk.read(start * sectorBytes, count * entryBytes);
  const partitions: Partition[] = [];
  for (let index = 0; index < count; index++) {
    const entry = table.subarray(index * entryBytes, (index + 1) * entryBytes);
    if (/^0+$/.test(uuidText(entry.subarray(0, 16)).replaceAll("-", ""))) continue;
    const [first, last] = [Number(entry.readBigUInt64LE(32)), Number(entry.readBigUInt64LE(40))];
    if (last < first || !isWithin(disk, first, last - first + 1)) continue;
    const name = entry.toString("utf16le", 56, 128).replace(/\0.*$/s, "");
    partitions.push({ number: index + 1, offset: first * sectorBytes, sizeBytes: (last - first + 1) * sectorBytes, ...(name !== "" && { name }) });
  }
  return partitions;
}

function isWithin({ sizeBytes }: ByteSource, start: number, count: number): boolean {
  return count > 0 && (start + count) * sectorBytes <= sizeBytes;
}
