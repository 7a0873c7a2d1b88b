import { RawImageReader } from "../../src/adapters/directory/raw-image-reader.js";
import { RawImageWriter } from "../../src/adapters/directory/raw-image-writer.js";
import type { AwsAccount } from "../../src/index.js";
import type { BlockReader, BlockWriter } from "../../src/ports/index.js";

/** Blocks that are moved at the same time. */
const maxInFlight = 32;

/** Moves a snapshot into a raw image: no repository, no compression, no encryption. */
export async function download(account: AwsAccount, snapshotId: string, path: string): Promise<{ readonly blocks: number; readonly storedBlocks: number }> {
  const reader = await account.openSnapshotReader({ region: account.region, snapshotId });
  return await move(reader, await RawImageWriter.open({ path, sizeBytes: reader.volumeSizeBytes }));
}

/** Moves a raw image into a new snapshot. */
export async function upload(account: AwsAccount, path: string): Promise<{ readonly blocks: number; readonly storedBlocks: number }> {
  const reader = await RawImageReader.open(path);
  const volumeSizeBytes = Math.ceil(reader.volumeSizeBytes / 2 ** 30) * 2 ** 30;
  const writer = await account.openSnapshotWriter({ region: account.region, volumeSizeBytes, description: "bench", clientToken: `bench-${String(Date.now())}`, tags: {} });
  return await move(reader, writer);
}

async function move(reader: BlockReader, writer: BlockWriter): Promise<{ readonly blocks: number; readonly storedBlocks: number }> {
  const inFlight = new Set<Promise<void>>();
  let blocks = 0;
  for await (const reference of reader.blocks()) {
    const moved = (async () => {
      const block = await reader.read(reference);
      await writer.write(block);
      block.release?.();
      blocks++;
    })().finally(() => inFlight.delete(moved));
    inFlight.add(moved);
    if (inFlight.size >= maxInFlight) await Promise.race(inFlight);
  }
  await Promise.all(inFlight);
  await writer.complete();
  await reader.close();
  return { blocks, storedBlocks: 0 };
}
