import { availableParallelism } from "node:os";
import type { Repository } from "../../src/index.js";
import { SealThreads } from "../../src/repository/pack/sealing/seal-threads.js";
import { systemRandom } from "../../src/system/index.js";
import { backupVolume } from "../../src/transfer/backup-volume.js";
import { openImageSnapshot, type ImageSnapshot } from "../image-snapshot.js";

const resource = "bench-disk";

/** Backs up one state of the disk; fails where the method is another than the phase is about. */
export async function backUp(repository: Repository, snapshot: ImageSnapshot, method: "full" | "incremental"): Promise<{ readonly blocks: number; readonly storedBlocks: number }> {
  const reader = await openImageSnapshot(snapshot);
  const point = repository.beginPoint({ resource, kind: "volume", tags: {} });
  const writer = await point.beginVolume(resource, { sealer: new SealThreads({ threads: availableParallelism() }) });
  const startedAt = new Date().toISOString();
  const taken = await backupVolume(reader, writer, { random: systemRandom });
  if (taken.method !== method) throw new Error(`The backup was ${taken.method}, not ${method}.`);
  const facts = { resource, snapshotId: snapshot.snapshotId, volumeSizeBytes: reader.volumeSizeBytes, method, startedAt, finishedAt: new Date().toISOString() };
  const { counts } = await point.finishVolume(writer, facts, { volumeId: resource });
  await point.commit();
  await reader.close();
  return { blocks: counts.readBlocks - counts.zeroBlocks, storedBlocks: counts.storedBlocks };
}
