import { ByteReader } from "./byte-reader.js";
import { ByteWriter } from "./byte-writer.js";
import { blockIdBytes } from "./frame-header.js";

/** Blocks of a leaf: 128 MiB of a volume. */
export const leafBlocks = 256;

/** Where a block's data lies. */
export interface BlockLocation {
  readonly blockId: Buffer;
  /** The pack's number in the stream's dictionary. */
  readonly ordinal: number;
  readonly offset: number;
  readonly length: number;
  readonly compression: number;
}

/** What a block map knows of a block: its place, that it was written with zeros, or nothing (never written: zeros too). */
export type LeafSlot = BlockLocation | "zero" | undefined;

/** 256 slots, by the block's place in the leaf. */
export type Leaf = readonly LeafSlot[];

const bitmapBytes = leafBlocks / 8;

export function emptyLeaf(): LeafSlot[] {
  return new Array<LeafSlot>(leafBlocks).fill(undefined);
}

export function isLocation(slot: LeafSlot): slot is BlockLocation {
  return typeof slot === "object";
}

/** The packs that a leaf reaches, each once, in order of first use. */
export function leafOrdinals(leaf: Leaf): number[] {
  return [...new Set(leaf.filter(isLocation).map((slot) => slot.ordinal))];
}

export function encodeLeaf(leaf: Leaf): Buffer {
  const present = Buffer.alloc(bitmapBytes);
  const zero = Buffer.alloc(bitmapBytes);
  const ordinals = leafOrdinals(leaf);
  const positions = new Map(ordinals.map((ordinal, position) => [ordinal, position]));
  const entries = new ByteWriter(leafBlocks * 26);
  let count = 0;
  leaf.forEach((slot, index) => {
    if (slot === undefined) return;
    setBit(slot === "zero" ? zero : present, index);
    if (slot === "zero") return;
    count++;
    entries.bytes(slot.blockId).u16(positions.get(slot.ordinal) ?? 0).u32(slot.offset).u24(slot.length).u8(slot.compression);
  });
  const writer = new ByteWriter(8 + 2 * bitmapBytes + ordinals.length * 4 + entries.length);
  writer.u8(1).u8(0).u16(count).u16(ordinals.length).u16(0).bytes(present).bytes(zero);
  for (const ordinal of ordinals) writer.u32(ordinal);
  return writer.bytes(entries.finish()).finish();
}

export function decodeLeaf(bytes: Buffer): Leaf {
  const reader = new ByteReader(bytes, "leaf of a block map");
  reader.expectVersion(1);
  reader.u8();
  const count = reader.u16();
  const tableLength = reader.u16();
  reader.u16();
  const present = reader.bytes(bitmapBytes);
  const zero = reader.bytes(bitmapBytes);
  const table = Array.from({ length: tableLength }, () => reader.u32());
  const leaf = emptyLeaf();
  let found = 0;
  for (let index = 0; index < leafBlocks; index++) {
    if (hasBit(zero, index)) leaf[index] = "zero";
    if (!hasBit(present, index)) continue;
    if (hasBit(zero, index)) throw reader.fail(`block ${String(index)} is both data and zeros`);
    const blockId = reader.bytes(blockIdBytes);
    const ordinal = table[reader.u16()];
    if (ordinal === undefined) throw reader.fail(`block ${String(index)} names a pack that is not in its table`);
    leaf[index] = { blockId, ordinal, offset: reader.u32(), length: reader.u24(), compression: reader.u8() };
    found++;
  }
  if (found !== count) throw reader.fail("its number of entries is wrong");
  reader.end();
  return leaf;
}

export function setBit(bitmap: Buffer, index: number): void {
  bitmap.writeUInt8(bitmap.readUInt8(index >> 3) | (1 << (index & 7)), index >> 3);
}

export function hasBit(bitmap: Buffer, index: number): boolean {
  return (bitmap.readUInt8(index >> 3) & (1 << (index & 7))) !== 0;
}
