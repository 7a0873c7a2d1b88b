import { beforeEach, describe, expect, it } from "vitest";
import { key, noiseBlock } from "../../../test/support/backup-world.js";
import { MemoryObjectStore } from "../../../test/support/memory-object-store.js";
import { MemoryVolume } from "../../../test/support/memory-volume.js";
import { MemoryWorkerCompute, workerAccount } from "../../../test/support/memory-workers.js";
import { backupVolume } from "../../transfer/backup-volume.js";
import { systemRandom } from "../../system/index.js";
import { Repository } from "../repository.js";
import type { PointWriter } from "./point-writer.js";
import type { WrittenVolume } from "./volume-part.js";

const resource = "111122223333/eu-west-1/vol-1";
const of = { resource, volumeId: "vol-1" };
const part = { throwIfLost: () => undefined, release: () => Promise.resolve() };

let repository: Repository;
beforeEach(async () => {
  const store = new MemoryObjectStore();
  const place = { bucket: "backups", prefix: "", region: "eu-west-1", account: workerAccount(new MemoryWorkerCompute()) };
  repository = await Repository.create({ storage: { location: "memory", openStore: () => Promise.resolve(store), place }, encryption: { key } });
});

const begin = (): PointWriter => repository.beginPoint({ resource, kind: "volume", tags: {} });

/** What a worker does for a point, and says of it. */
async function writeFor(point: PointWriter, { stream = resource, volumeId = "vol-1" } = {}): Promise<WrittenVolume> {
  const volumePart = repository.beginPart(point.handOver().groupName);
  const volume = new MemoryVolume(2 ** 30);
  volume.blocks.set(3, noiseBlock());
  volume.freeze("snap-1");
  const writer = await volumePart.beginVolume(stream);
  await backupVolume(volume.reader("snap-1"), writer, { random: systemRandom, auditBlocks: 0 });
  const at = "2026-11-24T02:00:00.000Z";
  await volumePart.finishVolume(writer, { resource: stream, volumeId, snapshotId: "snap-1", volumeSizeBytes: volume.sizeBytes, method: "full", startedAt: at, finishedAt: at }, { volumeId });
  await volumePart.close();
  if (volumePart.written === undefined) throw new Error("nothing was written");
  return volumePart.written;
}

describe("what a worker says that it wrote", () => {
  it("becomes a part of the point where it lies in the repository", async () => {
    const point = begin();
    await point.adoptVolume(await writeFor(point), part, of);
    expect((await point.commit()).volumes).toMatchObject([{ volumeId: "vol-1", snapshotId: "snap-1" }]);
  });

  it("does not where it is another record, of another volume, or of another point", async () => {
    const point = begin();
    const written = await writeFor(point);
    const otherPoint = await writeFor(begin(), { stream: "111122223333/eu-west-1/vol-2" });
    const otherVolume = await writeFor(point, { stream: "111122223333/eu-west-1/vol-3", volumeId: "vol-1" });
    const { record, volume } = written;
    const claims: WrittenVolume[] = [
      { record: { ...record, hash: "0".repeat(64) }, volume },
      { record: { ...record, sequence: 7 }, volume: { ...volume, sequence: 7 } },
      { record, volume: { ...volume, volumeId: "vol-2" } },
      { record, volume: { ...volume, sizeBytes: 1 } },
      { record, volume: { ...volume, snapshotId: "snap-2" } },
      { record, volume: { ...volume, deviceName: "/dev/sda1" } },
      otherVolume,
    ];
    for (const claim of claims) await expect(point.adoptVolume(claim, part, of)).rejects.toMatchObject({ code: "ForeignRecord" });
    await expect(point.adoptVolume(otherPoint, part, { resource: "111122223333/eu-west-1/vol-2", volumeId: "vol-1" })).rejects.toMatchObject({ code: "ForeignRecord" });
  });
});
