import type { ByteSource } from "../../bytes/byte-source.js";
import { damagedFileSystem, unreadableFileSystem } from "../file-errors.js";

/** Where the superblock lies, and its length (kernel documentation, "ext4 Data Structures and Algorithms"). */
export const superblockOffset = 1024;
const superblockBytes = 1024;
const magic = 0xef53;

const incompatible = { recover: 0x4, journalDevice: 0x8, metaGroups: 0x10, bits64: 0x80 } as const;
/** File types, recovery, meta groups, extents, 64 bits, multi-mount protection, flexible groups, attributes in inodes, checksum seeds, large folders, inline data, encryption (of names and contents, told where it is met), case folding. */
const knownIncompatible = 0x2 | 0x4 | 0x10 | 0x40 | 0x80 | 0x100 | 0x200 | 0x400 | 0x2000 | 0x4000 | 0x8000 | 0x10000 | 0x20000;
const compatibleSparseSuper2 = 0x200;
/** mke2fs makes no smaller groups; smaller ones would make a table of groups as long as the file system. */
const minBlocksPerGroup = 256;
const readOnlySparseSuper = 0x1;

/** The facts of an ext2, ext3 or ext4 file system. */
export interface Superblock {
  readonly blockBytes: number;
  readonly blockCount: number;
  readonly firstDataBlock: number;
  readonly blocksPerGroup: number;
  readonly inodesPerGroup: number;
  readonly inodeCount: number;
  readonly inodeBytes: number;
  readonly descriptorBytes: number;
  readonly uuid: string;
  readonly label: string;
  /** Whether the journal holds what is not in its place yet: so it is of every volume that was in use when its snapshot was taken. */
  readonly needsRecovery: boolean;
  readonly journalInode: number;
  readonly hasExternalJournal: boolean;
  /** The first group whose descriptors lie with their own groups; above all groups where there is none. */
  readonly firstMetaGroup: number;
  /** Whether a group has a copy of the superblock before its descriptors. */
  readonly hasSuperblockCopy: (group: number) => boolean;
}

/** Reads the superblock; raises where it is none, or of a file system that only newer programs can read. */
export async function readSuperblock(source: ByteSource): Promise<Superblock> {
  if (source.sizeBytes < superblockOffset + superblockBytes) throw damagedFileSystem("it is too small to be one");
  const bytes = await source.read(superblockOffset, superblockBytes);
  if (bytes.readUInt16LE(0x38) !== magic) throw damagedFileSystem("its superblock is gone");
  const features = bytes.readUInt32LE(0x60);
  const unknown = features & ~knownIncompatible;
  if (unknown !== 0) throw unreadableFileSystem("ext4", `it uses features (${unknown.toString(16)}) that this version does not know. Restore the volume and mount it.`);
  const logBlock = bytes.readUInt32LE(0x18);
  if (logBlock > 6) throw damagedFileSystem("its block size is impossible");
  const blockBytes = 1024 << logBlock;
  const revision = bytes.readUInt32LE(0x4c);
  const inodeBytes = revision === 0 ? 128 : bytes.readUInt16LE(0x58);
  const is64 = (features & incompatible.bits64) !== 0;
  const descriptorBytes = is64 ? bytes.readUInt16LE(0xfe) : 32;
  const superblock: Superblock = {
    blockBytes,
    blockCount: bytes.readUInt32LE(4) + (is64 ? bytes.readUInt32LE(0x150) * 2 ** 32 : 0),
    firstDataBlock: bytes.readUInt32LE(0x14),
    blocksPerGroup: bytes.readUInt32LE(0x20),
    inodesPerGroup: bytes.readUInt32LE(0x28),
    inodeCount: bytes.readUInt32LE(0),
    inodeBytes,
    descriptorBytes,
    uuid: uuidText(bytes.subarray(0x68, 0x78)),
    label: bytes.subarray(0x78, 0x88).toString("utf8").replace(/\0.*$/s, ""),
    needsRecovery: (features & incompatible.recover) !== 0,
    journalInode: bytes.readUInt32LE(0xe0),
    hasExternalJournal: bytes.readUInt32LE(0xe4) !== 0 || (features & incompatible.journalDevice) !== 0,
    firstMetaGroup: (features & incompatible.metaGroups) === 0 ? Infinity : bytes.readUInt32LE(0x104) * Math.floor(blockBytes / descriptorBytes),
    hasSuperblockCopy: superblockCopies(bytes),
  };
  const isSound =
    inodeBytes >= 128 && inodeBytes <= blockBytes && (inodeBytes & (inodeBytes - 1)) === 0 && descriptorBytes >= 32 && descriptorBytes <= 1024 && superblock.blocksPerGroup >= minBlocksPerGroup && superblock.inodesPerGroup > 0 && superblock.firstDataBlock <= 1;
  if (superblock.blockCount * blockBytes > source.sizeBytes) throw damagedFileSystem("it is cut short");
  if (!isSound) throw damagedFileSystem("its superblock contradicts itself");
  return superblock;
}

export function uuidText(bytes: Buffer): string {
  return bytes.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

function superblockCopies(bytes: Buffer): (group: number) => boolean {
  if ((bytes.readUInt32LE(0x5c) & compatibleSparseSuper2) !== 0) {
    const backups = [bytes.readUInt32LE(0x24c), bytes.readUInt32LE(0x250)];
    return (group) => group === 0 || backups.includes(group);
  }
  if ((bytes.readUInt32LE(0x64) & readOnlySparseSuper) === 0) return () => true;
  return (group) => group <= 1 || [3, 5, 7].some((base) => isPower(group, base));
}

function isPower(value: number, base: number): boolean {
  let power = base;
  while (power < value) power *= base;
  return power === value;
}
