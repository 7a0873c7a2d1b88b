import { RawImageReader } from "../../src/adapters/directory/raw-image-reader.js";
import type { RestorePoint } from "../../src/repository/points/restore-point.js";
import type { Repository } from "../../src/repository/repository.js";
import { systemRandom } from "../../src/system/index.js";
import { backupVolume } from "../../src/transfer/backup-volume.js";

/** Backs up a raw disk image as a restore point with one volume, `disk`. */
export async function backUpImage(repository: Repository, path: string, resource = "my-disk"): Promise<RestorePoint> {
  return await backUpImages(repository, { disk: path }, resource);
}

/** Backs up raw disk images, by the ids of their volumes, as one restore point. */
export async function backUpImages(repository: Repository, paths: Readonly<Record<string, string>>, resource: string): Promise<RestorePoint> {
  const writer = repository.beginPoint({ resource, kind: "image", tags: {} });
  const volumes = [];
  for (const [volumeId, path] of Object.entries(paths)) volumes.push({ volumeId, path, volume: await writer.beginVolume(`${resource}/${volumeId}`) });
  for (const { volumeId, path, volume } of volumes) {
    const reader = await RawImageReader.open(path);
    const now = new Date().toISOString();
    const { method } = await backupVolume(reader, volume, { random: systemRandom });
    await writer.finishVolume(volume, { resource: `${resource}/${volumeId}`, volumeSizeBytes: reader.volumeSizeBytes, method, startedAt: now, finishedAt: now }, { volumeId });
    await reader.close();
  }
  return await writer.commit();
}
