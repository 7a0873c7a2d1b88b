import { expect, it } from "vitest";
import { MeasuringObjectStore } from "../../src/adapters/decorators/measuring-object-store.js";
import { ProviderError } from "../../src/errors/index.js";
import { closingRequests } from "../../src/policy/estimate/assumed.js";
import { Policy } from "../../src/policy/policy.js";
import type { PolicyOptions } from "../../src/policy/policy-options.js";
import type { SessionResult } from "../../src/policy/session-result.js";
import type { ObjectStore } from "../../src/ports/index.js";
import { Repository } from "../../src/repository/repository.js";
import { WorkerPool } from "../../src/workers/index.js";
import { key } from "../support/backup-world.js";
import { ManualClock } from "../support/manual-clock.js";
import { MemoryCloud } from "../support/memory-cloud.js";
import { MemoryObjectStore } from "../support/memory-object-store.js";
import { BruteForce, chance, localClock, type Tier } from "../support/years-of-retention.js";

// The engine runs on its ports: EC2 is a light fake in memory with empty volumes, the store is in memory, and the clock is moved. Everything
// between them (selection, snapshots, writers, commits, retention, leases, records) is the engine's own. The bookkeeping that it is held
// against knows nothing of the engine: it is told what happened to instances and runs, and reckons what must be there.

const dayMs = 86_400_000;
const days = 365;
const instances = 1_000;
const account = "111122223333";
const region = "eu-west-1";

interface Plan {
  readonly name: string;
  readonly schedule: PolicyOptions["schedule"];
  readonly tier: Tier;
}

/** One policy a night, five a week, fourteen a month. What is rarer has more instances: together some 17,000 restore points a year. */
const plans: readonly Plan[] = Array.from({ length: 20 }, (_, number): Plan => {
  const name = `plan-${String(number).padStart(2, "0")}`;
  const hours = [number % 6];
  if (number === 0) return { name, schedule: { daily: { hours } }, tier: { daily: 7, weekly: { keep: 5, on: "sunday" } } };
  if (number <= 5) return { name, schedule: { weekly: { on: "sunday", at: `0${String(number)}:00` } }, tier: { daily: 21 } };
  return { name, schedule: { monthly: { on: (number % 3) + 1, at: `0${String(number % 6)}:30` } }, tier: { daily: 100 } };
});

/** What must be there, by definition. */
class Books {
  readonly points = new Map<string, Map<string, BruteForce>>();
  readonly sessions = new Map<string, { state: string; succeeded: number; failed: number }[]>();

  constructor() {
    for (const { name } of plans) {
      this.points.set(name, new Map());
      this.sessions.set(name, []);
    }
  }

  /** A point was made, and retention passed over its resource. */
  make({ name, tier }: Plan, id: string, atMs: number, local: (ms: number) => string): void {
    const resources = this.points.get(name);
    const resource = `${account}/${region}/${id}`;
    const line = resources?.get(resource) ?? new BruteForce(tier);
    resources?.set(resource, line);
    line.make(new Date(atMs).toISOString(), local(atMs));
    line.remaining(local(atMs));
  }

  /** Every point that must be left, as `policy resource time`. */
  left(nowLocal: string): string[] {
    return [...this.points].flatMap(([policy, resources]) => [...resources].flatMap(([resource, line]) => line.remaining(nowLocal).map((at) => `${policy} ${resource} ${at}`))).sort();
  }
}

it("a year of 1,000 instances under 20 policies leaves exactly the points, sessions, gaps and orphans that a bookkeeping without the engine reckons", async () => {
  const clock = new ManualClock();
  const cloud = new MemoryCloud(clock);
  const random = chance(42);
  const local = localClock("UTC");
  const books = new Books();
  let isDead = false;
  const dead = (): never => {
    throw new ProviderError("The process is gone.", { code: "Gone", service: "s3", operation: "PutObject", retryable: false });
  };
  const memory = new MeasuringObjectStore(new MemoryObjectStore());
  const store: ObjectStore = {
    location: "memory",
    put: async (...call) => (isDead ? dead() : await memory.put(...call)),
    get: async (...call) => (isDead ? dead() : await memory.get(...call)),
    head: async (...call) => (isDead ? dead() : await memory.head(...call)),
    list: (...call) => (isDead ? dead() : memory.list(...call)),
    delete: async (...call) => (isDead ? dead() : await memory.delete(...call)),
  };
  const repository = await Repository.create({ storage: { location: "memory", openStore: () => Promise.resolve(store) }, encryption: { key } }, { clock });
  const workers = WorkerPool.inProcess({ threads: 0, maxParallelVolumes: 8 });
  const newPolicy = ({ name, schedule, tier }: Plan): Policy =>
    new Policy({ name, account: cloud, include: [{ tag: { plan: name } }], schedule, backup: { repository, retention: tier as never, auditBlocks: 0 }, workers, retries: 0 }, { clock });
  const policies = new Map(plans.map((plan) => [plan.name, newPolicy(plan)]));

  const tagged = new Map<string, string>();
  let lastId = 0;
  const launch = (plan: string): void => {
    const id = (++lastId).toString(16).padStart(17, "0");
    cloud.addVolume(`vol-${id}`);
    cloud.addInstance(`i-${id}`, [`vol-${id}`], { tags: { plan } });
    tagged.set(`i-${id}`, plan);
  };
  const terminate = (id: string): void => {
    cloud.in(region).instances.delete(id);
    cloud.in(region).volumes.delete(id.replace("i-", "vol-"));
    tagged.delete(id);
  };
  const retag = (id: string, plan: string): void => {
    const instance = cloud.in(region).instances.get(id);
    if (instance !== undefined) cloud.in(region).instances.set(id, { ...instance, tags: { plan } });
    tagged.set(id, plan);
  };
  // 10 under the nightly policy, 10 under each weekly one, the rest under those of each month
  const planOf = (number: number): string => plans[number < 10 ? 0 : number < 60 ? 1 + (number % 5) : 6 + (number % 14)]?.name ?? "";
  const anyPlan = (): string => planOf(Math.floor(random() * instances));
  for (let number = 0; number < instances; number++) launch(planOf(number));

  const failing = new Set<string>();
  cloud.onCall = (operation, id) => {
    // nobody asks for them, and a year has a million
    cloud.calls.length = 0;
    if (operation === "snapshotInstance" && failing.has(id)) throw new ProviderError("Denied.", { code: "AccessDenied", service: "ec2", operation, retryable: false });
  };

  const one = <Item>(items: readonly Item[]): Item => items[Math.floor(random() * items.length)] as Item;
  const start = clock.now().getTime();
  const due = plans.flatMap((plan) => {
    const runs: { readonly plan: Plan; readonly atMs: number }[] = [];
    for (let after = new Date(start); ; ) {
      const at = policies.get(plan.name)?.next(1, { after })[0]?.at;
      if (at === undefined || at.getTime() > start + days * dayMs) return runs;
      runs.push({ plan, atMs: at.getTime() });
      after = at;
    }
  });
  due.sort((a, b) => a.atMs - b.atMs);
  let [asked, measured] = [0, 0];
  let changedDay = 0;
  let deaths = 0;
  for (const { plan, atMs } of due) {
    clock.advance(Math.max(0, atMs - clock.now().getTime()));
    for (; changedDay < (atMs - start) / dayMs; changedDay++) {
      // each day some come, some go, some are moved to another plan, some to none
      for (let change = 0; change < 2; change++) {
        launch(anyPlan());
        terminate(one([...tagged.keys()]));
        retag(one([...tagged.keys()]), random() < 0.2 ? "nobody" : anyPlan());
      }
    }
    // nobody runs it this time
    if (random() < 0.03) continue;
    const policy = policies.get(plan.name);
    if (policy === undefined) throw new Error(plan.name);
    const selected = [...tagged].filter(([, of]) => of === plan.name).map(([id]) => id);
    failing.clear();
    for (const id of selected) if (random() < 0.02) failing.add(id);
    const dies = random() < 0.02;
    const abort = new AbortController();
    const committed: string[] = [];
    const session = policy.run({ signal: abort.signal });
    const sessions = books.sessions.get(plan.name) ?? [];
    const before = memory.measures();
    try {
      if (dies) {
        for await (const event of session) {
          if (event.type !== "point:committed") continue;
          committed.push(event.resource.split("/")[2] ?? "");
          if (committed.length < 3) continue;
          isDead = true;
          abort.abort(new Error("The process is gone."));
        }
      }
      const { resources, storeRequests } = await session;
      const after = memory.measures();
      for (const { puts, dataPuts, gets, lists } of [storeRequests.repository, closingRequests]) asked += puts + dataPuts + gets + lists;
      measured += after.put.objects - before.put.objects + (after.get.objects - before.get.objects) + (after.head.objects - before.head.objects) + (after.list.calls - before.list.calls);
      expect(resources).toHaveLength(selected.length);
      sessions.push({ state: "succeeded", succeeded: selected.length, failed: 0 });
      for (const id of selected) books.make(plan, id, atMs, local);
    } catch (error) {
      if (isDead) {
        isDead = false;
        policies.set(plan.name, newPolicy(plan));
        sessions.push({ state: "crashed", succeeded: 0, failed: 0 });
        // what it had committed is there; its lease lapses before the next run
        for (const id of committed) books.make(plan, id, atMs, local);
        deaths++;
        continue;
      }
      const { result } = error as { readonly result?: SessionResult };
      if (result === undefined) throw error;
      expect(new Set(result.resources.filter(({ outcome }) => outcome === "failed").map(({ resource }) => resource.split("/")[2]))).toEqual(failing);
      sessions.push({ state: "failed", succeeded: selected.length - failing.size, failed: failing.size });
      for (const id of selected) if (!failing.has(id)) books.make(plan, id, atMs, local);
    }
  }
  expect(deaths).toBeGreaterThan(days / 100);
  // what the results say was asked, and the ends of the runs, is what the store counted, but for the alerts that a failed run raises and the next one resolves
  expect(Math.abs(measured - asked)).toBeLessThan(measured / 100);
  clock.advance(Math.max(0, start + days * dayMs - clock.now().getTime()));

  // retention passes over all points of a policy, also of resources that it selects no more
  for (const policy of policies.values()) await policy.retain();
  const left: string[] = [];
  for await (const { policy = "", resource, createdAt } of repository.restorePoints()) left.push(`${policy} ${resource} ${createdAt.toISOString()}`);
  expect(left.sort()).toEqual(books.left(local(clock.now().getTime())));
  expect(left.length).toBeGreaterThan(1_000);

  for (const [name, policy] of policies) {
    const expected = books.sessions.get(name) ?? [];
    const found: typeof expected = [];
    for await (const { state, result } of policy.sessions()) {
      const { resources = [] } = (result ?? {}) as Partial<SessionResult>;
      const count = (wanted: string): number => resources.filter(({ outcome }) => outcome === wanted).length;
      found.push({ state, succeeded: count("succeeded"), failed: count("failed") });
    }
    // a run that died last has nobody yet to close its record
    const last = expected.at(-1);
    if (last?.state === "crashed") last.state = "running";
    expect(found).toEqual(expected);
  }

  const all = [...policies.values()];
  const [first] = all;
  const nobodys = [...tagged].filter(([, plan]) => plan === "nobody").flatMap(([id]) => [id, id.replace("i-", "vol-")]);
  const gaps = (await first?.unprotected({ others: all.slice(1) })) ?? [];
  expect(gaps.map(({ resource }) => resource).sort()).toEqual(nobodys.map((id) => `${account}/${region}/${id}`).sort());

  // the last policy is given up: its points are orphans, and those of instances that are gone
  const orphans = (await first?.orphans({ others: all.slice(1, -1) })) ?? [];
  const expectedOrphans = new Map<string, { readonly reason: string; points: number }>();
  for (const point of left) {
    const [policy = "", resource = ""] = point.split(" ");
    const isPolicyGone = policy === plans.at(-1)?.name;
    const isGone = !tagged.has(resource.split("/")[2] ?? "");
    if (!isPolicyGone && !isGone) continue;
    const reason = isPolicyGone ? (isGone ? "policy and resource gone" : "policy gone") : "resource gone";
    const found = expectedOrphans.get(`${policy} ${resource}`) ?? { reason, points: 0 };
    found.points++;
    expectedOrphans.set(`${policy} ${resource}`, found);
  }
  expect(new Map(orphans.map(({ policy = "", resource, points, reason }) => [`${policy} ${resource}`, { reason, points }]))).toEqual(expectedOrphans);
  expect(new Set(orphans.map(({ reason }) => reason)).size).toBe(3);

  // native snapshots: of each resource and policy the newest point's, and none of a run that failed
  const snapshots = cloud.snapshotIds();
  const named = new Set<string>();
  for await (const { volumes } of repository.restorePoints()) for (const { snapshotId = "" } of volumes) named.add(snapshotId);
  expect(snapshots.filter((snapshot) => !named.has(snapshot)).length).toBeLessThan(10 * deaths);
});
