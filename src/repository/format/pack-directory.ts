import { createHash } from "node:crypto";
import type { IntegrityError } from "../../errors/index.js";
import { ByteReader } from "./byte-reader.js";
import { ByteWriter } from "./byte-writer.js";
import { damagedPack } from "../store/damage-errors.js";
import { blockIdBytes } from "./frame-header.js";

/** Where one block lies in a data pack. */
export interface DirectoryEntry {
  readonly blockId: Buffer;
  readonly offset: number;
  /** Header, ciphertext and tag. */
  readonly length: number;
  readonly compression: number;
  readonly blockIndex: number;
}

export const directoryEntryBytes = 28;
export const packTrailerBytes = 32;
/** The most entries of a pack in any repository: each names its limit in `holdfast.json`, and the length of what is read from a pack's end follows. */
export const maxPackEntries = 16_384;

const trailerMagic = 0x4846504b; // "HFPK"

export function encodeDirectory(entries: readonly DirectoryEntry[]): Buffer {
  const writer = new ByteWriter(entries.length * directoryEntryBytes);
  for (const entry of entries) writer.bytes(entry.blockId).u32(entry.offset).u24(entry.length).u8(entry.compression).u32(entry.blockIndex);
  return writer.finish();
}

export function decodeDirectory(bytes: Buffer, expectedEntries: number): DirectoryEntry[] {
  const reader = new ByteReader(bytes, "directory of a pack");
  const entries: DirectoryEntry[] = [];
  for (let position = 0; position < expectedEntries; position++) {
    entries.push({ blockId: reader.bytes(blockIdBytes), offset: reader.u32(), length: reader.u24(), compression: reader.u8(), blockIndex: reader.u32() });
  }
  reader.end();
  return entries;
}

/** What the last 32 bytes of a pack say. */
export interface PackTrailer {
  readonly sealedLength: number;
  readonly entries: number;
  readonly check: Buffer;
}

export function encodeTrailer(sealedDirectory: Buffer, entries: number): Buffer {
  return new ByteWriter(packTrailerBytes).u32(sealedDirectory.length).u32(entries).bytes(directoryCheck(sealedDirectory)).u32(1).u32(trailerMagic).finish();
}

export function decodeTrailer(bytes: Buffer, pack: string): PackTrailer {
  const fail = (why: string): IntegrityError =>
    damagedPack(pack, why);
  if (bytes.length !== packTrailerBytes) throw fail("it is cut short");
  if (bytes.readUInt32BE(28) !== trailerMagic) throw fail("its magic number is wrong");
  if (bytes.readUInt32BE(24) !== 1) throw fail("its version is not 1");
  const entries = bytes.readUInt32BE(4);
  const sealedLength = bytes.readUInt32BE(0);
  if (entries > maxPackEntries || sealedLength > 2 ** 24) throw fail("its lengths are impossible");
  return { sealedLength, entries, check: bytes.subarray(8, 24) };
}

export function directoryCheck(sealedDirectory: Buffer): Buffer {
  return createHash("sha256").update(sealedDirectory).digest().subarray(0, 16);
}
