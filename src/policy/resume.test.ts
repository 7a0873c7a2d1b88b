import { describe, expect, it } from "vitest";
import { expectRestores, key, textBlock } from "../../test/support/backup-world.js";
import { ManualClock } from "../../test/support/manual-clock.js";
import { MemoryCloud } from "../../test/support/memory-cloud.js";
import { MemoryObjectStore } from "../../test/support/memory-object-store.js";
import { ProviderError } from "../errors/index.js";
import { blockSizeBytes, type BlockReader, type ObjectStore } from "../ports/index.js";
import type { RestorePoint } from "../repository/points/restore-point.js";
import { Repository } from "../repository/repository.js";
import { Policy } from "./policy.js";
import type { SessionResult } from "./session-result.js";

/** What may be read twice: reads under way, packs that were not stored yet, and what no part of the checkpoint told yet. */
const inFlight = 64 + 256 + 3 * 16 * 8;
const zeros = Buffer.alloc(blockSizeBytes);
const audited = 8;
const hourMs = 3_600_000;

/** A cloud with one volume, a repository with packs of 16 blocks, and processes that die. */
class World {
  readonly clock = new ManualClock();
  readonly cloud = new MemoryCloud(this.clock);
  readonly store = new MemoryObjectStore({ clock: this.clock });
  readonly blocks = this.cloud.addVolume("vol-a").blocks;
  isDead = false;

  constructor() {
    // zeros cost next to nothing, and are read and taken over like all others
    for (let index = 0; index < 1_300; index++) this.blocks.set(index, index % 8 === 0 ? textBlock(`block ${index % 400 === 0 ? "twin" : String(index)}`) : zeros);
  }

  names(prefix: string): string[] {
    return [...this.store.objects.keys()].filter((name) => name.startsWith(prefix));
  }

  get reads(): number {
    return this.cloud.count("read");
  }

  async run(options: { readonly full?: boolean; readonly dieAtRead?: number; readonly dieAtPut?: number; readonly retries?: number } = {}): Promise<SessionResult> {
    const repository = await this.open(options.dieAtPut);
    let left = options.dieAtRead ?? Infinity;
    this.cloud.onCall = (operation) => {
      if (operation === "read" && --left < 0) this.isDead = true;
      if (this.isDead) throw new Error("killed");
    };
    const policy = new Policy({ name: "gold", account: this.cloud, include: [{ volume: "vol-a" }], backup: { repository, auditBlocks: 0 }, retries: options.retries ?? 0 }, { clock: this.clock });
    try {
      return await policy.run({ full: options.full });
    } finally {
      this.isDead = false;
      this.cloud.onCall = () => undefined;
      this.clock.advance(hourMs);
    }
  }

  async open(dieAtPut = Infinity): Promise<Repository> {
    let puts = 0;
    const live = async <Result>(work: () => Promise<Result>): Promise<Result> => {
      if (this.isDead) throw new Error("killed");
      return await work();
    };
    const { store } = this;
    const mortal: ObjectStore = {
      location: store.location,
      put: (name, body, options) => {
        if (name.startsWith("packs/") && ++puts > dieAtPut) this.isDead = true;
        return live(() => store.put(name, body, options));
      },
      get: (name, options) => live(() => store.get(name, options)),
      head: (name) => live(() => store.head(name)),
      list: (prefix, options) => store.list(prefix, options),
      delete: (name, options) => live(() => store.delete(name, options)),
    };
    const storage = { location: "memory", openStore: () => Promise.resolve(mortal) };
    if (store.objects.size > 0) return await Repository.open({ storage, encryption: { key } }, { clock: this.clock });
    return await Repository.create({ storage, encryption: { key }, packs: { targetBytes: 8 * 2 ** 20, maxBlocks: 16 } }, { clock: this.clock });
  }

  async expectWhole(): Promise<void> {
    const repository = await this.open();
    const points = await pointsOf(repository);
    await expectRestores(points.at(-1)!, this.blocks, "vol-a");
    expect((await repository.verify({ level: "data" })).findings).toEqual([]);
    expect(this.names("ckpt/")).toEqual([]);
    expect(this.cloud.snapshotIds()).toEqual(points.at(-1)!.volumes.map(({ snapshotId }) => snapshotId));
  }
}

async function pointsOf(repository: Repository): Promise<RestorePoint[]> {
  const points: RestorePoint[] = [];
  for await (const point of repository.restorePoints()) points.push(point);
  return points;
}

const blocksOf = (result: SessionResult) => result.resources[0]!.volumes[0]!.blocks;

describe("a run after one that was killed", () => {
  it("goes on where that one was, also from a newer snapshot: it reads what is left, what changed, and little of what was in flight", async () => {
    const world = new World();
    await expect(world.run({ dieAtRead: 1_000 })).rejects.toThrow();
    expect(world.names("ckpt/").length).toBeGreaterThan(1);
    world.blocks.set(3, textBlock("changed")).set(1_299, textBlock("changed too")).set(900, textBlock("and this")).delete(20);
    const before = world.reads;
    const blocks = blocksOf(await world.run());
    expect(world.reads - before).toBeLessThanOrEqual(300 + 3 + inFlight + audited);
    expect(blocks.resumed).toBeGreaterThan(1_000 - 3 - inFlight);
    expect(blocks.resumed + blocks.read).toBe(1_299);
    await world.expectWhole();
  });

  it("goes on again and again, however often it is killed", async () => {
    const world = new World();
    for (let death = 0; death < 3; death++) await expect(world.run({ dieAtRead: 640 })).rejects.toThrow();
    const { resumed, read } = blocksOf(await world.run());
    expect(resumed).toBeGreaterThan(read);
    await world.expectWhole();
  });

  it("goes on with an increment as with a full backup", async () => {
    const world = new World();
    for (let index = 100; index < 1_100; index++) world.blocks.delete(index);
    await world.run();
    for (let index = 100; index < 1_100; index++) world.blocks.set(index, index % 8 === 0 ? textBlock(`new ${String(index)}`) : zeros);
    for (let index = 30; index < 40; index++) world.blocks.delete(index);
    await expect(world.run({ dieAtRead: 800 })).rejects.toThrow();
    const before = world.reads;
    const result = await world.run();
    expect(result.resources[0]!.volumes[0]).toMatchObject({ method: "incremental", blocks: { removed: 10 } });
    expect(world.reads - before).toBeLessThanOrEqual(200 + inFlight + audited);
    await world.expectWhole();
  });

  it("goes on within one run's retries, from the snapshot that is kept for it", async () => {
    const world = new World();
    let failures = 0;
    const read = world.cloud.openSnapshotReader.bind(world.cloud);
    world.cloud.openSnapshotReader = async (request) => {
      const reader = await read(request);
      const inner = reader.read.bind(reader);
      return Object.assign(reader, {
        read: async (...given: Parameters<BlockReader["read"]>) => {
          if (given[0].index === 1_000 && failures++ === 0) throw new ProviderError("The line broke.", { code: "Unreachable", service: "ebs", operation: "GetSnapshotBlock", retryable: true });
          return await inner(...given);
        },
      });
    };
    const blocks = blocksOf(await world.run({ retries: 1 }));
    expect(failures).toBe(2);
    expect(blocks.resumed).toBeGreaterThan(600);
    await world.expectWhole();
  });

  it("reads again what the repository does not hold any more", async () => {
    const world = new World();
    await expect(world.run({ dieAtRead: 1_000 })).rejects.toThrow();
    const lost = world.names("packs/").slice(0, 10);
    for (const name of lost) world.store.objects.delete(name);
    const blocks = blocksOf(await world.run());
    expect(blocks.resumed).toBeGreaterThan(400);
    expect(blocks.read).toBeGreaterThan(300 + 10 * 14);
    await world.expectWhole();
  });

  it("reads all again once a collection has taken the dead run for what it is", async () => {
    const world = new World();
    await expect(world.run({ dieAtRead: 1_000 })).rejects.toThrow();
    world.clock.advance(72 * hourMs);
    const repository = await world.open();
    await repository.collectGarbage({ graceHours: 0 });
    expect(world.names("packs/")).toEqual([]);
    expect(world.names("ckpt/")).toEqual([]);
    expect(blocksOf(await world.run())).toMatchObject({ resumed: 0, read: 1_300 });
    await world.expectWhole();
  });

  it("reads again from where the checkpoint is damaged", async () => {
    const world = new World();
    await expect(world.run({ dieAtRead: 1_200 })).rejects.toThrow();
    const second = world.names("ckpt/").sort()[1]!;
    world.store.objects.get(second)![40]! ^= 1;
    const { resumed } = blocksOf(await world.run());
    expect(resumed).toBeGreaterThan(200);
    expect(resumed).toBeLessThan(600);
    await world.expectWhole();
  });

  it("takes nothing over by a list of changes where all was to be read", async () => {
    const world = new World();
    await expect(world.run({ dieAtRead: 1_000, full: true })).rejects.toThrow();
    expect(blocksOf(await world.run({ full: true }))).toMatchObject({ resumed: 0, read: 1_300 });
    await world.expectWhole();
  });

  it("finds out that the list of changes since the dead run's snapshot is wrong", async () => {
    const world = new World();
    await expect(world.run({ dieAtRead: 1_000 })).rejects.toThrow();
    for (let index = 0; index < 1_300; index++) world.blocks.set(index, textBlock(`other ${String(index)}`));
    const read = world.cloud.openSnapshotReader.bind(world.cloud);
    world.cloud.openSnapshotReader = async (request) => Object.assign(await read(request), { changesSince: async function* () { yield* []; } });
    await expect(world.run()).rejects.toMatchObject({ failures: [{ error: { code: "WrongChangedBlockList" } }] });
    expect(await pointsOf(await world.open())).toEqual([]);
  });
});

describe("checkpoints", () => {
  it("are not written for what is read in a moment", async () => {
    const world = new World();
    for (let index = 200; index < 1_300; index++) world.blocks.delete(index);
    const puts: string[] = [];
    world.store.onPut = (name) => void puts.push(name);
    await world.run();
    expect(puts.filter((name) => name.startsWith("ckpt/"))).toEqual([]);
  });
});
