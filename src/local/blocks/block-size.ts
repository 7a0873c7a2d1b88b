import { createHash } from "node:crypto";

/** Bytes of a block: 512 KiB, the unit of the EBS direct APIs. */
export const blockBytes = 524_288;

export const gibibyte = 1_073_741_824;

export const blocksPerGib = gibibyte / blockBytes;

/** The largest volume and snapshot, in GiB: 64 TiB. */
export const maxVolumeGib = 65_536;

/** A block of zeros, to compare with. Never written to. */
export const zeroBlock: Buffer = Buffer.alloc(blockBytes);

/** The SHA-256 digest of a block of zeros. */
export const zeroBlockDigest: Buffer = createHash("sha256").update(zeroBlock).digest();

export function isZeroBlock(block: Uint8Array): boolean {
  return zeroBlock.compare(block) === 0;
}

export function blockDigest(block: Uint8Array): Buffer {
  return createHash("sha256").update(block).digest();
}
