import { createRequire } from "node:module";
import * as zlib from "node:zlib";
import { blockSizeBytes } from "../../ports/index.js";
import { IntegrityError } from "../../errors/index.js";

/** zstd, from Node itself where it has it (22.15 and later), else from a prebuilt binding. Both write standard zstd frames. */
export interface BlockCompression {
  readonly compress: (block: Buffer, level: number) => Buffer;
  /** The raw bytes; `IntegrityError` where it is no zstd frame or is far larger than a block. */
  readonly decompress: (compressed: Buffer) => Buffer;
}

/** The level where nothing says another: the best trade of size and time for most data. */
export const defaultLevel = 1;
/** Whether a block is worth compressing is told by its quickest level: it is not by how much, but whether at all. */
const sampleLevel = -5;
/** What a frame takes at most beyond its data, and what Node is told to expect, so that it compresses in one step. */
const frameOverheadBytes = 4096;

/** A zstd block yields at most 128 KiB (RFC 8878, 3.1.1.2.3), also one that says it repeats a byte more often. */
const maxZstdBlockBytes = 128 * 1024;
/** What a decoder may be told to hold (RFC 8878, 3.1.1.1.2, recommends to take 8 MiB): no frame of a block needs more. */
const maxWindowBytes = 8 * 2 ** 20;

/**
 * A zstd block yields at most 128 KiB, and encoders split mixed data into smaller ones, of 4 KiB at the least: so many
 * blocks bound what a hostile frame can make a reader allocate to 16 MiB, before the length is compared.
 */
const maxZstdBlocks = blockSizeBytes / 4096;

/** What a compressed block must save at least to be worth opening later. */
const minSavingFraction = 1 / 16;

/** Pieces of a block that tell whether the rest is worth compressing: encrypted, packed and media data is not, and is most of the work. */
const sampledPieces = 8;
const sampledPieceBytes = 4096;
/** Of each piece, as many bytes tell how often each value comes. */
const countedPieceBytes = 1024;

/** Where the sampled bytes alone, whatever their order, take fewer bits each than this, the block is worth compressing without a trial: zstd's entropy coder reaches that by itself. */
const plainlyCompressibleBits = 7;

/** The block compressed, or nothing where that saves too little. */
export function compressIfWorth(block: Buffer, level: number): Buffer | undefined {
  if (entropyOf(block) >= plainlyCompressibleBits && smaller(sampleOf(block), sampleLevel) === undefined) return undefined;
  return smaller(block, level);
}

function sampleOf(block: Buffer): Buffer {
  const step = block.length / sampledPieces;
  return Buffer.concat(Array.from({ length: sampledPieces }, (_, piece) => block.subarray(piece * step, piece * step + sampledPieceBytes)));
}

const frequencies = new Uint32Array(256);

/** Shannon's entropy of some bytes of each piece, in bits a byte: a tenth of what the trial costs. */
function entropyOf(block: Buffer): number {
  frequencies.fill(0);
  const step = block.length / sampledPieces;
  for (let piece = 0; piece < sampledPieces; piece++) {
    for (let at = piece * step; at < piece * step + countedPieceBytes; at++) {
      const byte = block[at] ?? 0;
      frequencies[byte] = (frequencies[byte] ?? 0) + 1;
    }
  }
  const total = sampledPieces * countedPieceBytes;
  return frequencies.reduce((bits, count) => (count === 0 ? bits : bits - (count / total) * Math.log2(count / total)), 0);
}

function smaller(data: Buffer, level: number): Buffer | undefined {
  const compressed = blockCompression.compress(data, level);
  return compressed.length <= data.length * (1 - minSavingFraction) ? compressed : undefined;
}

export const blockCompression: BlockCompression = create();

function create(): BlockCompression {
  const codec = "zstdCompressSync" in zlib ? nativeCodec(zlib as unknown as NativeZstd) : bindingCodec();
  return {
    compress: codec.compress,
    decompress: (compressed) => {
      boundOutput(compressed);
      try {
        return codec.decompress(compressed);
      } catch (cause) {
        throw notAFrame("it does not decompress", cause);
      }
    },
  };
}

interface NativeZstd {
  readonly constants: { readonly ZSTD_c_compressionLevel: number; readonly ZSTD_c_minMatch: number };
  zstdCompressSync(data: Buffer, options: { chunkSize: number; params: Record<number, number> }): Buffer;
  zstdDecompressSync(data: Buffer, options: { chunkSize: number; maxOutputLength: number }): Buffer;
}

function nativeCodec(native: NativeZstd): BlockCompression {
  // one piece of memory of the right size in place of many small ones that are put together
  const chunkSize = blockSizeBytes + frameOverheadBytes;
  const { ZSTD_c_compressionLevel: compressionLevel, ZSTD_c_minMatch: minMatch } = native.constants;
  // a level's default is 7 bytes for the quickest search; of 6, files of a Linux system take 2.5 % less in the same time
  const params = (level: number): Record<number, number> => ({ [compressionLevel]: level, ...(level === defaultLevel && { [minMatch]: 6 }) });
  return {
    compress: (block, level) => native.zstdCompressSync(block, { chunkSize, params: params(level) }),
    decompress: (compressed) => native.zstdDecompressSync(compressed, { chunkSize, maxOutputLength: blockSizeBytes }),
  };
}

interface ZstdBinding {
  readonly Encoder: new (level: number) => { encodeSync(data: Buffer): Buffer };
  readonly Decoder: new () => { decodeSync(data: Buffer): Buffer };
}

function bindingCodec(): BlockCompression {
  const { Encoder, Decoder } = createRequire(import.meta.url)("@toondepauw/node-zstd") as ZstdBinding;
  const encoders = new Map<number, InstanceType<ZstdBinding["Encoder"]>>();
  const encoderOf = (level: number): InstanceType<ZstdBinding["Encoder"]> => {
    let encoder = encoders.get(level);
    if (encoder === undefined) encoders.set(level, (encoder = new Encoder(level)));
    return encoder;
  };
  const decoder = new Decoder();
  return { compress: (block, level) => encoderOf(level).encodeSync(block), decompress: (compressed) => decoder.decodeSync(compressed) };
}

/** Walks the zstd frame's block headers (RFC 8878, 3.1.1): so a frame cannot grow beyond a block, whatever decodes it. */
function boundOutput(frame: Buffer): void {
  if (frame.length < 6 || frame.readUInt32LE(0) !== 0xfd2fb528) throw notAFrame("its magic number is wrong");
  const descriptor = frame.readUInt8(4);
  const singleSegment = (descriptor & 0x20) !== 0;
  const dictionaryIdBytes = [0, 1, 2, 4][descriptor & 3] ?? 0;
  const contentSizeBytes = [singleSegment ? 1 : 0, 2, 4, 8][descriptor >> 6] ?? 0;
  let offset = 5 + (singleSegment ? 0 : 1) + dictionaryIdBytes + contentSizeBytes;
  if (offset > frame.length) throw notAFrame("it is cut short");
  if (!singleSegment && windowBytes(frame.readUInt8(5)) > maxWindowBytes) throw notAFrame("it asks for more memory than a block needs");
  if (contentSizeBytes > 0 && contentBytes(frame, offset - contentSizeBytes, contentSizeBytes) > blockSizeBytes) throw notAFrame("it holds more than a block");
  for (let blocks = 1; ; blocks++) {
    if (blocks > maxZstdBlocks) throw notAFrame("it holds far more than a block");
    if (offset + 3 > frame.length) throw notAFrame("it is cut short");
    const header = frame.readUIntLE(offset, 3);
    const isRunLength = ((header >> 1) & 3) === 1;
    if (header >> 3 > maxZstdBlockBytes) throw notAFrame("a part of it is longer than any can be");
    offset += 3 + (isRunLength ? 1 : header >> 3);
    if ((header & 1) === 1) break;
  }
  const checksumBytes = (descriptor & 4) === 0 ? 0 : 4;
  if (offset + checksumBytes !== frame.length) throw notAFrame("it is not exactly one frame");
}

/** The window's size, as one byte says it (RFC 8878, 3.1.1.1.2). */
function windowBytes(descriptor: number): number {
  const base = 2 ** (10 + (descriptor >> 3));
  return base + (base / 8) * (descriptor & 7);
}

/** The content's size, as the frame says it (RFC 8878, 3.1.1.1.4). */
function contentBytes(frame: Buffer, at: number, bytes: number): number {
  if (bytes === 8) return Number(frame.readBigUInt64LE(at));
  return bytes === 2 ? frame.readUInt16LE(at) + 256 : frame.readUIntLE(at, bytes);
}

function notAFrame(why: string, cause?: unknown): IntegrityError {
  return new IntegrityError(`A compressed block is damaged: ${why}.`, { code: "DamagedFrame", cause });
}
