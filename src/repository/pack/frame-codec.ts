import { createCipheriv, createDecipheriv, createHash, randomBytes } from "node:crypto";
import { blockSizeBytes } from "../../ports/index.js";
import { IntegrityError } from "../../errors/index.js";
import { compressions, decodeFrameHeader, encodeFrameHeader, frameHeaderBytes, frameTagBytes, type FrameHeader } from "../format/frame-header.js";
import { blockIdOf, type KeyRing } from "../keys/key-ring.js";
import { nonceBytes } from "../keys/sealed-box.js";
import { blockCompression, compressIfWorth, defaultLevel } from "./compression.js";

/** A block as a data pack stores it. */
export interface SealedFrame {
  readonly blockId: Buffer;
  readonly compression: number;
  /** Header, ciphertext and tag, in order. */
  readonly parts: readonly Buffer[];
  readonly length: number;
}

/** The data key's epoch; rotation begins with a second one. */
const keyEpoch = 0;

/** What a block is sealed with; small, so that it can be told to another thread. */
export interface FrameSeal {
  readonly repositoryId: Buffer;
  readonly blockId: Buffer;
  /** The block's own key. */
  readonly key: Buffer;
  /** Of zstd. */
  readonly level: number;
}

/** What a block of a repository is sealed with. */
export function frameSeal(keys: KeyRing, blockId: Buffer, level: number): FrameSeal {
  return { repositoryId: keys.repositoryId, blockId, key: keys.blockKey(keyEpoch, blockId), level };
}

/** Compresses and seals a block, then opens the result and compares: a machine with bad memory stores nothing wrong. */
export function sealFrame(keys: KeyRing, blockId: Buffer, block: Buffer): SealedFrame {
  return sealBlock(frameSeal(keys, blockId, defaultLevel), block);
}

/** The same with what it takes alone. */
export function sealBlock({ repositoryId, blockId, key, level }: FrameSeal, block: Buffer): SealedFrame {
  const compressed = compressIfWorth(block, level);
  const payload = compressed ?? block;
  const compression = compressed === undefined ? compressions.none : compressions.zstd;
  const nonce = randomBytes(nonceBytes);
  const header = encodeFrameHeader({ compression, keyEpoch, storedLength: payload.length, blockId, nonce });
  const cipher = createCipheriv("aes-256-gcm", key, nonce);
  cipher.setAAD(Buffer.concat([repositoryId, header]));
  const ciphertext = cipher.update(payload);
  cipher.final();
  const tag = cipher.getAuthTag();
  const opened = openPayload({ repositoryId, key, header, compression, nonce }, ciphertext, tag);
  if (!opened.equals(block)) {
    throw new IntegrityError("A block did not survive being compressed and sealed: this machine's memory or processor is faulty. Nothing was stored.", { code: "SelfCheckFailed" });
  }
  return { blockId, compression, parts: [header, ciphertext, tag], length: frameHeaderBytes + ciphertext.length + frameTagBytes };
}

/** What a reader knows of a frame before it reads it. */
export interface ExpectedFrame {
  readonly blockId: Buffer;
  readonly length: number;
  readonly compression: number;
}

/** A block that was opened, with the SHA-256 that proves it is the block asked for. */
export interface OpenedBlock {
  readonly data: Buffer;
  readonly sha256: Buffer;
  /** Gives the memory of `data` back to whoever opened it, as `BlockData.release` does. */
  readonly release?: (() => void) | undefined;
}

/** What a frame is opened with; small, so that it can be told to another thread. */
export interface FrameOpening {
  readonly repositoryId: Buffer;
  readonly expected: ExpectedFrame;
  /** The block's own key. */
  readonly key: Buffer;
  /** The key of block ids, by which the content is proven. */
  readonly idKey: Buffer;
}

/** What a frame of a repository is opened with; raises `IntegrityError` where it is another frame than expected. */
export function frameOpening(keys: KeyRing, frame: Buffer, expected: ExpectedFrame): FrameOpening {
  const { keyEpoch } = expectedHeader(frame, expected);
  return { repositoryId: keys.repositoryId, expected, key: keys.blockKey(keyEpoch, expected.blockId), idKey: keys.blockIdKey };
}

/** Opens a frame; raises `IntegrityError` unless it is whole, authentic and the very block expected. */
export function openFrame(keys: KeyRing, frame: Buffer, expected: ExpectedFrame): OpenedBlock {
  return openBlock(frameOpening(keys, frame, expected), frame);
}

/** The same with what it takes alone. */
export function openBlock({ repositoryId, expected, key, idKey }: FrameOpening, frame: Buffer): OpenedBlock {
  const { compression, nonce, storedLength } = expectedHeader(frame, expected);
  const end = frameHeaderBytes + storedLength;
  const data = openPayload({ repositoryId, key, header: frame.subarray(0, frameHeaderBytes), compression, nonce }, frame.subarray(frameHeaderBytes, end), frame.subarray(end));
  const sha256 = createHash("sha256").update(data).digest();
  if (!blockIdOf(idKey, sha256).equals(expected.blockId)) throw new IntegrityError("A block's content is not what its id says.", { code: "DamagedFrame" });
  return { data, sha256 };
}

function expectedHeader(frame: Buffer, expected: ExpectedFrame): FrameHeader {
  if (frame.length !== expected.length) throw new IntegrityError("A block's frame is cut short.", { code: "DamagedFrame" });
  const header = decodeFrameHeader(frame);
  // The header is in the open: a wrong epoch in it is damage, and must not be taken for a key that the reader lacks.
  if (header.keyEpoch !== keyEpoch) throw new IntegrityError(`A block's frame is damaged: there is no key epoch ${String(header.keyEpoch)}.`, { code: "DamagedFrame" });
  if (!header.blockId.equals(expected.blockId) || header.compression !== expected.compression || frameHeaderBytes + header.storedLength + frameTagBytes !== frame.length) {
    throw new IntegrityError("A block's frame is another than the block map names.", { code: "DamagedFrame" });
  }
  return header;
}

interface FrameKey {
  readonly repositoryId: Buffer;
  readonly key: Buffer;
  readonly header: Buffer;
  readonly compression: number;
  readonly nonce: Buffer;
}

function openPayload(frame: FrameKey, ciphertext: Buffer, tag: Buffer): Buffer {
  const decipher = createDecipheriv("aes-256-gcm", frame.key, frame.nonce, { authTagLength: frameTagBytes });
  decipher.setAAD(Buffer.concat([frame.repositoryId, frame.header]));
  decipher.setAuthTag(tag);
  const payload = decipher.update(ciphertext);
  try {
    decipher.final();
  } catch (cause) {
    throw new IntegrityError("A block's frame is damaged or forged: its authentication tag does not fit.", { code: "DamagedFrame", cause });
  }
  const data = frame.compression === compressions.zstd ? blockCompression.decompress(payload) : payload;
  if (data.length !== blockSizeBytes) throw new IntegrityError(`A block has ${String(data.length)} bytes, not ${String(blockSizeBytes)}.`, { code: "DamagedFrame" });
  return data;
}
