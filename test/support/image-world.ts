import { RawImageReader } from "../../src/adapters/directory/raw-image-reader.js";
import type { RestorePoint } from "../../src/repository/points/restore-point.js";
import type { Repository } from "../../src/repository/repository.js";
import { systemRandom } from "../../src/system/index.js";
import { backupVolume } from "../../src/transfer/backup-volume.js";

/** Backs up a raw disk image as a restore point with one volume, `disk`. */
export async function backUpImage(repository: Repository, path: string, resource = "my-disk"): Promise<RestorePoint> {
  const reader = await RawImageReader.open(path);
  const writer = repository.beginPoint({ resource, kind: "image", tags: {} });
  const volume = await writer.beginVolume(resource);
  const now = new Date().toISOString();
  const { method } = await backupVolume(reader, volume, { random: systemRandom });
  await writer.finishVolume(volume, { resource, volumeSizeBytes: reader.volumeSizeBytes, method, startedAt: now, finishedAt: now }, { volumeId: "disk" });
  await reader.close();
  return await writer.commit();
}
