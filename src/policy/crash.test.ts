import { describe, expect, it } from "vitest";
import { expectRestores, key, noiseBlock, textBlock } from "../../test/support/backup-world.js";
import { ManualClock } from "../../test/support/manual-clock.js";
import { MemoryCloud } from "../../test/support/memory-cloud.js";
import { MemoryObjectStore } from "../../test/support/memory-object-store.js";
import type { ObjectStore } from "../ports/index.js";
import type { RestorePoint } from "../repository/points/restore-point.js";
import { Repository } from "../repository/repository.js";
import { Policy } from "./policy.js";

/** A process that dies at its nth call: that call, and all later ones, never take effect. */
class Life {
  calls = 0;
  readonly #last: number;

  constructor(last: number) {
    this.#last = last;
  }

  get isOver(): boolean {
    return this.calls > this.#last;
  }

  async call<Result>(work: () => Promise<Result>): Promise<Result> {
    this.calls++;
    if (this.isOver) throw new Error("killed");
    return await work();
  }
}

/** The store as one process sees it while it lives. */
function storeOf(store: MemoryObjectStore, life: Life): ObjectStore {
  return {
    location: store.location,
    put: (name, body, options) => life.call(() => store.put(name, body, options)),
    get: (name, options) => life.call(() => store.get(name, options)),
    head: (name) => life.call(() => store.head(name)),
    list: (prefix, options) => store.list(prefix, options),
    delete: (name, options) => life.call(() => store.delete(name, options)),
  };
}

async function open(store: MemoryObjectStore, life: Life, clock: ManualClock): Promise<Repository> {
  const storage = { location: "memory", openStore: () => Promise.resolve(storeOf(store, life)) };
  return store.objects.size === 0 ? await Repository.create({ storage, encryption: { key } }, { clock }) : await Repository.open({ storage, encryption: { key } }, { clock });
}

function policyOf(cloud: MemoryCloud, repository: Repository, clock: ManualClock, name = "gold"): Policy {
  return new Policy({ name, account: cloud, include: [{ instance: "i-a" }], backup: { repository, auditBlocks: 0 } }, { clock });
}

async function pointsOf(repository: Repository): Promise<RestorePoint[]> {
  const points: RestorePoint[] = [];
  for await (const point of repository.restorePoints()) points.push(point);
  return points;
}

const immortal = (): Life => new Life(Number.POSITIVE_INFINITY);
const freeze = (cloud: MemoryCloud): Map<string, Map<number, Buffer>> => new Map([...cloud.in("eu-west-1").volumes].map(([id, { blocks }]) => [id, new Map(blocks)]));

async function expectPoint(point: RestorePoint | undefined, states: ReadonlyMap<string, ReadonlyMap<number, Buffer>>): Promise<void> {
  if (point === undefined) throw new Error("There is no restore point.");
  for (const [volumeId, state] of states) await expectRestores(point, state, volumeId);
}

describe("a policy's run that is killed", () => {
  it("at any call leaves the earlier point whole, no half point, and nothing that the next run does not take or remove", async () => {
    let deaths = 0;
    for (let last = 1; ; last++) {
      const clock = new ManualClock();
      const cloud = new MemoryCloud(clock);
      const store = new MemoryObjectStore();
      const blocks = cloud.addVolume("vol-a1").blocks.set(0, textBlock("boot")).set(700, noiseBlock());
      cloud.addVolume("vol-a2").blocks.set(3, noiseBlock());
      cloud.addInstance("i-a", ["vol-a1", "vol-a2"]);
      const first = freeze(cloud);
      await policyOf(cloud, await open(store, immortal(), clock), clock).run();

      blocks.set(1, textBlock("second")).delete(700);
      const second = freeze(cloud);
      clock.advance(3_600_000);
      const life = new Life(last);
      cloud.onCall = () => life.call(() => Promise.resolve());
      const killed = await open(store, life, clock).then((repository) => policyOf(cloud, repository, clock).run()).then(
        () => undefined,
        (error: unknown) => error,
      );
      cloud.onCall = () => undefined;
      if (life.isOver) deaths++;

      const repository = await open(store, immortal(), clock);
      const afterDeath = await pointsOf(repository);
      await expectPoint(afterDeath[0], first);
      if (killed === undefined) expect(afterDeath).toHaveLength(2);
      if (afterDeath.length === 2) await expectPoint(afterDeath[1], second);
      expect((await repository.verify({ level: "data" })).findings).toEqual([]);

      blocks.set(2, textBlock("third"));
      const third = freeze(cloud);
      clock.advance(3_600_000);
      const { resources } = await policyOf(cloud, repository, clock).run();
      const points = await pointsOf(repository);
      await expectPoint(points.at(-1), third);
      expect(cloud.snapshotIds().sort()).toEqual(resources[0]?.volumes.map(({ snapshotId }) => snapshotId).sort());
      if (!life.isOver) break;
    }
    expect(deaths).toBeGreaterThan(30);
  });
});

describe("two processes that back up the same instance at once, for two policies", () => {
  it("make whole points, whoever is faster", async () => {
    for (let round = 0; round < 5; round++) {
      const clock = new ManualClock();
      const cloud = new MemoryCloud(clock);
      const store = new MemoryObjectStore();
      cloud.addVolume("vol-a1").blocks.set(0, noiseBlock()).set(1, noiseBlock());
      cloud.addVolume("vol-a2").blocks.set(3, noiseBlock());
      cloud.addInstance("i-a", ["vol-a1", "vol-a2"]);
      const state = freeze(cloud);
      const [one, two] = [await open(store, immortal(), clock), await open(store, immortal(), clock)];
      cloud.onCall = async () => {
        for (let turn = Math.random() * 3; turn > 0; turn--) await new Promise((resolve) => setImmediate(resolve));
      };
      await Promise.all([policyOf(cloud, one, clock).run(), policyOf(cloud, two, clock, "silver").run()]);
      const points = await pointsOf(one);
      expect(points).toHaveLength(2);
      for (const point of points) await expectPoint(point, state);
      expect((await one.verify({ level: "data" })).findings).toEqual([]);
    }
  });
});
