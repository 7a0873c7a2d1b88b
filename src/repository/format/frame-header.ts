import { blockSizeBytes } from "../../ports/index.js";
import { IntegrityError } from "../../errors/index.js";
import { crc32 } from "./crc32.js";

export const frameHeaderBytes = 64;
export const frameTagBytes = 16;
export const blockIdBytes = 16;

/** How a block's bytes are stored. */
export const compressions = { none: 0, zstd: 1 } as const;

/** The plain part of a frame: one sealed block in a data pack. */
export interface FrameHeader {
  readonly compression: number;
  readonly keyEpoch: number;
  readonly storedLength: number;
  readonly blockId: Buffer;
  readonly nonce: Buffer;
}

const magic = 0x4846424b; // "HFBK"

/** Writes the 64 bytes of a frame's header. */
export function encodeFrameHeader(header: FrameHeader): Buffer {
  const bytes = Buffer.alloc(frameHeaderBytes);
  bytes.writeUInt32BE(magic, 0);
  bytes.writeUInt8(1, 4);
  bytes.writeUInt8(header.compression, 5);
  bytes.writeUInt16BE(header.keyEpoch, 6);
  bytes.writeUInt32BE(header.storedLength, 8);
  bytes.writeUInt32BE(blockSizeBytes, 12);
  header.blockId.copy(bytes, 16);
  header.nonce.copy(bytes, 32);
  bytes.writeUInt32BE(crc32(bytes.subarray(0, 60)), 60);
  return bytes;
}

/** Reads and checks a frame's header; raises `IntegrityError` on any byte that is not what version 1 writes. */
export function decodeFrameHeader(bytes: Buffer): FrameHeader {
  if (bytes.length < frameHeaderBytes) throw damaged("it is cut short");
  if (bytes.readUInt32BE(0) !== magic) throw damaged("its magic number is wrong");
  if (bytes.readUInt32BE(60) !== crc32(bytes.subarray(0, 60))) throw damaged("its checksum is wrong");
  if (bytes.readUInt8(4) !== 1) throw damaged(`its version is ${String(bytes.readUInt8(4))}, not 1`);
  const compression = bytes.readUInt8(5);
  const storedLength = bytes.readUInt32BE(8);
  if (compression !== compressions.none && compression !== compressions.zstd) throw damaged(`compression ${String(compression)} is not known`);
  if (bytes.readUInt32BE(12) !== blockSizeBytes) throw damaged("it is not of a block of 512 KiB");
  if (storedLength > blockSizeBytes) throw damaged("it is longer than a block");
  return { compression, keyEpoch: bytes.readUInt16BE(6), storedLength, blockId: bytes.subarray(16, 32), nonce: bytes.subarray(32, 44) };
}

function damaged(why: string): IntegrityError {
  return new IntegrityError(`The header of a block's frame is damaged: ${why}.`, { code: "DamagedFrame" });
}
