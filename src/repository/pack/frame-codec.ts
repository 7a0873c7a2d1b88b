import { createCipheriv, createDecipheriv, createHash, randomBytes } from "node:crypto";
import { blockSizeBytes } from "../../ports/index.js";
import { IntegrityError } from "../../errors/index.js";
import { compressions, decodeFrameHeader, encodeFrameHeader, frameHeaderBytes, frameTagBytes } from "../format/frame-header.js";
import type { KeyRing } from "../keys/key-ring.js";
import { nonceBytes } from "../keys/sealed-box.js";
import { blockCompression, compressIfWorth } from "./compression.js";

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

/** Compresses and seals a block, then opens the result and compares: a machine with bad memory stores nothing wrong. */
export function sealFrame(keys: KeyRing, blockId: Buffer, block: Buffer): SealedFrame {
  const compressed = compressIfWorth(block);
  const payload = compressed ?? block;
  const compression = compressed === undefined ? compressions.none : compressions.zstd;
  const nonce = randomBytes(nonceBytes);
  const header = encodeFrameHeader({ compression, keyEpoch, storedLength: payload.length, blockId, nonce });
  const cipher = createCipheriv("aes-256-gcm", keys.blockKey(keyEpoch, blockId), nonce);
  cipher.setAAD(Buffer.concat([keys.repositoryId, header]));
  const ciphertext = cipher.update(payload);
  cipher.final();
  const tag = cipher.getAuthTag();
  const opened = openPayload(keys, { header, compression, blockId, nonce, epoch: keyEpoch }, ciphertext, tag);
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
    keys,
    { header: frame.subarray(0, frameHeaderBytes), compression: header.compression, blockId: header.blockId, nonce: header.nonce, epoch: header.keyEpoch },
    frame.subarray(frameHeaderBytes, end),
    frame.subarray(end),
  );
  const sha256 = createHash("sha256").update(data).digest();
  if (!keys.blockId(sha256).equals(expected.blockId)) throw new IntegrityError("A block's content is not what its id says.", { code: "DamagedFrame" });
  return { data, sha256 };
}

interface FrameKey {
  readonly header: Buffer;
  readonly compression: number;
  readonly blockId: Buffer;
  readonly nonce: Buffer;
  readonly epoch: number;
}

function openPayload(keys: KeyRing, frame: FrameKey, ciphertext: Buffer, tag: Buffer): Buffer {
  const decipher = createDecipheriv("aes-256-gcm", keys.blockKey(frame.epoch, frame.blockId), frame.nonce, { authTagLength: frameTagBytes });
  decipher.setAAD(Buffer.concat([keys.repositoryId, frame.header]));
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
