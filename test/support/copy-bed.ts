import { FaultInjectingObjectStore } from "../../src/adapters/decorators/fault-injecting-object-store.js";
import { Repository, type PackOptions, type RestorePoint } from "../../src/index.js";
import type { ObjectStorage, ObjectStore } from "../../src/ports/index.js";
import type { RepositoryHandOver } from "../../src/repository/hand-over.js";
import { systemRandom } from "../../src/system/index.js";
import { MemoryObjectStore } from "../../src/testing/index.js";
import { backupVolume } from "../../src/transfer/backup-volume.js";
import { expectRestores } from "./backup-world.js";
import type { Volumes } from "./dedup-bed.js";
import { ManualClock } from "./manual-clock.js";
import { MemoryWorkerCompute, workerAccount } from "./memory-workers.js";

const account = "111122223333/eu-west-1";

/** A restore point with what its volumes held. */
export interface KnownPoint {
  readonly point: RestorePoint;
  readonly states: Readonly<Record<string, ReadonlyMap<number, Buffer>>>;
}

/** A repository in memory, to copy from or to. */
export class CopyBed {
  readonly store: MemoryObjectStore;
  readonly clock: ManualClock;
  readonly #key: Buffer;
  readonly #packs: PackOptions | undefined;
  /** As which other machines know the place. */
  readonly #bucket: string | undefined;

  constructor({ key = 7, packs, archive = false, clock = new ManualClock(), bucket }: { key?: number; packs?: PackOptions; archive?: boolean; clock?: ManualClock; bucket?: string } = {}) {
    this.#key = Buffer.alloc(32, key);
    this.#bucket = bucket;
    this.#packs = packs;
    this.clock = clock;
    this.store = new MemoryObjectStore({ archive, clock });
  }

  async create(): Promise<Repository> {
    return await Repository.create({ ...this.#options(this.store), packs: this.#packs }, { clock: this.clock });
  }

  /** A repository that remembers nothing, over `store` where one is given. */
  async open(store: ObjectStore = this.store): Promise<Repository> {
    return await Repository.open(this.#options(store), { clock: this.clock });
  }

  /** As another machine opens it, by what was handed over. */
  async openAs({ repositoryId, role, secret }: RepositoryHandOver): Promise<Repository> {
    return await Repository.openWithKeys({ storage: this.#options(this.store).storage, repositoryId, role, secret: secret() }, { clock: this.clock });
  }

  /** A store over this one's that does wrong on demand. */
  faulty(): FaultInjectingObjectStore {
    return new FaultInjectingObjectStore(this.store);
  }

  /** Backs up the volumes, as they are now, as one point. */
  async backUp(repository: Repository, resource: string, volumes: Volumes, snapshotId: string): Promise<KnownPoint> {
    this.clock.advance(60_000);
    const at = this.clock.now().toISOString();
    const ids = Object.keys(volumes);
    const point = repository.beginPoint({
      resource: `${account}/${resource}`,
      kind: resource.startsWith("i-") ? "instance" : "volume",
      name: `the ${resource}`,
      tags: { team: "blue" },
      policy: "gold",
      ...(resource.startsWith("i-") && { instance: { InstanceType: "c5.large" } }),
    });
    const states: Record<string, ReadonlyMap<number, Buffer>> = {};
    for (const [volumeId, volume] of Object.entries(volumes)) {
      states[volumeId] = volume.freeze(snapshotId);
      const writer = await point.beginVolume(`${account}/${volumeId}`);
      const { method } = await backupVolume(volume.reader(snapshotId), writer, { random: systemRandom, auditBlocks: 0 });
      const metadata = { resource: `${account}/${volumeId}`, volumeId, snapshotId: `${snapshotId}-${volumeId}`, volumeSizeBytes: volume.sizeBytes, method, startedAt: at, finishedAt: at, volume: { volumeType: "gp3" } };
      await point.finishVolume(writer, metadata, { volumeId, ...(ids.length > 1 && { deviceName: `/dev/xvd${String.fromCharCode(97 + ids.indexOf(volumeId))}` }) });
    }
    return { point: await point.commit(), states };
  }

  names(prefix: string): string[] {
    return [...this.store.objects.keys()].filter((name) => name.startsWith(prefix)).sort();
  }

  /** The ids of all blocks in the packs, as the headers of their frames say: nothing of the engine is asked. */
  storedBlocks(): string[] {
    return this.names("packs/").flatMap((name) => frameIds(this.store.objects.get(name) ?? Buffer.alloc(0)));
  }

  #options(store: ObjectStore): { storage: ObjectStorage; encryption: { key: Buffer } } {
    const place = this.#bucket === undefined ? undefined : { bucket: this.#bucket, prefix: "", region: "eu-west-1", account: workerAccount(new MemoryWorkerCompute()) };
    return { storage: { location: "memory", openStore: () => Promise.resolve(store), place }, encryption: { key: this.#key } };
  }
}

/** The block ids in a pack, by docs/repository-format.md, section 4. */
export function frameIds(pack: Buffer): string[] {
  const ids: string[] = [];
  for (let at = 0; pack.toString("latin1", at, at + 4) === "HFBK"; at += 64 + pack.readUInt32BE(at + 8) + 16) ids.push(pack.toString("hex", at + 16, at + 32));
  return ids;
}

/** Restores every volume of a point, with nothing of what wrote it, and compares every byte with what the volumes held. */
export async function expectHolds(repository: Repository, id: string, states: KnownPoint["states"]): Promise<RestorePoint> {
  const point = await repository.restorePoint(id);
  for (const [volumeId, state] of Object.entries(states)) await expectRestores(point, state, volumeId);
  return point;
}
