import { randomBytes } from "node:crypto";
import { expect } from "vitest";
import { systemRandom } from "../../src/system/index.js";
import { Repository } from "../../src/index.js";
import { blockSizeBytes } from "../../src/ports/index.js";
import type { RestorePoint } from "../../src/repository/points/restore-point.js";
import { backupVolume } from "../../src/transfer/backup-volume.js";
import { restoreVolume } from "../../src/transfer/restore-volume.js";
import { MemoryObjectStore } from "./memory-object-store.js";
import { MemoryBlockWriter, type MemoryVolume } from "./memory-volume.js";

export const key = Buffer.alloc(32, 7);

export function storageOf(store: MemoryObjectStore): { location: string; openStore: () => Promise<MemoryObjectStore> } {
  return { location: "memory", openStore: () => Promise.resolve(store) };
}

export async function newRepository(): Promise<{ store: MemoryObjectStore; repository: Repository }> {
  const store = new MemoryObjectStore();
  return { store, repository: await Repository.create({ storage: storageOf(store), encryption: { key } }) };
}

/** Backs up one snapshot of a volume as a restore point of its own. */
export async function backUp(repository: Repository, volume: MemoryVolume, snapshotId: string, auditBlocks = 0): Promise<{ point: RestorePoint; method: string }> {
  const writer = repository.beginPoint({ resource: "111122223333/eu-west-1/vol-1", kind: "volume", tags: {} });
  try {
    const volumeWriter = await writer.beginVolume("111122223333/eu-west-1/vol-1");
    const startedAt = new Date().toISOString();
    const method = await backupVolume(volume.reader(snapshotId), volumeWriter, { random: systemRandom, auditBlocks });
    await writer.finishVolume(
      volumeWriter,
      { resource: "111122223333/eu-west-1/vol-1", volumeId: "vol-1", snapshotId, volumeSizeBytes: volume.sizeBytes, method: method.method, startedAt, finishedAt: new Date().toISOString() },
      { volumeId: "vol-1" },
    );
    return { point: await writer.commit(), method: method.method };
  } catch (error) {
    // as a killed process would leave it: the session is not ended
    throw error instanceof Error ? error : new Error(String(error));
  }
}

/** Restores a point and compares every block with what the volume held. */
export async function expectRestores(point: RestorePoint, state: ReadonlyMap<number, Buffer>, volumeId?: string): Promise<void> {
  const writer = new MemoryBlockWriter();
  await restoreVolume(await point.blockMap(volumeId), writer);
  const zero = Buffer.alloc(blockSizeBytes);
  const expected = [...state].filter(([, data]) => !data.equals(zero));
  expect([...writer.blocks.keys()].sort((a, b) => a - b)).toEqual(expected.map(([index]) => index).sort((a, b) => a - b));
  for (const [index, data] of expected) expect(writer.blocks.get(index)?.equals(data)).toBe(true);
}

export function textBlock(text: string): Buffer {
  return Buffer.alloc(blockSizeBytes, text);
}

export function noiseBlock(): Buffer {
  return randomBytes(blockSizeBytes);
}
