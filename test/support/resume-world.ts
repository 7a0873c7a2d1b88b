import { expect } from "vitest";
import { expectRestores, key, textBlock } from "./backup-world.js";
import { ManualClock } from "./manual-clock.js";
import { MemoryCloud } from "./memory-cloud.js";
import { MemoryObjectStore } from "./memory-object-store.js";
import { ProviderError } from "../../src/errors/index.js";
import { blockSizeBytes, type ObjectStore } from "../../src/ports/index.js";
import type { RestorePoint } from "../../src/repository/points/restore-point.js";
import { Repository } from "../../src/repository/repository.js";
import { Policy } from "../../src/policy/policy.js";
import type { SessionResult } from "../../src/policy/session-result.js";

/** What may be read twice: reads under way, packs that were not stored yet, and what no part of the checkpoint told yet. */
export const inFlight = 64 + 256 + 3 * 16 * 8;
export const zeros = Buffer.alloc(blockSizeBytes);
export const audited = 8;
export const hourMs = 3_600_000;

/** A cloud with one volume, a repository with packs of 16 blocks, and processes that die. */
export class ResumeWorld {
  readonly clock = new ManualClock();
  readonly cloud = new MemoryCloud(this.clock);
  readonly store = new MemoryObjectStore({ clock: this.clock });
  readonly blocks = this.cloud.addVolume("vol-a").blocks;
  /** The number of names in each removal of several objects. */
  readonly removals: number[] = [];
  /** What a removal of several objects meets once so many of them are gone; nothing by default. */
  removalFault: { readonly after: number; readonly kind: "fail" | "kill" } | undefined;

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
    // a process that is dead stays so: its timers must not renew what it held
    const life = { isDead: false };
    const repository = await this.open(options.dieAtPut, life);
    let left = options.dieAtRead ?? Infinity;
    this.cloud.onCall = (operation) => {
      if (operation === "read" && --left < 0) life.isDead = true;
      if (life.isDead) throw new Error("killed");
    };
    const policy = new Policy({ name: "gold", account: this.cloud, include: [{ volume: "vol-a" }], backup: { repository, auditBlocks: 0 }, retries: options.retries ?? 0 }, { clock: this.clock });
    try {
      return await policy.run({ full: options.full });
    } finally {
      this.cloud.onCall = () => undefined;
      this.clock.advance(hourMs);
    }
  }

  async open(dieAtPut = Infinity, life = { isDead: false }): Promise<Repository> {
    let puts = 0;
    const live = async <Result>(work: () => Promise<Result>): Promise<Result> => {
      if (life.isDead) throw new Error("killed");
      return await work();
    };
    const { store } = this;
    const mortal: ObjectStore = {
      location: store.location,
      put: (name, body, options) => {
        if (name.startsWith("packs/") && ++puts > dieAtPut) life.isDead = true;
        return live(() => store.put(name, body, options));
      },
      get: (name, options) => live(() => store.get(name, options)),
      head: (name) => live(() => store.head(name)),
      list: (prefix, options) => store.list(prefix, options),
      delete: (name, options) => live(() => store.delete(name, options)),
      deleteMany: (names, options) =>
        live(async () => {
          this.removals.push(names.length);
          const { after, kind } = this.removalFault ?? { after: names.length, kind: "fail" };
          await store.deleteMany(names.slice(0, after), options);
          if (after >= names.length) return;
          if (kind === "kill") life.isDead = true;
          throw kind === "kill" ? new Error("killed") : new ProviderError("the store refused some of the names, as the test wants it", { code: "AccessDenied", service: "s3", operation: "DeleteObjects" });
        }),
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

export async function pointsOf(repository: Repository): Promise<RestorePoint[]> {
  const points: RestorePoint[] = [];
  for await (const point of repository.restorePoints()) points.push(point);
  return points;
}

export const blocksOf = (result: SessionResult) => result.resources[0]!.volumes[0]!.blocks;
