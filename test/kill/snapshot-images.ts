import { createHash } from "node:crypto";
import { open, readFile } from "node:fs/promises";
import { join } from "node:path";
import { RawImageReader } from "../../src/adapters/directory/raw-image-reader.js";
import { ConflictError } from "../../src/errors/index.js";
import { blockSizeBytes, type BlockChange, type BlockReader } from "../../src/ports/index.js";
import { LeastRecentlyUsed } from "../../src/repository/store/least-recently-used.js";

/** What lies in an image: blocks that compress (a text) and blocks that do not (noise), by index. */
export type ImageContent = ReadonlyMap<number, { readonly text: string } | { readonly noise: string }>;

const zeroBlock = Buffer.alloc(blockSizeBytes);

/** Where the image of a volume's snapshot lies: a file that the engine has no part in. */
export function imagePath(folder: string, volumeId: string, snapshotId: string): string {
  return join(folder, `${volumeId}.${snapshotId}.img`);
}

/** Makes the sparse image of a volume as it was at a snapshot. */
export async function writeImage(path: string, sizeBytes: number, content: ImageContent): Promise<void> {
  const handle = await open(path, "wx");
  try {
    await handle.truncate(sizeBytes);
    for (const [index, block] of content) {
      const data = "text" in block ? Buffer.alloc(blockSizeBytes, block.text) : noise(block.noise);
      await handle.write(data, 0, blockSizeBytes, index * blockSizeBytes);
    }
  } finally {
    await handle.close();
  }
}

/** Images that are at hand: a scenario compares with the same few after every kill. */
const imagesAtHand = new LeastRecentlyUsed<string, Promise<ReadonlyMap<number, Buffer>>>(8);

/** The blocks of an image that hold more than zeros, ascending by index. */
export async function imageBlocks(path: string): Promise<ReadonlyMap<number, Buffer>> {
  return await LeastRecentlyUsed.load(imagesAtHand, path, async () => {
    const image = await readFile(path);
    const blocks = new Map<number, Buffer>();
    for (let index = 0; index * blockSizeBytes < image.length; index++) {
      const block = blockOf(image, index);
      if (!block.equals(zeroBlock)) blocks.set(index, block);
    }
    return blocks;
  });
}

/** Reads a volume's snapshot; tells changes since another by comparing both images. */
export async function openSnapshot(folder: string, volumeId: string, snapshotId: string): Promise<BlockReader> {
  const image = await RawImageReader.open(imagePath(folder, volumeId, snapshotId));
  return {
    source: snapshotId,
    volumeSizeBytes: image.volumeSizeBytes,
    blocks: (options) => image.blocks(options),
    changesSince: (base) => changes(imagePath(folder, volumeId, base), imagePath(folder, volumeId, snapshotId)),
    read: (reference) => image.read(reference),
    close: () => image.close(),
  };
}

async function* changes(basePath: string, path: string): AsyncGenerator<BlockChange> {
  const before = await readFile(basePath).catch((cause: unknown) => {
    throw new ConflictError(`There is no snapshot at ${basePath}.`, { code: "UnrelatedSnapshots", cause });
  });
  const now = await readFile(path);
  for (let index = 0; index * blockSizeBytes < now.length; index++) {
    const block = blockOf(now, index);
    if (block.equals(blockOf(before, index))) continue;
    yield block.equals(zeroBlock) ? { index } : { index, reference: { index } };
  }
}

function blockOf(image: Buffer, index: number): Buffer {
  return image.subarray(index * blockSizeBytes, (index + 1) * blockSizeBytes);
}

/** Bytes that do not compress, the same for the same seed. */
function noise(seed: string): Buffer {
  const data = Buffer.alloc(blockSizeBytes);
  let digest = createHash("sha512").update(seed).digest();
  for (let offset = 0; offset < blockSizeBytes; offset += digest.length) {
    digest.copy(data, offset);
    digest = createHash("sha512").update(digest).digest();
  }
  return data;
}

