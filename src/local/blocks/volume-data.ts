import { blockBytes, blockDigest, gibibyte, isZeroBlock } from "./block-size.js";
import type { Layer } from "./layer.js";
import type { LayerStack } from "./layer-stack.js";
import { listWrittenBlocks } from "./snapshot-blocks.js";

/** What lies in one block of a range of bytes. */
interface BlockPart {
  readonly blockIndex: number;
  readonly offsetInBlock: number;
  readonly length: number;
  /** Where it begins in the range. */
  readonly at: number;
}

/** Reads bytes as a volume's layers have them. */
export async function readBytes(stack: LayerStack, offset: number, target: Uint8Array): Promise<void> {
  for (const { blockIndex, offsetInBlock, length, at } of blockParts(offset, target.length)) {
    await stack.readPart(blockIndex, offsetInBlock, target.subarray(at, at + length));
  }
}

/** Writes bytes into the uppermost layer; blocks that are written in part keep the rest of what they were. */
export async function writeBytes(top: Layer, stack: LayerStack, offset: number, bytes: Uint8Array): Promise<void> {
  for (const { blockIndex, offsetInBlock, length, at } of blockParts(offset, bytes.length)) {
    const part = bytes.subarray(at, at + length);
    if (length < blockBytes && (await top.writePart(blockIndex, offsetInBlock, part))) continue;
    let block = part;
    if (length < blockBytes) {
      block = Buffer.allocUnsafeSlow(blockBytes);
      await stack.read(blockIndex, block);
      block.set(part, offsetInBlock);
    }
    await top.write(blockIndex, block, blockDigest(block));
  }
}

/** Makes whole blocks unwritten, and what lies of others in the range zeros. */
export async function trimBytes(top: Layer, stack: LayerStack, offset: number, length: number): Promise<void> {
  const first = Math.ceil(offset / blockBytes);
  const end = Math.floor((offset + length) / blockBytes);
  if (first > end) {
    await writeZeros(top, stack, offset, length);
    return;
  }
  await writeZeros(top, stack, offset, first * blockBytes - offset);
  await writeZeros(top, stack, end * blockBytes, offset + length - end * blockBytes);
  // Only what is written is visited: a trim of 64 TiB costs what the volume holds.
  for (let next: number | undefined = first; next !== undefined && next < end; ) {
    const listing = listWrittenBlocks(stack, next, blocksPerTrim);
    for (const blockIndex of listing.blocks) if (blockIndex < end) top.unwrite(blockIndex);
    next = listing.nextBlock;
  }
}

/** Puts a block of a disk image into a volume: zeros leave it, or make it, unwritten. */
export async function importBlock(top: Layer, stack: LayerStack, blockIndex: number, block: Uint8Array): Promise<void> {
  if (!isZeroBlock(block)) await top.write(blockIndex, block, blockDigest(block));
  else if (stack.find(blockIndex) !== undefined) top.unwrite(blockIndex);
}

/** Refuses a range that is not within the volume, with a `RangeError` that names it. */
export function checkRange(volume: { readonly volumeId: string; readonly sizeGib: number }, offset: number, length: number): void {
  const sizeBytes = volume.sizeGib * gibibyte;
  const isWithin = Number.isSafeInteger(offset) && Number.isSafeInteger(length) && offset >= 0 && length >= 0 && offset + length <= sizeBytes;
  if (!isWithin) throw new RangeError(`${length} bytes at offset ${offset} are not within ${volume.volumeId}, which has ${sizeBytes} bytes.`);
}

const blocksPerTrim = 4_096;

async function writeZeros(top: Layer, stack: LayerStack, offset: number, length: number): Promise<void> {
  if (length > 0 && stack.find(Math.floor(offset / blockBytes)) !== undefined) await writeBytes(top, stack, offset, Buffer.alloc(length));
}

function* blockParts(offset: number, length: number): Generator<BlockPart> {
  for (let at = 0; at < length; ) {
    const blockIndex = Math.floor((offset + at) / blockBytes);
    const offsetInBlock = (offset + at) % blockBytes;
    const partLength = Math.min(blockBytes - offsetInBlock, length - at);
    yield { blockIndex, offsetInBlock, length: partLength, at };
    at += partLength;
  }
}
