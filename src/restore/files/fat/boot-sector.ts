import type { ByteSource } from "../../bytes/byte-source.js";
import { damagedFileSystem } from "../file-errors.js";

/** The first sector: all that is read of it lies in its first 512 bytes, whatever a sector's size (Microsoft, "FAT: General Overview of On-Disk Format"). */
const bootBytes = 512;
/** Which of the three it is, the number of clusters alone decides. */
const fewestFat16Clusters = 4_085;
const fewestFat32Clusters = 65_525;
/** So many FAT32 can number: 28 bits, without the highest values, which are marks. */
const mostClusters = 0x0fff_fff5;
const folderEntryBytes = 32;

/** The facts of a FAT12, FAT16 or FAT32 file system. Places are bytes from its beginning. */
export interface BootSector {
  readonly bits: 12 | 16 | 32;
  readonly clusterBytes: number;
  /** Of data clusters; they are numbered from 2. */
  readonly clusterCount: number;
  /** Where the copy of the table that counts begins, and its length. */
  readonly tableStart: number;
  readonly tableBytes: number;
  readonly dataStart: number;
  /** FAT12 and FAT16: where the root folder lies, and its length. */
  readonly fixedRoot: { readonly start: number; readonly lengthBytes: number } | undefined;
  /** FAT32: the root folder's first cluster. */
  readonly rootCluster: number;
}

/** Reads the first sector; raises where it contradicts itself or the source is shorter than it says. */
export async function readBootSector(source: ByteSource): Promise<BootSector> {
  if (source.sizeBytes < bootBytes) throw damagedFileSystem("it is too small to be one");
  const bytes = await source.read(0, bootBytes);
  const sectorBytes = bytes.readUInt16LE(11);
  const sectorsPerCluster = bytes.readUInt8(13);
  const reservedSectors = bytes.readUInt16LE(14);
  const tables = bytes.readUInt8(16);
  const rootEntries = bytes.readUInt16LE(17);
  const sectors = bytes.readUInt16LE(19) === 0 ? bytes.readUInt32LE(32) : bytes.readUInt16LE(19);
  const isLarge = bytes.readUInt16LE(22) === 0;
  const tableSectors = isLarge ? bytes.readUInt32LE(36) : bytes.readUInt16LE(22);
  const isSound = [512, 1024, 2048, 4096].includes(sectorBytes) && isPowerOfTwo(sectorsPerCluster) && reservedSectors > 0 && tables > 0 && tableSectors > 0 && isLarge === (rootEntries === 0);
  if (!isSound) throw damagedFileSystem("its first sector contradicts itself");
  const rootBytes = Math.ceil((rootEntries * folderEntryBytes) / sectorBytes) * sectorBytes;
  const rootStart = (reservedSectors + tables * tableSectors) * sectorBytes;
  const dataStart = rootStart + rootBytes;
  const clusterBytes = sectorBytes * sectorsPerCluster;
  const clusterCount = Math.floor((sectors * sectorBytes - dataStart) / clusterBytes);
  const bits = isLarge ? 32 : clusterCount < fewestFat16Clusters ? 12 : 16;
  const tableBytes = tableSectors * sectorBytes;
  if (sectors * sectorBytes > source.sizeBytes) throw damagedFileSystem("it is cut short");
  const fits = clusterCount > 0 && clusterCount <= mostClusters && (bits === 32 || clusterCount < fewestFat32Clusters) && Math.ceil(((clusterCount + 2) * bits) / 8) <= tableBytes;
  if (!fits) throw damagedFileSystem("its table is too small for its clusters");
  return {
    bits,
    clusterBytes,
    clusterCount,
    tableStart: (reservedSectors + (isLarge ? activeTable(bytes, tables) : 0) * tableSectors) * sectorBytes,
    tableBytes,
    dataStart,
    fixedRoot: isLarge ? undefined : { start: rootStart, lengthBytes: rootEntries * folderEntryBytes },
    rootCluster: isLarge ? bytes.readUInt32LE(44) : 0,
  };
}

/** FAT32 may say that one of its tables counts, and the others are not kept. */
function activeTable(bytes: Buffer, tables: number): number {
  const flags = bytes.readUInt16LE(40);
  const active = (flags & 0x80) === 0 ? 0 : flags & 0xf;
  if (active >= tables) throw damagedFileSystem("the table that counts does not exist");
  return active;
}

function isPowerOfTwo(value: number): boolean {
  return value > 0 && (value & (value - 1)) === 0;
}
