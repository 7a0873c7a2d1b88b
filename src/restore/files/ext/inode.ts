import { damagedFileSystem } from "../file-errors.js";
import type { FileKind } from "../file-entry.js";

export const inodeFlags = { encrypted: 0x800, extents: 0x80000, inlineData: 0x10000000 } as const;

/** An inode, with what of it lies in the table. */
export interface Inode {
  readonly number: number;
  readonly kind: FileKind;
  readonly mode: number;
  readonly userId: number;
  readonly groupId: number;
  readonly sizeBytes: number;
  readonly linkCount: number;
  readonly flags: number;
  readonly accessedAt: Date;
  readonly modifiedAt: Date;
  readonly modifiedNanoseconds: number;
  readonly createdAt: Date | undefined;
  /** The 60 bytes that hold the block map, a short link's target, a device's number, or inline data. */
  readonly block: Buffer;
  /** The block with further extended attributes; 0: there is none. */
  readonly attributeBlock: number;
  /** The inode as it lies in the table: what is behind the fixed fields are attributes. */
  readonly bytes: Buffer;
}

const kinds: Readonly<Record<number, FileKind>> = { 0x1: "pipe", 0x2: "character device", 0x4: "folder", 0x6: "block device", 0x8: "file", 0xa: "link", 0xc: "socket" };

export function decodeInode(number: number, bytes: Buffer): Inode {
  const mode = bytes.readUInt16LE(0);
  const kind = kinds[mode >> 12];
  if (kind === undefined) throw damagedFileSystem(`inode ${String(number)} is of no known kind`);
  const modified = time(bytes, 0x10, 0x88);
  return {
    number,
    kind,
    mode: mode & 0o7777,
    userId: bytes.readUInt16LE(2) + bytes.readUInt16LE(0x78) * 65_536,
    groupId: bytes.readUInt16LE(0x18) + bytes.readUInt16LE(0x7a) * 65_536,
    sizeBytes: bytes.readUInt32LE(4) + bytes.readUInt32LE(0x6c) * 2 ** 32,
    linkCount: bytes.readUInt16LE(0x1a),
    flags: bytes.readUInt32LE(0x20),
    accessedAt: time(bytes, 8, 0x8c).at,
    modifiedAt: modified.at,
    modifiedNanoseconds: modified.nanoseconds,
    createdAt: hasExtra(bytes, 0x90 + 8) ? time(bytes, 0x90, 0x94).at : undefined,
    block: bytes.subarray(0x28, 0x64),
    attributeBlock: bytes.readUInt32LE(0x68) + bytes.readUInt16LE(0x76) * 2 ** 32,
    bytes,
  };
}

/** A device's number: the old form of 16 bits, or the new one of 32. */
export function deviceOf({ block }: Inode): { readonly major: number; readonly minor: number } {
  const old = block.readUInt32LE(0);
  if (old !== 0) return { major: (old >> 8) & 0xff, minor: old & 0xff };
  const fresh = block.readUInt32LE(4);
  return { major: (fresh & 0xfff00) >> 8, minor: (fresh & 0xff) | ((fresh >>> 12) & 0xfff00) };
}

function hasExtra(bytes: Buffer, end: number): boolean {
  return bytes.length > 128 && 128 + bytes.readUInt16LE(0x80) >= end;
}

/** Seconds since 1970, signed, with two more bits and the nanoseconds in the extra field where there is one. */
function time(bytes: Buffer, at: number, extraAt: number): { readonly at: Date; readonly nanoseconds: number } {
  const extra = hasExtra(bytes, extraAt + 4) ? bytes.readUInt32LE(extraAt) : 0;
  const seconds = bytes.readInt32LE(at) + (extra & 3) * 2 ** 32;
  const nanoseconds = extra >>> 2;
  return { at: new Date(seconds * 1000 + Math.floor(nanoseconds / 1e6)), nanoseconds };
}
