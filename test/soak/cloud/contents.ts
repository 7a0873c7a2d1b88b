import { createCipheriv, createHash } from "node:crypto";

export const blockBytes = 524_288;
export const zeroBlock = Buffer.alloc(blockBytes);
/** Kinds of content, by the seed's remainder. */
const kinds = 3;

/** What a block of this seed holds: noise, text, or noise with much room in it. Always the same. */
export function blockOf(seed: number): Buffer {
  if (seed % kinds === 0) return noise(seed, blockBytes);
  if (seed % kinds === 1) return Buffer.alloc(blockBytes, `block ${String(seed)} of a soak `);
  return Buffer.concat([noise(seed, blockBytes / 8), Buffer.alloc(blockBytes - blockBytes / 8)]);
}

/** By which blocks are compared. */
export function digestOf(block: Uint8Array): string {
  return createHash("sha256").update(block).digest("base64");
}

export const zeroDigest = digestOf(zeroBlock);

function noise(seed: number, sizeBytes: number): Buffer {
  const key = Buffer.alloc(16);
  key.writeDoubleBE(seed);
  return createCipheriv("aes-128-ctr", key, Buffer.alloc(16)).update(Buffer.alloc(sizeBytes));
}
