import { blockSizeBytes, zeroBlockSha256, type BlockData } from "../../../ports/index.js";

/** All zero blocks are this one: never write into a block that was read. */
const zeroBlock = Buffer.alloc(blockSizeBytes);

/** The SHA-256 of zeros as EBS writes it. */
export const zeroChecksum = zeroBlockSha256.toString("base64");

/** A block of zeros. */
export function zeroBlockData(index: number): BlockData {
  return { index, data: zeroBlock, sha256: zeroBlockSha256 };
}
