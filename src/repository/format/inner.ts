import { ByteReader } from "./byte-reader.js";
import { ByteWriter } from "./byte-writer.js";
import { hasBit, setBit } from "./leaf.js";
import { pointerBytes, readPointer, writePointer, type PagePointer } from "./page.js";

/** Leaves of an inner page: 32 GiB of a volume. */
export const innerLeaves = 256;
const bitmapBytes = innerLeaves / 8;

/** The middle layer of a block map: where its leaves are, and how many of them reach each pack. */
export interface Inner {
  /** By the leaf's place in this page; `undefined` where the leaf holds nothing. */
  readonly leaves: readonly (PagePointer | undefined)[];
  /** Pack ordinal -> number of this page's leaves that reach it or lie in it. */
  readonly packs: ReadonlyMap<number, number>;
}

export const emptyInner: Inner = { leaves: new Array<undefined>(innerLeaves).fill(undefined), packs: new Map() };

export function encodeInner(inner: Inner): Buffer {
  const bitmap = Buffer.alloc(bitmapBytes);
  let count = 0;
  inner.leaves.forEach((pointer, index) => {
    if (pointer === undefined) return;
    setBit(bitmap, index);
    count++;
  });
  const writer = new ByteWriter(8 + bitmapBytes + count * pointerBytes + inner.packs.size * 6);
  writer.u8(1).u8(0).u16(count).u32(inner.packs.size).bytes(bitmap);
  for (const pointer of inner.leaves) if (pointer !== undefined) writePointer(writer, pointer);
  writeCounts(writer, inner.packs);
  return writer.finish();
}

export function decodeInner(bytes: Buffer): Inner {
  const reader = new ByteReader(bytes, "inner page of a block map");
  reader.expectVersion(1);
  reader.u8();
  const count = reader.u16();
  const packCount = reader.u32();
  const bitmap = reader.bytes(bitmapBytes);
  const leaves = Array.from({ length: innerLeaves }, (_, index) => (hasBit(bitmap, index) ? readPointer(reader) : undefined));
  if (leaves.filter((pointer) => pointer !== undefined).length !== count) throw reader.fail("its number of leaves is wrong");
  const packs = readCounts(reader, packCount);
  reader.end();
  return { leaves, packs };
}

/** Writes `ordinal, count` pairs in ascending order of the ordinal. */
export function writeCounts(writer: ByteWriter, counts: ReadonlyMap<number, number>): void {
  for (const [ordinal, count] of [...counts].sort(([a], [b]) => a - b)) writer.u32(ordinal).u16(count);
}

export function readCounts(reader: ByteReader, length: number): Map<number, number> {
  const counts = new Map<number, number>();
  let previous = -1;
  for (let position = 0; position < length; position++) {
    const ordinal = reader.u32();
    if (ordinal <= previous) throw reader.fail("its packs are not in ascending order");
    counts.set(ordinal, reader.u16());
    previous = ordinal;
  }
  return counts;
}
