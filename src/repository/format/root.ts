import { ByteReader } from "./byte-reader.js";
import { ByteWriter } from "./byte-writer.js";
import { readCounts, writeCounts } from "./inner.js";
import { readPointer, writePointer, type PagePointer } from "./page.js";

/** The top of a block map: everything that a point reaches, from here. */
export interface Root {
  /** The first ordinal of the stream's dictionary that was never given. */
  readonly nextOrdinal: number;
  readonly volumeSizeBytes: number;
  readonly presentBlocks: number;
  readonly zeroBlocks: number;
  /** By the inner page's number: block index / 65,536. */
  readonly inners: ReadonlyMap<number, PagePointer>;
  /** By the dictionary page's number: ordinal / 256. */
  readonly dictionary: ReadonlyMap<number, PagePointer>;
  /** Pack ordinal -> number of inner pages that reach it or lie in it. */
  readonly packs: ReadonlyMap<number, number>;
}

export function encodeRoot(root: Root): Buffer {
  const writer = new ByteWriter(48 + root.inners.size * 32 + root.dictionary.size * 32 + root.packs.size * 6);
  writer.u8(1).u8(0).u16(0).u32(root.nextOrdinal).u64(root.volumeSizeBytes).u64(root.presentBlocks).u64(root.zeroBlocks);
  writer.u32(root.inners.size).u32(root.dictionary.size).u32(root.packs.size);
  for (const [number, pointer] of ascending(root.inners)) writePointer(writer.u16(number).u16(0), pointer);
  for (const [number, pointer] of ascending(root.dictionary)) writePointer(writer.u32(number), pointer);
  writeCounts(writer, root.packs);
  return writer.finish();
}

export function decodeRoot(bytes: Buffer): Root {
  const reader = new ByteReader(bytes, "root of a block map");
  reader.expectVersion(1);
  reader.u8();
  reader.u16();
  const nextOrdinal = reader.u32();
  const volumeSizeBytes = reader.u64();
  const presentBlocks = reader.u64();
  const zeroBlocks = reader.u64();
  const innerCount = reader.u32();
  const dictionaryCount = reader.u32();
  const packCount = reader.u32();
  const inners = new Map<number, PagePointer>();
  for (let position = 0; position < innerCount; position++) {
    const number = reader.u16();
    reader.u16();
    inners.set(number, readPointer(reader));
  }
  const dictionary = new Map<number, PagePointer>();
  for (let position = 0; position < dictionaryCount; position++) dictionary.set(reader.u32(), readPointer(reader));
  const packs = readCounts(reader, packCount);
  reader.end();
  return { nextOrdinal, volumeSizeBytes, presentBlocks, zeroBlocks, inners, dictionary, packs };
}

function ascending<T>(map: ReadonlyMap<number, T>): [number, T][] {
  return [...map].sort(([a], [b]) => a - b);
}
