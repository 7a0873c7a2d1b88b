import { createHash } from "node:crypto";
import { blockSizeBytes, type BlockData } from "../ports/index.js";

/** Blocks by index; what is not named is zeros. */
export type BlockContent = ReadonlyMap<number, Buffer>;

/** A block whose bytes look like chance, and are the same for the same seed. */
export function blockOf(seed: string | number): Buffer {
  const block = Buffer.allocUnsafe(blockSizeBytes);
  let digest = createHash("sha512").update(String(seed)).digest();
  for (let offset = 0; offset < blockSizeBytes; offset += digest.length) {
    digest.copy(block, offset);
    // Cheaper than a hash for each 64 bytes, and as different from one place to the next.
    if (offset % 4096 === 0) digest = createHash("sha512").update(digest).digest();
    digest.writeUInt32LE(offset, 0);
  }
  return block;
}

/** A block with its digest, as readers give and writers take it. */
export function blockDataOf(index: number, data: Buffer): BlockData {
  return { index, data, sha256: createHash("sha256").update(data).digest() };
}

/** The block of some content at an index. */
export function contentAt(content: BlockContent, index: number): Buffer {
  return content.get(index) ?? zeros;
}

const zeros = Buffer.alloc(blockSizeBytes);
