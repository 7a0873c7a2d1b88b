import type { RestorePoint } from "../../src/repository/points/restore-point.js";
import type { Repository } from "../../src/repository/repository.js";
import { systemRandom } from "../../src/system/index.js";
import { backupVolume } from "../../src/transfer/backup-volume.js";
import { openSnapshot } from "./snapshot-images.js";

/** A resource's state to back up: one snapshot of each of its volumes, whose images lie in `folder`. */
export interface ImageSet {
  readonly folder: string;
  readonly resource: string;
  readonly kind: "instance" | "volume";
  readonly volumeIds: readonly string[];
  readonly snapshotId: string;
}

/** Backs up all volumes as one restore point. All sessions are open together, as an instance's are; the steps have one order. */
export async function backUpImages(repository: Repository, images: ImageSet): Promise<RestorePoint> {
  const { folder, resource, kind, snapshotId } = images;
  const point = repository.beginPoint({ resource, kind, tags: {} });
  const volumes = [];
  for (const volumeId of images.volumeIds) volumes.push({ volumeId, writer: await point.beginVolume(`account/region/${volumeId}`) });
  for (const { volumeId, writer } of volumes) {
    const reader = await openSnapshot(folder, volumeId, snapshotId);
    try {
      const startedAt = new Date().toISOString();
      const { method } = await backupVolume(reader, writer, { random: systemRandom, auditBlocks: 2 });
      const metadata = { resource: `account/region/${volumeId}`, volumeId, snapshotId, volumeSizeBytes: reader.volumeSizeBytes, method, startedAt, finishedAt: new Date().toISOString() };
      await point.finishVolume(writer, metadata, { volumeId });
    } finally {
      await reader.close();
    }
  }
  return await point.commit();
}
