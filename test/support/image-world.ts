import { RawImageReader } from "../../src/adapters/directory/raw-image-reader.js";
import type { BlockReader } from "../../src/ports/index.js";
import type { RestorePoint } from "../../src/repository/points/restore-point.js";
import type { Repository } from "../../src/repository/repository.js";
import { systemRandom } from "../../src/system/index.js";
import { backupVolume } from "../../src/transfer/backup-volume.js";

/** Backs up a raw disk image as a restore point with one volume, `disk`. */
export async function backUpImage(repository: Repository, path: string, resource = "my-disk"): Promise<RestorePoint> {
  return await backUpImages(repository, { disk: path }, resource);
}

/** The same of an image that is mostly holes: only these blocks of it are looked at. */
export async function backUpSparseImage(repository: Repository, path: string, indexes: readonly number[]): Promise<RestorePoint> {
  const reader = await RawImageReader.open(path);
  const sparse: BlockReader = {
    source: reader.source,
    volumeSizeBytes: reader.volumeSizeBytes,
    blocks: async function* ({ startIndex = 0 } = {}) {
      for (const index of indexes) if (index >= startIndex) yield { index };
    },
    read: async (reference) => await reader.read(reference),
    close: async () => await reader.close(),
  };
  return await backUpReaders(repository, { disk: sparse }, "my-sparse-disk");
}

/** Backs up raw disk images, by the ids of their volumes, as one restore point. */
export async function backUpImages(repository: Repository, paths: Readonly<Record<string, string>>, resource: string): Promise<RestorePoint> {
  const readers: Record<string, BlockReader> = {};
  for (const [volumeId, path] of Object.entries(paths)) readers[volumeId] = await RawImageReader.open(path);
  return await backUpReaders(repository, readers, resource);
}

async function backUpReaders(repository: Repository, readers: Readonly<Record<string, BlockReader>>, resource: string): Promise<RestorePoint> {
  const writer = repository.beginPoint({ resource, kind: "image", tags: {} });
  const volumes = [];
  for (const [volumeId, reader] of Object.entries(readers)) volumes.push({ volumeId, reader, volume: await writer.beginVolume(`${resource}/${volumeId}`) });
  for (const { volumeId, reader, volume } of volumes) {
    const now = new Date().toISOString();
    const { method } = await backupVolume(reader, volume, { random: systemRandom });
    await writer.finishVolume(volume, { resource: `${resource}/${volumeId}`, volumeSizeBytes: reader.volumeSizeBytes, method, startedAt: now, finishedAt: now }, { volumeId });
    await reader.close();
  }
  return await writer.commit();
}
