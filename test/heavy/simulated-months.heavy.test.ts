import { CreateTagsCommand, DescribeImagesCommand, DescribeInstancesCommand, DescribeLockedSnapshotsCommand, DescribeSnapshotsCommand, RunInstancesCommand, TerminateInstancesCommand, type Snapshot } from "@aws-sdk/client-ec2";
import { CreateBucketCommand } from "@aws-sdk/client-s3";
import { AwsAccount, Policy, Repository, s3Storage, WorkerPool, type Clock, type PolicyOptions, type RestorePoint, type SessionResult } from "holdfast";
import { LocalCloud } from "holdfast/local";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { SystemClock } from "../../src/system/index.js";
import { expectRestores, noiseBlock } from "../support/backup-world.js";
import { BruteForce, chance, localClock, type Tier } from "../support/years-of-retention.js";

// The whole engine over the wire, on the local cloud's clock, in a zone whose clocks are set forward meanwhile. What must be there is reckoned by a
// bookkeeping that knows nothing of the engine: it is told what was done to instances and runs.

const [home, away] = ["eu-west-1", "eu-north-1"] as const;
const zone = "Europe/Oslo";
const [minuteMs, hourMs, dayMs] = [60_000, 3_600_000, 86_400_000] as const;
const blockBytes = 524_288;
const days = 60;
/** A Thursday; the clocks are set forward on 28 March. */
const start = Date.UTC(2027, 1, 25);
const local = localClock(zone);
const weekdayOf = (day: number): number => new Date(start + day * dayMs).getUTCDay();
const dateOf = (day: number): string => new Date(start + day * dayMs).toISOString().slice(0, 10);

interface Plan {
  readonly name: string;
  readonly schedule: PolicyOptions["schedule"];
  readonly hour: number;
  readonly isDue: (day: number) => boolean;
  readonly tier: Tier;
  readonly keep: number;
  readonly lockDays?: number;
  readonly replica?: { readonly keep: number; readonly lockDays?: number };
  readonly isArchived?: boolean;
}

const plans: readonly Plan[] = [
  { name: "gold", schedule: { daily: { hours: [2] }, timeZone: zone }, hour: 2, isDue: () => true, tier: { daily: 5, weekly: { keep: 4, on: "sunday" } }, keep: 2, lockDays: 3, replica: { keep: 2 }, isArchived: true },
  { name: "silver", schedule: { weekly: { on: "sunday", at: "04:00" }, timeZone: zone }, hour: 4, isDue: (day) => weekdayOf(day) === 0, tier: { daily: 21 }, keep: 1, replica: { keep: 1, lockDays: 10 } },
  { name: "bronze", schedule: { monthly: { on: 15, at: "05:00" }, timeZone: zone }, hour: 5, isDue: (day) => dateOf(day).endsWith("-15"), tier: { daily: 40 }, keep: 1 },
];
const archiveTier: Tier = { daily: 30 };

/** What goes wrong with the nightly policy, by the day. */
const trouble: Readonly<Record<number, "crash" | "no-replicas" | "no-archive" | "no-snapshots" | "missed">> = { 6: "crash", 9: "no-replicas", 12: "no-snapshots", 13: "no-snapshots", 17: "crash", 24: "no-archive", 28: "missed", 31: "no-replicas", 38: "crash", 40: "no-snapshots" };

/** When a run of a day is due, by the machine's own calendar: an hour that is skipped is taken at the offset before, winter's. */
function dueMs(day: number, hour: number): number {
  const asUtc = Date.parse(`${dateOf(day)}T0${String(hour)}:00:00Z`);
  return [2, 1].map((offset) => asUtc - offset * hourMs).find((at) => local(at) === `${dateOf(day)} 0${String(hour)}:00:00`) ?? asUtc - hourMs;
}

/** A native snapshot's or replica's place in the books. */
interface Kept {
  readonly day: string;
  /** Of a replica that was made up for: the day of its point. */
  readonly of?: string;
  readonly madeMs: number;
  lockedUntilMs: number;
  /** Whether its run ended before it could be locked. */
  isOwed: boolean;
}

/** What must be there of one resource, by definition. */
class Line {
  readonly plan: Plan;
  readonly points: BruteForce;
  readonly archive = new BruteForce(archiveTier);
  snapshots: Kept[] = [];
  replicas: Kept[] = [];
  /** First points of their weeks that are not in the archive yet. */
  readonly #unarchived: { readonly day: string; readonly madeMs: number }[] = [];
  #week = Number.NaN;

  constructor(plan: Plan) {
    this.plan = plan;
    this.points = new BruteForce(plan.tier);
  }

  /** A point was made; `isWhole`: its process lived on. */
  make(day: number, ms: number, { isWhole = true, hasReplicas = true, hasArchive = true } = {}): void {
    const { keep, lockDays, replica, isArchived } = this.plan;
    const made = { day: dateOf(day), madeMs: ms };
    this.points.make(made.day, local(ms));
    const week = Math.floor((day + 4) / 7);
    if (isArchived === true && week !== this.#week) this.#unarchived.push(made);
    this.#week = week;
    const before = this.snapshots.at(-1)?.day;
    this.snapshots.push({ ...made, lockedUntilMs: isWhole ? ms + (lockDays ?? 0) * dayMs : 0, isOwed: !isWhole && lockDays !== undefined });
    if (!isWhole) return;
    this.snapshots = this.#retire(this.snapshots, keep, ms, lockDays ?? 0);
    if (replica !== undefined && hasReplicas) {
      // the one that the day before missed is made up for
      if (replica.keep > 1 && before !== undefined && !this.replicas.some(({ day: on, of = on }) => of === before)) this.replicas.push({ ...made, of: before, lockedUntilMs: ms + (replica.lockDays ?? 0) * dayMs, isOwed: false });
      this.replicas.push({ ...made, lockedUntilMs: ms + (replica.lockDays ?? 0) * dayMs, isOwed: false });
      this.replicas = this.#retire(this.replicas, replica.keep, ms, replica.lockDays ?? 0);
    }
    if (!hasArchive) return;
    for (const { day: of, madeMs } of this.#unarchived.splice(0)) this.archive.make(of, local(madeMs));
    this.points.remaining(local(ms));
    if (isArchived === true) this.archive.remaining(local(ms));
  }

  /** The newest stay, and what is locked; locks that a run owed are set, for what is left of their days, rounded up. */
  #retire(sets: Kept[], keep: number, ms: number, lockDays: number): Kept[] {
    for (const set of sets) {
      const leftMs = set.madeMs + lockDays * dayMs - ms;
      if (set.isOwed && leftMs > 0) set.lockedUntilMs = ms + Math.ceil(leftMs / dayMs) * dayMs;
      set.isOwed = false;
    }
    return sets.filter((set, index) => index >= sets.length - keep || set.lockedUntilMs > ms);
  }

  /** Retention by itself: also of a resource that no run comes across any more. */
  retain(ms: number): void {
    const left = new Set(this.points.remaining(local(ms)));
    if (this.plan.isArchived === true) this.archive.remaining(local(ms));
    const stays = ({ day, of = day, lockedUntilMs }: Kept): boolean => left.has(of) || lockedUntilMs > ms;
    this.snapshots = this.snapshots.filter(stays);
    this.replicas = this.replicas.filter(stays);
  }
}

let folder: string;
let cloud: LocalCloud;
let account: AwsAccount;
const system = new SystemClock();
const clock: Clock = { now: () => cloud.clock.now(), monotonicMs: () => system.monotonicMs(), sleep: async (ms, signal) => await system.sleep(ms, signal) };
/** Looks again at once: nothing here takes longer than the cloud's 50 ms. */
const hasty: Clock = { ...clock, sleep: async (ms, signal) => await system.sleep(Math.min(ms, 5), signal) };

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "holdfast-months-"));
  cloud = await LocalCloud.start({ directory: join(folder, "cloud"), durable: false, limits: { blocks: "none" } });
  cloud.clock.advance(start - cloud.clock.now().getTime());
  account = new AwsAccount({ ...cloud.connection({ region: home }), clock: hasty, limits: { baseDelayMs: 5, maxDelayMs: 100 } });
  for (const Bucket of ["backups", "archive"]) await account.s3(home).send(new CreateBucketCommand({ Bucket, CreateBucketConfiguration: { LocationConstraint: home } }));
});
afterAll(async () => {
  await account.close();
  await cloud.close();
  await rm(folder, { recursive: true, force: true });
});

it("sixty days of three policies on the local cloud leave exactly the points, copies, snapshots, replicas, locks and sessions that a bookkeeping without the engine reckons", async () => {
  const encryption = { passphrase: "a long enough passphrase" };
  const storages = { gold: s3Storage({ account, bucket: "backups", prefix: "main" }), archive: s3Storage({ account, bucket: "archive", prefix: "main" }) };
  await Repository.create({ storage: storages.gold, encryption }, { clock });
  await Repository.create({ storage: storages.archive, encryption }, { clock });
  const workers = WorkerPool.inProcess({ threads: 0 });
  /** What a new process opens and makes. */
  const begin = async (): Promise<{ readonly repository: Repository; readonly archive: Repository; readonly policies: ReadonlyMap<string, Policy> }> => {
    const repository = await Repository.open({ storage: storages.gold, encryption }, { clock });
    const archive = await Repository.open({ storage: storages.archive, encryption }, { clock });
    const policies = new Map(
      plans.map(({ name, schedule, tier, keep, lockDays, replica, isArchived }) => [
        name,
        new Policy(
          {
            name, account, schedule, workers, retries: 0, parallel: 1, include: [{ tag: { plan: name } }],
            snapshots: { keep, ...(lockDays !== undefined && { lock: { mode: "governance", days: lockDays } }) },
            ...(replica !== undefined && { replicas: [{ region: away, keep: replica.keep, ...(replica.lockDays !== undefined && { lock: { mode: "governance", days: replica.lockDays } }) }] }),
            backup: { repository, retention: tier as never, auditBlocks: 1 },
            ...(isArchived === true && { archive: { repository: archive, flags: ["weekly"], retention: archiveTier as never } }),
          },
          { clock },
        ),
      ]),
    );
    return { repository, archive, policies };
  };
  let engine = await begin();
  const policyOf = (name: string): Policy => {
    const policy = engine.policies.get(name);
    if (policy === undefined) throw new Error(name);
    return policy;
  };

  const random = chance(7);
  const ec2 = account.ec2(home);
  const { Images: [image] = [] } = await ec2.send(new DescribeImagesCommand({ Owners: ["amazon"], Filters: [{ Name: "architecture", Values: ["x86_64"] }] }));
  /** Instances that run, with their plan and what their volumes hold. */
  const live = new Map<string, { readonly plan: string; readonly volumes: ReadonlyMap<string, Set<number>> }>();
  const lines = new Map<string, Line>();
  const launch = async (plan: string, volumes = 1): Promise<string> => {
    const devices = [image?.RootDeviceName, "/dev/sdf"].slice(0, volumes).map((DeviceName) => ({ DeviceName, Ebs: { VolumeSize: 8 } }));
    const { Instances: [made] = [] } = await ec2.send(new RunInstancesCommand({ ImageId: image?.ImageId, InstanceType: "t3.micro", MinCount: 1, MaxCount: 1, BlockDeviceMappings: devices }));
    const id = made?.InstanceId ?? "";
    await ec2.send(new CreateTagsCommand({ Resources: [id], Tags: [{ Key: "plan", Value: plan }] }));
    const { BlockDeviceMappings = [] } = (await account.instanceCompute(home).waitUntilRunning(id).then(async () => await ec2.send(new DescribeInstancesCommand({ InstanceIds: [id] })))).Reservations?.[0]?.Instances?.[0] ?? {};
    live.set(id, { plan, volumes: new Map(BlockDeviceMappings.map(({ Ebs }) => [Ebs?.VolumeId ?? "", new Set<number>()])) });
    const found = plans.find(({ name }) => name === plan);
    if (found !== undefined) lines.set(id, new Line(found));
    return id;
  };
  const write = async (id: string): Promise<void> => {
    for (const [volumeId, written] of live.get(id)?.volumes ?? []) {
      const block = Math.floor(random() * 200);
      await cloud.volumes.write(volumeId, block * blockBytes, noiseBlock());
      written.add(block);
    }
  };
  const golden = [await launch("gold", 2), await launch("gold"), await launch("gold")];
  for (let silver = 0; silver < 2; silver++) await launch("silver");
  await launch("bronze");
  const nobodys = await launch("nobody");
  for (const id of live.keys()) await write(id);

  /** Snapshots and replicas of the policies as the cloud shows them, and until when they are locked, in whole hours. */
  const shown = async (region: string): Promise<string[]> => {
    const client = account.ec2(region);
    const { Snapshots = [] } = await client.send(new DescribeSnapshotsCommand({ OwnerIds: ["self"] }));
    const { Snapshots: locked = [] } = await client.send(new DescribeLockedSnapshotsCommand({}));
    const locks = new Map(locked.filter(({ LockState }) => LockState !== "expired").map(({ SnapshotId, LockExpiresOn }) => [SnapshotId, LockExpiresOn?.getTime() ?? 0]));
    const tagOf = ({ Tags = [] }: Snapshot): string => Tags.find(({ Key }) => Key === (region === home ? "holdfast:resource" : "holdfast:replica-resource"))?.Value?.split("/")[2] ?? "";
    return Snapshots.map((snapshot) => lineOf(tagOf(snapshot), snapshot.StartTime?.toISOString().slice(0, 10) ?? "", locks.get(snapshot.SnapshotId) ?? 0)).sort();
  };
  const lineOf = (id: string, day: string, lockedUntilMs: number): string => `${id} ${day} ${lockedUntilMs === 0 ? "free" : `locked until ${new Date(Math.floor(lockedUntilMs / (10 * minuteMs)) * 10 * minuteMs).toISOString()}`}`;
  const volumesOf = new Map<string, number>();
  const booked = (of: "snapshots" | "replicas"): string[] => {
    const nowMs = clock.now().getTime();
    return [...lines].flatMap(([id, line]) => line[of].flatMap(({ day, lockedUntilMs }) => Array.from({ length: volumesOf.get(id) ?? 1 }, () => lineOf(id, day, lockedUntilMs > nowMs ? lockedUntilMs : 0)))).sort();
  };
  const expectSnapshots = async (): Promise<void> => {
    expect(await shown(home)).toEqual(booked("snapshots"));
    expect(await shown(away)).toEqual(booked("replicas"));
  };

  const sessions = new Map<string, { state: string; succeeded: number; failed: number }[]>(plans.map(({ name }) => [name, []]));
  const counted = ["CreateSnapshots", "CopySnapshot", "LockSnapshot", "ListSnapshotBlocks", "ListChangedBlocks", "GetSnapshotBlock"] as const;
  const count = (): number[] => counted.map((operation) => cloud.calls.count({ operation, outcome: "ok" }));
  const reads: number[] = [];
  let crashes = 0;

  /** One run, as the policy's process would do it; and what the books say of it. */
  const run = async (plan: Plan, day: number, kind: (typeof trouble)[number] | undefined): Promise<void> => {
    const ms = clock.now().getTime();
    const selected = [...live].filter(([, of]) => of.plan === plan.name).map(([id]) => id);
    for (const id of selected) volumesOf.set(id, live.get(id)?.volumes.size ?? 1);
    const failing = kind === "no-snapshots" ? golden[day % 2] : undefined;
    const denied = {
      "no-snapshots": { action: "ec2:CreateSnapshots", resource: `arn:aws:ec2:${home}:*:instance/${failing ?? ""}` },
      "no-replicas": { action: "ec2:CopySnapshot" },
      "no-archive": { action: "s3:PutObject", resource: "arn:aws:s3:::archive/*" },
    };
    let allow = kind === undefined || kind === "crash" || kind === "missed" ? (): void => undefined : cloud.deny(denied[kind]);
    const before = count();
    const session = policyOf(plan.name).run();
    const committed: string[] = [];
    let result: SessionResult | undefined;
    try {
      for await (const event of session) {
        if (event.type !== "point:committed") continue;
        committed.push(event.resource.split("/")[2] ?? "");
        // its process is gone: nothing that it asks for takes effect any more
        if (kind === "crash" && committed.length === 2) allow = cloud.deny({ action: "*" });
      }
      result = await session;
    } catch (error) {
      result = (error as { readonly result?: SessionResult }).result;
      if (kind === undefined) throw error;
    } finally {
      allow();
    }
    const book = sessions.get(plan.name) ?? [];
    if (kind === "crash") {
      for (const [index, id] of committed.entries()) lines.get(id)?.make(day, ms, { isWhole: index === 0 });
      book.push({ state: "crashed", succeeded: 0, failed: 0 });
      crashes++;
      engine = await begin();
      return;
    }
    const failed = kind === undefined ? [] : kind === "no-snapshots" ? selected.filter((id) => id === failing) : selected;
    for (const id of selected) if (id !== failing) lines.get(id)?.make(day, ms, { hasReplicas: kind !== "no-replicas", hasArchive: kind !== "no-archive" });
    book.push({ state: failed.length === 0 ? "succeeded" : "failed", succeeded: selected.length - failed.length, failed: failed.length });
    expect(result?.resources.filter(({ outcome }) => outcome === "failed").map(({ resource }) => resource.split("/")[2]).sort()).toEqual([...failed].sort());
    // what the run says that it asked for is what the cloud counted
    const asked = (operation: string): number => (result?.requests ?? []).filter((of) => of.operation === operation).reduce((sum, { requests, throttled, failed: refused }) => sum + requests - throttled - refused, 0);
    const calls = count().map((now, index) => now - (before[index] ?? 0));
    expect(counted.map(asked)).toEqual(calls);
    if (plan.name === "gold") reads.push(calls.at(-1) ?? 0);
  };

  let ended: string | undefined;
  for (let day = 0; day < days; day++) {
    for (const plan of plans) {
      if (!plan.isDue(day)) continue;
      const atMs = dueMs(day, plan.hour);
      expect(policyOf(plan.name).next(1, { after: new Date(atMs - 1) })[0]?.at.toISOString()).toBe(new Date(atMs).toISOString());
      // never at the same minute of the hour as when a lock or a flag that ends now began
      cloud.clock.advance(atMs + ((day * 7) % 53) * minuteMs - clock.now().getTime());
      const kind = plan.name === "gold" ? trouble[day] : undefined;
      if (kind === "missed") continue;
      for (const [id, { plan: of }] of live) if (of === plan.name) await write(id);
      await run(plan, day, kind);
    }
    if (day === 20) await write(await launch("gold"));
    if (day === 35) {
      ended = golden[2];
      await ec2.send(new TerminateInstancesCommand({ InstanceIds: [ended ?? ""] }));
      live.delete(ended ?? "");
    }
    // after each crash, after the run that made up for it, and every tenth day
    if (trouble[day] === "crash" || trouble[day - 1] === "crash" || day % 10 === 9) await expectSnapshots();
  }
  expect(crashes).toBe(3);

  cloud.clock.advance(3 * hourMs);
  for (const policy of engine.policies.values()) await policy.retain();
  for (const line of lines.values()) line.retain(clock.now().getTime());
  await expectSnapshots();
  const pointsOf = async (of: Repository): Promise<RestorePoint[]> => {
    const points: RestorePoint[] = [];
    for await (const point of of.restorePoints()) points.push(point);
    return points;
  };
  const names = (points: readonly RestorePoint[]): string[] => points.map(({ resource, createdAt }) => `${resource.split("/")[2] ?? ""} ${createdAt.toISOString().slice(0, 10)}`).sort();
  const booksOf = (of: "points" | "archive"): string[] => [...lines].flatMap(([id, line]) => line[of].remaining(local(clock.now().getTime())).map((day) => `${id} ${day}`)).sort();
  const points = await pointsOf(engine.repository);
  expect(names(points)).toEqual(booksOf("points"));
  expect(names(await pointsOf(engine.archive))).toEqual(booksOf("archive"));
  expect(points.length).toBeGreaterThan(20);

  for (const [name, policy] of engine.policies) {
    const found: { state: string; succeeded: number; failed: number }[] = [];
    for await (const { state, result } of policy.sessions()) {
      const { resources = [] } = (result ?? {}) as Partial<SessionResult>;
      const outcomes = (wanted: string): number => resources.filter(({ outcome }) => outcome === wanted).length;
      found.push({ state, succeeded: outcomes("succeeded"), failed: outcomes("failed") });
    }
    expect(found).toEqual(sessions.get(name));
  }

  // coverage and costs add up
  const [gold, ...others] = plans.map(({ name }) => policyOf(name));
  const unprotected = (await gold?.unprotected({ others })) ?? [];
  expect(unprotected.map(({ resource }) => resource.split("/")[2]).sort()).toEqual([nobodys, ...(live.get(nobodys)?.volumes.keys() ?? [])].sort());
  expect((await gold?.orphans({ others }))?.map(({ resource, reason }) => [resource.split("/")[2], reason])).toEqual([[ended, "resource gone"]]);
  const estimate = await gold?.estimate();
  expect(estimate?.lastRuns.map(({ lines: of }) => of.find(({ item }) => item === "ebs-gets")?.quantity)).toEqual(reads.slice(-10));

  // the newest point of each instance is what its volumes hold; nothing anywhere is damaged
  for (const [id, { plan, volumes }] of live) {
    const newest = points.filter(({ resource }) => resource.endsWith(`/${id}`)).at(-1);
    if (plan === "gold" && newest === undefined) throw new Error(`There is no point of ${id}.`);
    if (plan !== "gold" || newest === undefined) continue;
    for (const [volumeId, written] of volumes) {
      const state = new Map<number, Buffer>();
      for (const block of written) state.set(block, await cloud.volumes.read(volumeId, { offset: block * blockBytes, length: blockBytes }));
      await expectRestores(newest, state, volumeId);
    }
  }
  for (const of of [engine.repository, engine.archive]) expect((await of.verify({ level: "data" })).findings).toEqual([]);
});
