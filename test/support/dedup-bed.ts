import { expect } from "vitest";
import { Repository, type CreateRepositoryOptions } from "../../src/index.js";
import type { RestorePoint } from "../../src/repository/points/restore-point.js";
import type { RepositoryEnvironment } from "../../src/repository/repository-options.js";
import type { WriteCounts } from "../../src/repository/writer/write-counts.js";
import { systemRandom } from "../../src/system/index.js";
import { backupVolume } from "../../src/transfer/backup-volume.js";
import { expectRestores, key, storageOf } from "./backup-world.js";
import { ManualClock } from "./manual-clock.js";
import { MemoryObjectStore } from "./memory-object-store.js";
import type { MemoryVolume } from "./memory-volume.js";
import type { FrameSealer } from "../../src/repository/pack/sealing/frame-sealer.js";

const account = "111122223333/eu-west-1";

/** Volumes of a resource, by id. */
export type Volumes = Readonly<Record<string, MemoryVolume>>;

export interface BedBackupOptions {
  readonly snapshotId: string;
  /** Read and stored at the same time, as a pool of workers does; otherwise one after another, the last begun first finished. */
  readonly atOnce?: boolean;
  /** Reads everything, whatever the repository holds. */
  readonly full?: boolean;
  /** Who seals; the calling thread unless said. */
  readonly sealer?: FrameSealer | undefined;
}

/** A repository in memory and backups into it that say what was written. */
export class DedupBed {
  readonly clock = new ManualClock();
  readonly store = new MemoryObjectStore({ clock: this.clock });
  readonly warnings: string[] = [];

  async create(options: Pick<CreateRepositoryOptions, "immutability" | "packs"> = {}): Promise<Repository> {
    return await Repository.create({ storage: storageOf(this.store), encryption: { key }, ...options }, this.#environment);
  }

  /** A repository that remembers nothing of what was written before. */
  async reopen(index?: { readonly memoryBytes: number }): Promise<Repository> {
    return await Repository.open({ storage: storageOf(this.store), encryption: { key }, index }, this.#environment);
  }

  /** Backs up the frozen volumes as one point; after a failure sessions and all stay as they are, as a killed process would leave them. */
  async backUp(repository: Repository, resource: string, volumes: Volumes, { snapshotId, atOnce = false, full = false, sealer }: BedBackupOptions): Promise<{ point: RestorePoint; counts: WriteCounts; methods: string[] }> {
    this.clock.advance(1_000);
    const now = this.clock.now().toISOString();
    const point = repository.beginPoint({ resource: `${account}/${resource}`, kind: "instance", tags: {} });
    const begin = async ([volumeId, volume]: [string, MemoryVolume]) => {
      const writer = await point.beginVolume(`${account}/${volumeId}`, { sealer });
      return { volumeId, volume, writer, read: await backupVolume(volume.reader(snapshotId), writer, { random: systemRandom, auditBlocks: 0, ignoreBase: full }) };
    };
    const finish = async ({ volumeId, volume, writer, read }: Awaited<ReturnType<typeof begin>>): Promise<string> => {
      const metadata = { resource: `${account}/${volumeId}`, volumeId, snapshotId, volumeSizeBytes: volume.sizeBytes, method: read.method, startedAt: now, finishedAt: now };
      await point.finishVolume(writer, metadata, { volumeId });
      return read.method;
    };
    const methods: string[] = [];
    if (atOnce) {
      const outcomes = await Promise.allSettled(Object.entries(volumes).map(async (entry) => await finish(await begin(entry))));
      for (const outcome of outcomes) {
        if (outcome.status === "rejected") throw outcome.reason;
        methods.push(outcome.value);
      }
    } else {
      const begun = [];
      for (const entry of Object.entries(volumes)) begun.push(await begin(entry));
      for (const one of begun.toReversed()) methods.unshift(await finish(one));
    }
    return { point: await point.commit(), counts: point.counts, methods };
  }

  /** Restores a point and compares it with what the volumes held. */
  async expectHolds(point: RestorePoint, states: Readonly<Record<string, ReadonlyMap<number, Buffer>>>): Promise<void> {
    expect(point.volumes.map(({ volumeId }) => volumeId).sort()).toEqual(Object.keys(states).sort());
    for (const [volumeId, state] of Object.entries(states)) await expectRestores(point, state, volumeId);
  }

  /** Makes the store's answers to `call` about names that begin with `prefix` an error, until the returned function is called. */
  fail(call: "get" | "list", prefix: string, error: Error): () => void {
    const { store } = this;
    if (call === "get") {
      const get = store.get.bind(store);
      store.get = async (name, options) => {
        if (name.startsWith(prefix)) throw error;
        return await get(name, options);
      };
      return () => void (store.get = get);
    }
    const list = store.list.bind(store);
    store.list = async function* (listed, options) {
      if (listed.startsWith(prefix)) throw error;
      yield* list(listed, options);
    };
    return () => void (store.list = list);
  }

  get #environment(): Partial<RepositoryEnvironment> {
    const silent = (): void => undefined;
    return { clock: this.clock, logger: { debug: silent, info: silent, warn: (message) => void this.warnings.push(message), error: silent } };
  }

  names(prefix: string): string[] {
    return [...this.store.objects.keys()].filter((name) => name.startsWith(prefix));
  }

  /** The ids of all blocks in the packs, as the headers of their frames say (docs/repository-format.md, section 4): nothing of the engine is asked. */
  storedBlocks(without: ReadonlySet<string> = new Set()): string[] {
    const ids: string[] = [];
    for (const name of this.names("packs/")) {
      const pack = this.store.objects.get(name);
      if (pack === undefined || without.has(name)) continue;
      for (let at = 0; pack.toString("latin1", at, at + 4) === "HFBK"; at += 64 + pack.readUInt32BE(at + 8) + 16) ids.push(pack.toString("hex", at + 16, at + 32));
    }
    return ids;
  }
}

export function freezeAll(volumes: Volumes, snapshotId: string): Record<string, ReadonlyMap<number, Buffer>> {
  return Object.fromEntries(Object.entries(volumes).map(([id, volume]) => [id, volume.freeze(snapshotId)]));
}
