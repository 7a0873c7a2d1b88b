import { open } from "node:fs/promises";
import type { LocalCloud } from "../src/local/index.js";
import { blockSizeBytes } from "../src/ports/index.js";

const gibibyte = 2 ** 30;

/** Makes a volume that holds what the image does. */
export async function makeVolume(cloud: LocalCloud, imagePath: string, availabilityZone: string): Promise<string> {
  const image = await open(imagePath);
  const { size } = await image.stat();
  await image.close();
  const volumeId = await cloud.volumes.create({ sizeGib: Math.ceil(size / gibibyte), availabilityZone });
  await cloud.volumes.importImage(volumeId, imagePath);
  return volumeId;
}

/** Writes some blocks of an image into a volume. */
export async function writeBlocks(cloud: LocalCloud, volumeId: string, imagePath: string, blocks: readonly number[]): Promise<void> {
  const image = await open(imagePath);
  const data = Buffer.alloc(blockSizeBytes);
  for (const index of blocks) {
    await image.read(data, 0, blockSizeBytes, index * blockSizeBytes);
    await cloud.volumes.write(volumeId, index * blockSizeBytes, data);
  }
  await image.close();
}

/** Fails unless a volume holds what the image does: a figure of a restore that restored something else is worth nothing. */
export async function expectImage(cloud: LocalCloud, volumeId: string, imagePath: string): Promise<void> {
  const image = await open(imagePath);
  const { size } = await image.stat();
  const expected = Buffer.alloc(blockSizeBytes);
  for (let offset = 0; offset < size; offset += blockSizeBytes) {
    const { bytesRead: length } = await image.read(expected, 0, blockSizeBytes, offset);
    const found = await cloud.volumes.read(volumeId, { offset, length });
    if (!found.equals(expected.subarray(0, length))) throw new Error(`${volumeId} at ${String(offset)} is not what ${imagePath} is.`);
  }
  await image.close();
}
