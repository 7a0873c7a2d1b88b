import { open, stat } from "node:fs/promises";

/** A block of a volume, as EBS has it. */
const blockBytes = 524_288;

/** As much is read at a time: holes of sparse files cost calls more than bytes. */
const stepBytes = 8 * blockBytes;

/** One block of two images. */
export interface BlockPair {
  readonly offset: number;
  readonly first: Buffer;
  readonly second: Buffer;
}

/** The blocks in which two images of the same size differ. The buffers are used again. */
export async function* differingBlocks(firstPath: string, secondPath: string): AsyncGenerator<BlockPair> {
  const [first, second] = [await open(firstPath, "r"), await open(secondPath, "r")];
  try {
    const { size } = await first.stat();
    const other = (await second.stat()).size;
    if (size !== other) throw new Error(`${secondPath} has ${String(other)} bytes; ${firstPath} has ${String(size)}.`);
    const [left, right] = [Buffer.alloc(stepBytes), Buffer.alloc(stepBytes)];
    for (let offset = 0; offset < size; offset += stepBytes) {
      const length = Math.min(stepBytes, size - offset);
      await Promise.all([first.read(left, 0, length, offset), second.read(right, 0, length, offset)]);
      if (!left.equals(right)) yield* differing(left, right, offset, length);
    }
  } finally {
    await first.close();
    await second.close();
  }
}

/** Compares every byte; gives the bytes compared, and raises where one differs. */
export async function compareImages(expectedPath: string, actualPath: string): Promise<number> {
  for await (const { offset } of differingBlocks(expectedPath, actualPath)) {
    throw new Error(`${actualPath} is another than ${expectedPath} in the block at byte ${String(offset)}.`);
  }
  return (await stat(expectedPath)).size;
}

function* differing(left: Buffer, right: Buffer, offset: number, length: number): Generator<BlockPair> {
  for (let at = 0; at < length; at += blockBytes) {
    const [first, second] = [left.subarray(at, at + blockBytes), right.subarray(at, at + blockBytes)];
    if (!first.equals(second)) yield { offset: offset + at, first, second };
  }
}
