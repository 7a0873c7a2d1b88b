import { beforeEach, describe, expect, it } from "vitest";
import { key, noiseBlock } from "../../../test/support/backup-world.js";
import { ManualClock } from "../../../test/support/manual-clock.js";
import { MemoryCloud } from "../../../test/support/memory-cloud.js";
import { MemoryObjectStore } from "../../../test/support/memory-object-store.js";
import type { ObjectStore } from "../../ports/index.js";
import { Repository } from "../../repository/repository.js";
import type { PolicyOptions } from "../policy-options.js";
import { Policy } from "../policy.js";

const dayMs = 86_400_000;
const lock = { mode: "governance", days: 3 } as const;
const [home, away] = ["eu-west-1", "eu-north-1"] as const;

let clock: ManualClock;
let cloud: MemoryCloud;
let memory: MemoryObjectStore;
let archived: MemoryObjectStore;
/** The process that works now: once it is dead, nothing that it asks for takes effect any more. */
let life: { isDead: boolean };

beforeEach(() => {
  clock = new ManualClock();
  cloud = new MemoryCloud(clock);
  [memory, archived] = [new MemoryObjectStore(), new MemoryObjectStore()];
  life = { isDead: false };
  for (const volumeId of ["vol-a1", "vol-a2"]) cloud.addVolume(volumeId).blocks.set(1, noiseBlock());
  cloud.addInstance("i-a", ["vol-a1", "vol-a2"]);
});

/** The store as a process sees it that may die. */
function mortal(store: MemoryObjectStore): ObjectStore {
  const own = life;
  const living = async <Result>(work: () => Promise<Result>): Promise<Result> => {
    if (own.isDead) throw new Error("killed");
    return await work();
  };
  return {
    location: store.location,
    put: (...call) => living(() => store.put(...call)),
    get: (...call) => living(() => store.get(...call)),
    head: (...call) => living(() => store.head(...call)),
    list: (...call) => store.list(...call),
    delete: (...call) => living(() => store.delete(...call)),
  };
}

/** The repository as a new process opens it. */
async function open(store: MemoryObjectStore): Promise<Repository> {
  const storage = { location: "memory", openStore: () => Promise.resolve(mortal(store)) };
  return store.objects.size === 0 ? await Repository.create({ storage, encryption: { key } }, { clock }) : await Repository.open({ storage, encryption: { key } }, { clock });
}

async function newPolicy(options: Partial<PolicyOptions> = {}): Promise<Policy> {
  return new Policy({ name: "gold", account: cloud, include: [{ instance: "i-a" }], backup: { repository: await open(memory), auditBlocks: 0 }, retries: 0, ...options }, { clock });
}

/** A run whose process dies at the nth call of an operation, in a region if one is given; then a day passes. */
async function runAndDie(policy: Policy, operation: string, nth = 1): Promise<void> {
  let calls = 0;
  cloud.onCall = (called) => {
    if (called === operation && ++calls === nth) life.isDead = true;
    if (life.isDead) throw new Error("killed");
  };
  await expect(policy.run()).rejects.toThrow();
  cloud.onCall = () => undefined;
  life = { isDead: false };
  clock.advance(dayMs);
}

const lockedUntil = (region: string): (string | undefined)[] => [...cloud.in(region).snapshots.values()].map((snapshot) => snapshot.lock?.lockedUntil.toISOString().slice(5, 10));

describe("a run that is killed between its commit and its locks", () => {
  it("leaves locks that the next run sets for what is left of their days, asking once for all of the resource", async () => {
    await runAndDie(await newPolicy({ snapshots: { keep: 3, lock } }), "lockSnapshot", 2);
    expect(lockedUntil(home)).toEqual(["11-27", undefined]);
    const { resources } = await (await newPolicy({ snapshots: { keep: 3, lock } })).run();
    expect(resources[0]).toMatchObject({ outcome: "succeeded", warnings: [], locks: { length: 3 } });
    expect(lockedUntil(home)).toEqual(["11-27", "11-27", "11-28", "11-28"]);
    expect(cloud.count("snapshotLocks")).toBe(1);
    clock.advance(3_600_000);
    cloud.calls.length = 0;
    await (await newPolicy({ snapshots: { keep: 3, lock } })).run();
    expect([cloud.count("snapshotLocks"), cloud.count("lockSnapshot")]).toEqual([1, 2]);
  });

  it("loses none of its snapshots where only the newest are kept: they are locked, and wait for that", async () => {
    await runAndDie(await newPolicy({ snapshots: { lock } }), "lockSnapshot");
    await (await newPolicy({ snapshots: { lock } })).run();
    expect([lockedUntil(home), cloud.count("deleteSnapshot")]).toEqual([["11-27", "11-27", "11-28", "11-28"], 0]);
    clock.advance(3_600_000);
    const { resources } = await (await newPolicy({ snapshots: { lock } })).run();
    expect(resources[0]?.waiting).toHaveLength(4);
  });

  it("is made up for also after a second one that was killed before it came so far, and not where the time is over", async () => {
    await runAndDie(await newPolicy({ snapshots: { keep: 3, lock } }), "lockSnapshot");
    await runAndDie(await newPolicy({ snapshots: { keep: 3, lock } }), "lockSnapshot");
    await (await newPolicy({ snapshots: { keep: 3, lock } })).run();
    expect(lockedUntil(home)).toEqual(["11-27", "11-27", "11-28", "11-28", "11-29", "11-29"]);
    clock.advance(5 * dayMs);
    cloud.calls.length = 0;
    await (await newPolicy({ snapshots: { keep: 5, lock } })).run();
    expect([cloud.count("lockSnapshot"), cloud.count("snapshotLocks")]).toEqual([2, 0]);
  });

  it("leaves replicas whose locks the next run sets, too", async () => {
    const options = { replicas: [{ region: away, keep: 2, lock }] };
    await runAndDie(await newPolicy(options), "lockSnapshot", 2);
    expect(lockedUntil(away)).toEqual(["11-27", undefined]);
    await (await newPolicy(options)).run();
    expect(lockedUntil(away)).toEqual(["11-27", "11-27", "11-28", "11-28"]);
    expect(cloud.count("snapshotLocks")).toBe(1);
  });

  it("fails the next run's resource where they cannot be set, and removes nothing", async () => {
    await runAndDie(await newPolicy({ snapshots: { lock } }), "lockSnapshot");
    const [first = ""] = cloud.snapshotIds();
    cloud.onCall = (operation, id) => {
      if (operation === "lockSnapshot" && id === first) throw new Error("not now");
    };
    await expect((await newPolicy({ snapshots: { lock } })).run()).rejects.toMatchObject({ code: "ResourcesFailed", result: { resources: [{ outcome: "failed", error: { message: "not now" }, locks: { length: 3 } }] } });
    expect(cloud.count("deleteSnapshot")).toBe(0);
  });

  it("leaves locks to retention where its resource is gone or selected no more, and the plan says so", async () => {
    const options = { snapshots: { lock }, replicas: [{ region: away, keep: 1, lock }], backup: { repository: await open(memory), retention: { count: 5 }, auditBlocks: 0 } };
    await runAndDie(await newPolicy(options), "lockSnapshot", 4);
    cloud.in(home).instances.delete("i-a");
    const policy = await newPolicy({ ...options, include: [{ tag: { backup: "gold" } }], backup: { ...options.backup, repository: await open(memory) } });
    const planned = (await policy.plan()).retention[0]?.snapshots;
    expect(planned).toMatchObject({ remove: [], lock: [{ region: away, resource: "111122223333/eu-west-1/i-a", reason: "the run that made it ended before it could lock it" }] });
    expect(lockedUntil(away)).toEqual(["11-27", undefined]);
    await policy.retain();
    expect([lockedUntil(home), lockedUntil(away)]).toEqual([["11-27", "11-27"], ["11-27", "11-27"]]);
    expect((await policy.plan()).retention[0]?.snapshots?.lock).toEqual([]);
  });
});

describe("a run that is killed after its commit", () => {
  it("at its replicas leaves none half made for long: the next run completes them, and makes its own", async () => {
    await runAndDie(await newPolicy({ replicas: [{ region: away, keep: 2 }] }), "copySnapshot", 2);
    expect(cloud.snapshotIds(away)).toHaveLength(1);
    await (await newPolicy({ replicas: [{ region: away, keep: 2 }] })).run();
    expect([...cloud.in(away).snapshots.values()].map(({ description }) => description.startedAt.toISOString().slice(5, 10))).toEqual(["11-24", "11-25", "11-25", "11-25"]);
  });

  it("at its replicas of another account leaves no snapshot shared with it for longer than until the next run", async () => {
    const other = new MemoryCloud(clock);
    other.accountId = () => Promise.resolve("444455556666");
    other.regions.set(home, cloud.in(home));
    const options: Partial<PolicyOptions> = { snapshots: { keep: 3 }, replicas: [{ region: home, account: other, keep: 1 }] };
    const shared = (): number => [...cloud.in(home).snapshots.values()].filter(({ sharedWith }) => sharedWith?.has("444455556666")).length;
    other.onCall = (operation) => {
      if (operation === "copySnapshot") life.isDead = true;
      if (life.isDead) throw new Error("killed");
    };
    cloud.onCall = () => {
      if (life.isDead) throw new Error("killed");
    };
    await expect((await newPolicy(options)).run()).rejects.toThrow();
    [cloud.onCall, other.onCall] = [() => undefined, () => undefined];
    life = { isDead: false };
    clock.advance(dayMs);
    expect(shared()).toBe(1);
    const { resources } = await (await newPolicy(options)).run();
    expect(resources[0]).toMatchObject({ outcome: "succeeded", warnings: [] });
    expect(shared()).toBe(0);
  });

  it("before its archive leaves a copy that the next run makes", async () => {
    const options = async (): Promise<Partial<PolicyOptions>> => ({
      snapshots: { lock },
      backup: { repository: await open(memory), retention: { daily: 5 }, auditBlocks: 0 },
      archive: { repository: await open(archived), flags: ["daily"] },
    });
    await runAndDie(await newPolicy(await options()), "lockSnapshot");
    const { resources } = await (await newPolicy(await options())).run();
    expect(resources[0]?.archived).toHaveLength(2);
  });
});
