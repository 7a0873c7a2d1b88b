import { RawImageReader } from "../src/adapters/directory/raw-image-reader.js";
import type { BlockChange, BlockReader } from "../src/ports/index.js";

/** One state of the disk, as a phase is told of it. */
export interface ImageSnapshot {
  readonly snapshotId: string;
  readonly path: string;
  /** What differs from the state before. */
  readonly changedBlocks: readonly number[];
}

/** Opens an image as a snapshot that knows what changed since the one before, as EBS does: an increment reads those blocks alone. */
export async function openImageSnapshot({ snapshotId, path, changedBlocks }: ImageSnapshot): Promise<BlockReader> {
  const image = await RawImageReader.open(path);
  return {
    source: snapshotId,
    volumeSizeBytes: image.volumeSizeBytes,
    blocks: (options) => image.blocks(options),
    async *changesSince(): AsyncGenerator<BlockChange> {
      for (const index of changedBlocks) yield await Promise.resolve({ index, reference: { index } });
    },
    read: (reference) => image.read(reference),
    close: () => image.close(),
  };
}
