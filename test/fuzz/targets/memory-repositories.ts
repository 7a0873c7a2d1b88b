import { Repository } from "../../../src/index.js";
import type { ObjectStorage } from "../../../src/ports/index.js";
import { systemRandom } from "../../../src/system/index.js";
import { MemoryObjectStore } from "../../../src/testing/index.js";
import { backupVolume } from "../../../src/transfer/backup-volume.js";
import { ManualClock } from "../../support/manual-clock.js";
import { MemoryVolume } from "../../support/memory-volume.js";
import { MemoryWorkerCompute, workerAccount } from "../../support/memory-workers.js";

// A repository with a restore point and one with a copy of it, both in memory, as they were before and after: what an input does to them is undone.

const resource = "111122223333/eu-west-1/vol-1";
const region = "eu-west-1";
type Objects = ReadonlyMap<string, Buffer>;

/** A repository in memory whose objects can be put back. */
interface MemoryRepository {
  readonly repository: Repository;
  readonly storage: ObjectStorage;
  /** Makes its objects these. */
  readonly become: (objects: Objects) => void;
}

/** Two repositories, the point in the first, and its copy in the second. */
interface MemoryRepositories {
  readonly clock: ManualClock;
  readonly source: MemoryRepository;
  readonly archive: MemoryRepository;
  readonly point: string;
  readonly copy: string;
  /** What each holds: the archive without the copy and with it. */
  readonly objects: { readonly source: Objects; readonly empty: Objects; readonly copied: Objects };
}

async function create(bucket: string, clock: ManualClock): Promise<MemoryRepository & { readonly objects: () => Objects }> {
  const store = new MemoryObjectStore({ clock });
  const place = { bucket, prefix: "", region, account: workerAccount(new MemoryWorkerCompute()) };
  const storage: ObjectStorage = { location: "memory", openStore: () => Promise.resolve(store), place };
  const repository = await Repository.create({ storage, encryption: { key: Buffer.alloc(32, bucket.length) } }, { clock });
  return {
    repository,
    storage,
    objects: () => new Map(store.objects),
    become: (objects) => {
      for (const name of [...store.objects.keys()]) if (!objects.has(name)) store.objects.delete(name);
      for (const [name, bytes] of objects) if (store.objects.get(name) !== bytes) store.objects.set(name, bytes);
    },
  };
}

async function begin(): Promise<MemoryRepositories> {
  const clock = new ManualClock();
  const [source, archive] = [await create("backups", clock), await create("cold", clock)];
  const volume = new MemoryVolume(2 ** 30);
  for (const index of [0, 300, 900]) volume.blocks.set(index, Buffer.alloc(524_288, `block ${String(index)} `));
  volume.freeze("snap-1");
  const writer = source.repository.beginPoint({ resource, kind: "volume", tags: { a: "b" } });
  const part = await writer.beginVolume(resource);
  const { method } = await backupVolume(volume.reader("snap-1"), part, { random: systemRandom, auditBlocks: 0 });
  const at = clock.now().toISOString();
  await writer.finishVolume(part, { resource, volumeId: "vol-1", snapshotId: "snap-1", volumeSizeBytes: volume.sizeBytes, method, startedAt: at, finishedAt: at, volume: {} }, { volumeId: "vol-1" });
  const { id: point } = await writer.commit();
  const empty = archive.objects();
  const [copied] = (await source.repository.copy(point, archive.repository)).points;
  return { clock, source, archive, point, copy: copied?.copy ?? "", objects: { source: source.objects(), empty, copied: archive.objects() } };
}

let begun: Promise<MemoryRepositories> | undefined;

/** The same two for every input, as they were. */
export async function memoryRepositories(): Promise<MemoryRepositories> {
  const repositories = await (begun ??= begin());
  repositories.source.become(repositories.objects.source);
  repositories.archive.become(repositories.objects.empty);
  return repositories;
}
