import { createCipheriv, createDecipheriv, createHash, randomBytes } from "node:crypto";
import { blockSizeBytes } from "../../ports/index.js";
import { IntegrityError } from "../../errors/index.js";
import { compressions, decodeFrameHeader, encodeFrameHeader, frameHeaderBytes, frameTagBytes } from "../format/frame-header.js";
import type { KeyRing } from "../keys/key-ring.js";
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
}

/** Opens a frame; raises `IntegrityError` unless it is whole, authentic and the very block expected. */
export function openFrame(keys: KeyRing, frame: Buffer, expected: ExpectedFrame): OpenedBlock {
  if (frame.length !== expected.length) throw new IntegrityError("A block's frame is cut short.", { code: "DamagedFrame" });
  const header = decodeFrameHeader(frame);
  if (!header.blockId.equals(expected.blockId) || header.compression !== expected.compression || frameHeaderBytes + header.storedLength + frameTagBytes !== frame.length) {
    throw new IntegrityError("A block's frame is another than the block map names.", { code: "DamagedFrame" });
  }
  const end = frameHeaderBytes + header.storedLength;
  const data = openPayload(
    { repositoryId: keys.repositoryId, key: keys.blockKey(header.keyEpoch, header.blockId), header: frame.subarray(0, frameHeaderBytes), compression: header.compression, nonce: header.nonce },
    frame.subarray(frameHeaderBytes, end),
    frame.subarray(end),
  );
  const sha256 = createHash("sha256").update(data).digest();
  if (!keys.blockId(sha256).equals(expected.blockId)) throw new IntegrityError("A block's content is not what its id says.", { code: "DamagedFrame" });
  return { data, sha256 };
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
