import { expect } from "vitest";
import { blockSizeBytes, type ObjectInfo } from "../../src/ports/index.js";
import { objectNames } from "../../src/repository/format/object-names.js";
import type { RestorePoint } from "../../src/repository/points/restore-point.js";
import { Repository } from "../../src/repository/repository.js";
import type { RepositoryOptions } from "../../src/repository/repository-options.js";
import { restoreVolume } from "../../src/transfer/restore-volume.js";
import { MemoryObjectStore } from "../../src/testing/memory-object-store.js";
import { SeededRandom } from "../../src/testing/seeded-random.js";
import { key } from "../support/backup-world.js";
import { ManualClock } from "../support/manual-clock.js";
import { MemoryBlockWriter, MemoryVolume } from "../support/memory-volume.js";
import type { Process, Scheduler } from "./scheduler.js";
import { SimulatedClock } from "./simulated-clock.js";
import { SimulatedStore } from "./simulated-store.js";

const volumeBlocks = 4;
/** So few that volumes share blocks, come back to old ones, and find them by the index. */
const contents = Array.from({ length: 6 }, (_, content) => Buffer.alloc(blockSizeBytes, `content ${String(content)}`));

/** So many collections leave nothing: one ends what was cut short, one withdraws orphans, one retires them, one takes their packs, one a compaction's rest. */
const collections = 5;

/** What a process of the simulated world works with. */
export interface Station {
  readonly repository: Repository;
  readonly clock: SimulatedClock;
  readonly random: SeededRandom;
}

/** A repository that simulated processes share, and what they have backed up, which the engine did not make. */
export class World {
  readonly store = new MemoryObjectStore();
  /** Of the repository that points are copied to. */
  readonly copies = new MemoryObjectStore();
  readonly random: SeededRandom;
  readonly #volumes = new Map<string, MemoryVolume>();
  /** What a volume held when a snapshot of it was taken, by the snapshot. */
  readonly #states = new Map<string, ReadonlyMap<number, Buffer>>();
  #snapshots = 0;

  private constructor(random: SeededRandom) {
    this.random = random;
  }

  static async create(random: SeededRandom): Promise<World> {
    const world = new World(random);
    for (const store of [world.store, world.copies]) await Repository.create(world.#options(store), { clock: new ManualClock(), random: new SeededRandom(7) });
    return world;
  }

  /** Another world in which the same has happened until now, and what comes next is decided by `random`. */
  async fork(random: SeededRandom): Promise<World> {
    const world = new World(random);
    for (const [name, body] of this.store.objects) await world.store.put(name, body);
    for (const [name, body] of this.copies.objects) await world.copies.put(name, body);
    for (const [volumeId, volume] of this.#volumes) world.#volumes.set(volumeId, volume.copy());
    for (const [snapshotId, state] of this.#states) world.#states.set(snapshotId, state);
    world.#snapshots = this.#snapshots;
    return world;
  }

  /** Opens the repository for a process, by a store and a clock of its own. */
  async open(scheduler: Scheduler, process: Process, shared = this.store): Promise<Station> {
    const random = new SeededRandom(Math.floor(this.random.fraction() * 2 ** 32));
    const clock = new SimulatedClock(scheduler, process, random);
    // opening is not what is simulated: it reads two objects that nobody changes
    const through = { store: undefined as SimulatedStore | undefined };
    const simulated = new SimulatedStore(shared, scheduler, process);
    const storage = { location: "simulation", openStore: () => Promise.resolve(switching(shared, () => through.store)) };
    const repository = await Repository.open({ storage, encryption: { key }, index: { memoryBytes: 2 ** 20 } }, { clock, random });
    through.store = simulated;
    return { repository, clock, random };
  }

  /** Changes a volume and freezes it: the snapshot's name, and a reader of it. */
  changeAndFreeze(volumeId: string, random: SeededRandom): { readonly volume: MemoryVolume; readonly snapshotId: string } {
    const volume = this.#volumes.get(volumeId) ?? new MemoryVolume(volumeBlocks * blockSizeBytes);
    this.#volumes.set(volumeId, volume);
    for (let index = 0; index < volumeBlocks; index++) {
      const chance = random.fraction();
      if (chance < 0.4) volume.blocks.set(index, contents[Math.floor(random.fraction() * contents.length)] ?? Buffer.alloc(0));
      else if (chance < 0.5) volume.blocks.delete(index);
    }
    const snapshotId = `snap-${String(this.#snapshots++)}`;
    this.#states.set(snapshotId, volume.freeze(snapshotId));
    return { volume, snapshotId };
  }

  /** A volume that holds what another held when `snapshotId` was taken of it, or what none ever held, frozen. */
  freezeLike(volumeId: string, snapshotId: string | undefined): { readonly volume: MemoryVolume; readonly snapshotId: string } {
    const state = snapshotId === undefined ? new Map([[0, Buffer.alloc(blockSizeBytes, `only in ${volumeId}`)]]) : this.#states.get(snapshotId);
    if (state === undefined || state.size === 0) throw new Error(`${snapshotId ?? "it"} holds nothing`);
    const volume = new MemoryVolume(volumeBlocks * blockSizeBytes);
    for (const [index, data] of state) volume.blocks.set(index, data);
    this.#volumes.set(volumeId, volume);
    const own = `snap-${String(this.#snapshots++)}`;
    this.#states.set(own, volume.freeze(own));
    return { volume, snapshotId: own };
  }

  /** Restores a point by `repository` and compares each byte. */
  async expectRestores(point: RestorePoint): Promise<void> {
    for (const { volumeId, snapshotId } of point.volumes) {
      const state = this.#states.get(snapshotId ?? "");
      if (state === undefined) throw new Error(`${point.id} is of a snapshot that was never taken`);
      const writer = new MemoryBlockWriter();
      await restoreVolume(await point.blockMap(volumeId), writer);
      if (writer.blocks.size !== state.size) throw new Error(`${point.id} has ${String(writer.blocks.size)} blocks of ${volumeId}, not ${String(state.size)}`);
      for (const [index, data] of state) if (writer.blocks.get(index)?.equals(data) !== true) throw new Error(`block ${String(index)} of ${volumeId} in ${point.id} is another`);
    }
  }

  /** All points of the repository as a process that nothing disturbs sees them: each must restore. Gives their number. */
  async expectAllRestore(): Promise<number> {
    let points = 0;
    for (const store of [this.store, this.copies]) {
      const repository = await this.#calm(store);
      for await (const point of repository.restorePoints()) {
        await this.expectRestores(point);
        points++;
      }
    }
    return points;
  }

  /** When everybody has ended or died: collections leave exactly what the points need. */
  async expectCollectedClean(): Promise<void> {
    for (const store of [this.store, this.copies]) {
      const repository = await this.#calm(agedStore(store));
      for (let round = 0; round < collections; round++) await repository.collectGarbage({ graceHours: 0, orphanDays: 0 });
    }
    await this.expectAllRestore();
    for (const store of [this.store, this.copies]) await this.#expectOnlyNeeded(store);
  }

  async #expectOnlyNeeded(store: MemoryObjectStore): Promise<void> {
    const repository = await this.#calm(agedStore(store));
    const needed = await neededPacks(repository);
    const names = [...store.objects.keys()];
    const packs = names.filter((name) => /^(packs|meta)\//.test(name));
    // what was compacted lies in other packs, which relocations name
    const moved = names.some((name) => name.startsWith("reloc/"));
    if (!moved) expect(packs.sort()).toEqual([...needed].sort());
    expect(names.filter((name) => name.startsWith("sess/"))).toEqual([]);
    expect(await repository.collectGarbage({ graceHours: 0, orphanDays: 0 })).toMatchObject({ status: "nothing", retiredRecords: 0, orphans: 0 });
  }

  async #calm(store: MemoryObjectStore): Promise<Repository> {
    return await Repository.open(this.#options(store), { clock: new ManualClock(), random: new SeededRandom(99) });
  }

  #options(store: MemoryObjectStore): RepositoryOptions {
    return { storage: { location: "simulation", openStore: () => Promise.resolve(store) }, encryption: { key } };
  }
}

async function neededPacks(repository: Repository): Promise<Set<string>> {
  const needed = new Set<string>();
  for await (const point of repository.restorePoints()) {
    for (const { volumeId } of point.volumes) {
      const map = await point.blockMap(volumeId);
      for (const ordinal of map.reachedOrdinals) needed.add(objectNames.pack((await map.packReference(ordinal)).id));
    }
  }
  return needed;
}

/** The shared store until a process has its own. */
function switching(shared: MemoryObjectStore, own: () => SimulatedStore | undefined): MemoryObjectStore {
  return new Proxy(shared, {
    get: (target, property) => {
      const chosen: object = own() ?? target;
      const value: unknown = Reflect.get(chosen, property, chosen);
      return typeof value === "function" ? (value.bind(chosen) as unknown) : value;
    },
  });
}

/** The store as it is long after: whatever lies there is old, and what is written now is not. */
function agedStore(shared: MemoryObjectStore): MemoryObjectStore {
  const old = new Date("2026-01-01T00:00:00Z");
  const now = new Date("2027-06-01T00:00:00Z");
  return new Proxy(shared, {
    get: (target, property) => {
      if (property === "put") return async (...args: Parameters<MemoryObjectStore["put"]>): Promise<ObjectInfo> => ({ ...(await target.put(...args)), modifiedAt: now });
      if (property === "list") {
        return async function* (...args: Parameters<MemoryObjectStore["list"]>): AsyncGenerator<ObjectInfo> {
          for await (const info of target.list(...args)) yield { ...info, modifiedAt: old };
        };
      }
      const value: unknown = Reflect.get(target, property, target);
      return typeof value === "function" ? (value.bind(target) as unknown) : value;
    },
  });
}
