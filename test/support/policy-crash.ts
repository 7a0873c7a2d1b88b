import { expect } from "vitest";
import type { ObjectStore } from "../../src/ports/index.js";
import { Policy } from "../../src/policy/policy.js";
import type { RestorePoint } from "../../src/repository/points/restore-point.js";
import { Repository } from "../../src/repository/repository.js";
import { expectRestores, key, noiseBlock, textBlock } from "./backup-world.js";
import { ManualClock } from "./manual-clock.js";
import { MemoryCloud } from "./memory-cloud.js";
import { MemoryObjectStore } from "./memory-object-store.js";

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

export async function open(store: MemoryObjectStore, life: Life, clock: ManualClock): Promise<Repository> {
  const storage = { location: "memory", openStore: () => Promise.resolve(storeOf(store, life)) };
  return store.objects.size === 0 ? await Repository.create({ storage, encryption: { key } }, { clock }) : await Repository.open({ storage, encryption: { key } }, { clock });
}

export function policyOf(cloud: MemoryCloud, repository: Repository, clock: ManualClock, name = "gold"): Policy {
  return new Policy({ name, account: cloud, include: [{ instance: "i-a" }], backup: { repository, auditBlocks: 0 } }, { clock });
}

export async function pointsOf(repository: Repository): Promise<RestorePoint[]> {
  const points: RestorePoint[] = [];
  for await (const point of repository.restorePoints()) points.push(point);
  return points;
}

export const immortal = (): Life => new Life(Number.POSITIVE_INFINITY);
export const freeze = (cloud: MemoryCloud): Map<string, Map<number, Buffer>> => new Map([...cloud.in("eu-west-1").volumes].map(([id, { blocks }]) => [id, new Map(blocks)]));

export async function expectPoint(point: RestorePoint | undefined, states: ReadonlyMap<string, ReadonlyMap<number, Buffer>>): Promise<void> {
  if (point === undefined) throw new Error("There is no restore point.");
  for (const [volumeId, state] of states) await expectRestores(point, state, volumeId);
}

/** A policy's second run dies at its call number `last`: the earlier point must be whole, there may be no half point, and the next run takes or removes what is left. Says whether it had that many calls, and so died. */
export async function dieAtCall(last: number): Promise<boolean> {
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
  return life.isOver;
}
