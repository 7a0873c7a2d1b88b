import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { expectRestores, key, noiseBlock, storageOf, textBlock } from "../../test/support/backup-world.js";
import { ManualClock } from "../../test/support/manual-clock.js";
import { MemoryCloud } from "../../test/support/memory-cloud.js";
import { MemoryObjectStore } from "../../test/support/memory-object-store.js";
import type { Blocks } from "../../test/support/memory-region.js";
import { ProviderError } from "../errors/index.js";
import type { RestorePoint } from "../repository/points/restore-point.js";
import { Repository } from "../repository/repository.js";
import type { PolicyEvent } from "./policy-events.js";
import type { HookContext, PolicyOptions } from "./policy-options.js";
import { Policy } from "./policy.js";
import { newestReplica } from "./replicas/newest-replica.js";
import type { SessionResult } from "./session-result.js";

const dayMs = 86_400_000;
let clock: ManualClock;
let cloud: MemoryCloud;
let repository: Repository;
let blocks: Blocks;

beforeEach(async () => {
  clock = new ManualClock();
  cloud = new MemoryCloud(clock);
  repository = await newRepository();
  blocks = cloud.addVolume("vol-a1").blocks.set(0, textBlock("boot"));
  cloud.addInstance("i-a", ["vol-a1"], { tags: { backup: "gold" } });
});

afterEach(() => vi.restoreAllMocks());

async function newRepository(): Promise<Repository> {
  return await Repository.create({ storage: storageOf(new MemoryObjectStore()), encryption: { key } }, { clock });
}

function newPolicy(options: Partial<PolicyOptions> = {}): Policy {
  return new Policy({ name: "gold", account: cloud, include: [{ instance: "i-a" }], backup: { repository, auditBlocks: 0 }, retries: 0, ...options }, { clock });
}

async function pointsOf(from: Repository): Promise<RestorePoint[]> {
  const points: RestorePoint[] = [];
  for await (const point of from.restorePoints()) points.push(point);
  return points;
}

async function daysOf(from: Repository): Promise<string[]> {
  return (await pointsOf(from)).map(({ createdAt }) => createdAt.toISOString().slice(5, 10));
}

async function runDaily(policy: Policy, days: number): Promise<void> {
  for (let day = 0; day < days; day++) {
    blocks.set(1, noiseBlock());
    await policy.run();
    clock.advance(dayMs);
  }
}

function denied(operation: string, retryable = false): ProviderError {
  return new ProviderError(`${operation} is denied.`, { code: "AccessDenied", service: "ec2", operation, retryable });
}

describe("retention, after each run", () => {
  it("removes what the rules keep no more, and the event says why it removes nothing", async () => {
    const policy = newPolicy({ backup: { repository, retention: { daily: 2, weekly: { keep: 2, on: "thursday" } }, auditBlocks: 0 } });
    // 24 November 2026 is a Tuesday
    const [events, result] = await eventsOf(policy);
    expect(events.find((event) => event.type === "retention:completed")).toMatchObject({ summary: "Removes nothing: all 1 points are kept (daily 1, weekly 1, newest 1). None of them ends by itself." });
    expect(result).toMatchObject({ resources: [{ removed: [] }] });
    clock.advance(dayMs);
    await runDaily(policy, 6);
    // the 24th as the first of all, the 26th as a Thursday's, the last two as daily ones
    expect(await daysOf(repository)).toEqual(["11-24", "11-26", "11-29", "11-30"]);
    await runDaily(policy, 10);
    // at this very moment the flag of the 26th ends
    expect(await daysOf(repository)).toEqual(["12-03", "12-09", "12-10"]);
    const last = (await pointsOf(repository)).at(-1);
    if (last === undefined) throw new Error("There is no point.");
    await expectRestores(last, blocks, "vol-a1");
  });

  it("leaves the points of other policies and of nobody alone, and those that it cannot remove for the next run, with a warning", async () => {
    await newPolicy({ name: "silver" }).run();
    clock.advance(dayMs);
    const policy = newPolicy({ backup: { repository, retention: { count: 1 }, auditBlocks: 0 } });
    await policy.run();
    clock.advance(dayMs);
    const refused = vi.spyOn(Repository.prototype, "remove").mockRejectedValue(denied("PutObject"));
    const { resources } = await policy.run();
    expect(resources[0]).toMatchObject({ outcome: "succeeded", removed: [], warnings: [{ code: "PointLeft" }] });
    refused.mockRestore();
    clock.advance(dayMs);
    expect(await daysOf(repository)).toEqual(["11-24", "11-25", "11-26"]);
    await policy.run();
    expect(await daysOf(repository)).toEqual(["11-24", "11-27"]);
  });

  it("reads each point once, run after run, and sees at once what was removed elsewhere", async () => {
    const policy = newPolicy({ backup: { repository, retention: { count: 30 }, auditBlocks: 0 } });
    await runDaily(policy, 4);
    const fourth = await policy.run();
    clock.advance(dayMs);
    await runDaily(policy, 6);
    const eleventh = await policy.run();
    expect(eleventh.storeRequests).toEqual({ repository: { ...fourth.storeRequests.repository, putBytes: expect.any(Number) as number, gotBytes: expect.any(Number) as number } });
    const [oldest] = await pointsOf(repository);
    await repository.remove(oldest?.id ?? "");
    const [retained] = await policy.retain({ dryRun: true });
    expect(retained?.plan.keep).toHaveLength(11);
  });

  it("is a call of its own too, also for resources that are gone, and says beforehand what it would do", async () => {
    await runDaily(newPolicy(), 3);
    cloud.in("eu-west-1").instances.delete("i-a");
    const policy = newPolicy({ backup: { repository, retention: { count: 2 } } });
    const [planned] = await policy.retain({ dryRun: true });
    expect(planned?.plan.remove.map(({ createdAt }) => createdAt.slice(5, 10))).toEqual(["11-24"]);
    expect(planned?.removed).toEqual([]);
    expect((await policy.plan()).retention).toEqual([planned]);
    expect(await daysOf(repository)).toEqual(["11-24", "11-25", "11-26"]);
    expect((await policy.retain())[0]?.removed).toEqual(planned?.plan.remove.map(({ id }) => id));
    expect(await daysOf(repository)).toEqual(["11-25", "11-26"]);
  });

  it("takes the snapshots and replicas of points that are gone along, also of a resource that is gone, and leaves those of the newest", async () => {
    const policy = newPolicy({ snapshots: { keep: 5 }, replicas: [{ region: "eu-north-1", keep: 5 }], backup: { repository, retention: { age: { days: 4 } }, auditBlocks: 0 } });
    await runDaily(policy, 3);
    cloud.in("eu-west-1").instances.delete("i-a");
    clock.advance(2 * dayMs);
    const startedOn = (region: string): string[] => [...cloud.in(region).snapshots.values()].map(({ description }) => description.startedAt.toISOString().slice(5, 10));
    expect(startedOn("eu-north-1")).toEqual(["11-24", "11-25", "11-26"]);
    const [planned] = await policy.retain({ dryRun: true });
    expect(planned?.snapshots?.remove).toMatchObject([
      { region: "eu-west-1", reason: "its restore point is gone" },
      { region: "eu-west-1" },
      { region: "eu-north-1", reason: "the restore point that it is a replica of is gone" },
      { region: "eu-north-1" },
    ]);
    expect(startedOn("eu-west-1")).toHaveLength(3);
    cloud.onCall = (operation) => {
      if (operation === "deleteSnapshot") throw denied("DeleteSnapshot");
    };
    await expect(policy.retain()).rejects.toMatchObject({ code: "PointsNotRemoved", failures: { length: 4 } });
    cloud.onCall = () => undefined;
    await policy.retain();
    expect([await daysOf(repository), startedOn("eu-west-1"), startedOn("eu-north-1")]).toEqual([["11-26"], ["11-26"], ["11-26"]]);
  });

  it("leaves the snapshots of a backup that is under way, and of a first one that was cut short", async () => {
    const policy = newPolicy({ backup: { repository, retention: { count: 1 }, auditBlocks: 0 } });
    await runDaily(policy, 1);
    const [of] = [...cloud.in("eu-west-1").snapshots.values()];
    const tags = { ...of?.description.tags, "holdfast:session": "another" };
    await cloud.compute("eu-west-1").snapshotVolume("vol-a1", { tags });
    cloud.addVolume("vol-b1");
    await cloud.compute("eu-west-1").snapshotVolume("vol-b1", { tags: { ...tags, "holdfast:resource": "111122223333/eu-west-1/vol-b1" } });
    clock.advance(29 * dayMs);
    expect((await policy.retain())[0]?.snapshots?.remove).toEqual([]);
    clock.advance(2 * dayMs);
    expect((await policy.retain())[0]?.snapshots?.remove).toMatchObject([{ resource: "111122223333/eu-west-1/vol-b1", reason: "its resource has no restore point" }]);
  });

  it("is shown beforehand where a changed policy removes more", async () => {
    const policy = newPolicy({ backup: { repository, retention: { daily: 10 }, auditBlocks: 0 } });
    await runDaily(policy, 4);
    const changed = newPolicy({ backup: { repository, retention: { daily: 2 }, auditBlocks: 0 }, schedule: { daily: { hours: [3] } } });
    const diff = await policy.diff(changed);
    expect(diff.changes).toEqual([
      { path: "backup.retention.daily.keep", from: 10, to: 2 },
      { path: "schedule", to: { daily: { hours: [3] } } },
    ]);
    expect(diff.removes.map(({ points }) => points.map(({ createdAt }) => createdAt.slice(5, 10)))).toEqual([["11-24", "11-25", "11-26"]]);
    expect((await changed.diff(policy)).keeps[0]?.points).toHaveLength(3);
  });
});

async function eventsOf(policy: Policy): Promise<[PolicyEvent[], SessionResult]> {
  const session = policy.run();
  const events: PolicyEvent[] = [];
  for await (const event of session) events.push(event);
  return [events, await session];
}

describe("the archive", () => {
  it("gets the points with its flags, once each, with a retention of its own", async () => {
    const archive = await newRepository();
    const policy = newPolicy({ backup: { repository, retention: { daily: 2, weekly: { keep: 5, on: "thursday" } }, auditBlocks: 0 }, archive: { repository: archive, retention: { count: 2 }, flags: ["weekly"] } });
    await runDaily(policy, 3);
    expect(await daysOf(archive)).toEqual(["11-24", "11-26"]);
    await runDaily(policy, 7);
    expect(await daysOf(archive)).toEqual(["11-26", "12-03"]);
  });

  it("gets in the next attempt what it could not get in the first, without a second snapshot; then the resource has failed, though its point is there", async () => {
    const archive = await newRepository();
    const policy = newPolicy({ backup: { repository, retention: { monthly: 5 } }, archive: { repository: archive }, retries: 0 });
    const copying = vi.spyOn(Repository.prototype, "copy").mockImplementation(() => {
      throw denied("PutObject", true);
    });
    await expect(policy.run()).rejects.toMatchObject({ code: "ResourcesFailed", result: { resources: [{ outcome: "failed", error: { code: "AccessDenied" }, archived: [] }] } });
    expect(await pointsOf(repository)).toHaveLength(1);
    copying.mockRestore();
    // the first attempt alone
    vi.spyOn(Repository.prototype, "copy").mockImplementationOnce(() => {
      throw denied("PutObject", true);
    });
    clock.advance(dayMs);
    const { resources } = await newPolicy({ backup: { repository, retention: { monthly: 5 } }, archive: { repository: archive }, retries: 1 }).run();
    expect(resources[0]).toMatchObject({ outcome: "succeeded", attempts: 2 });
    expect(cloud.count("snapshotInstance")).toBe(2);
    expect(await daysOf(archive)).toEqual(["11-24"]);
  });
});

describe("replicas", () => {
  it("are copies of each point's snapshots, as many as are kept, and none of the policy's own snapshots", async () => {
    const policy = newPolicy({ replicas: [{ region: "eu-north-1", keep: 2, kmsKeyId: "alias/replica", tags: { owner: "me" } }] });
    await runDaily(policy, 4);
    const replicas = [...cloud.in("eu-north-1").snapshots.values()];
    expect(replicas.map(({ description: { startedAt, state, tags } }) => [startedAt.toISOString().slice(5, 10), state, tags["owner"], tags["holdfast:replica-volume"]])).toEqual([
      ["11-26", "completed", "me", "vol-a1"],
      ["11-27", "completed", "me", "vol-a1"],
    ]);
    for (const [index, block] of blocks) expect(replicas.at(-1)?.blocks.get(index)?.equals(block)).toBe(true);
    expect(cloud.snapshotIds()).toHaveLength(1);
  });

  it("that EC2 gave up, or has not completed, take no whole one's place", async () => {
    const policy = newPolicy({ replicas: [{ region: "eu-north-1", keep: 3 }] });
    const { snapshots } = cloud.in("eu-north-1");
    const startedOn = (): string[] => [...snapshots.values()].map(({ description }) => description.startedAt.toISOString().slice(5, 10));
    /** The run of that day was killed while it copied, and its copy came to this. */
    const become = (day: string, state: "pending" | "completed" | "error"): void => {
      for (const [id, snapshot] of snapshots) if (snapshot.description.startedAt.toISOString().slice(5, 10) === day) snapshots.set(id, { ...snapshot, description: { ...snapshot.description, state } });
    };
    await runDaily(policy, 3);
    become("11-25", "error");
    await runDaily(policy, 1);
    expect(startedOn()).toEqual(["11-24", "11-26", "11-27"]);
    become("11-26", "pending");
    await runDaily(policy, 1);
    expect(startedOn()).toEqual(["11-24", "11-26", "11-27", "11-28"]);
    become("11-26", "completed");
    await runDaily(policy, 1);
    expect(startedOn()).toEqual(["11-27", "11-28", "11-29"]);
  });

  it("that an attempt left beside those of the next are no reason to take these for unfinished", async () => {
    cloud.onCall = (operation, id) => {
      if (operation === "waitForSnapshot" && cloud.in("eu-north-1").snapshots.has(id) && cloud.count("waitForSnapshot") < 3) throw denied("DescribeSnapshots", true);
      if (operation === "deleteSnapshot" && cloud.in("eu-north-1").snapshots.has(id)) throw denied("DeleteSnapshot");
    };
    await newPolicy({ replicas: [{ region: "eu-north-1", keep: 2 }], retries: 1 }).run();
    expect(cloud.in("eu-north-1").snapshots.size).toBe(2);
    cloud.onCall = () => undefined;
    clock.advance(dayMs);
    await newPolicy({ replicas: [{ region: "eu-north-1", keep: 2 }] }).run();
    const completed = [...cloud.in("eu-north-1").snapshots.values()].filter(({ description }) => description.state === "completed");
    expect(completed.map(({ description }) => description.startedAt.toISOString().slice(5, 10))).toEqual(["11-24", "11-25"]);
  });

  it("are tried again alone where they failed, and leave nothing half-made", async () => {
    cloud.addVolume("vol-a2");
    cloud.addInstance("i-a", ["vol-a1", "vol-a2"]);
    let copies = 0;
    cloud.onCall = (operation) => {
      if (operation === "copySnapshot" && ++copies === 2) throw denied("CopySnapshot", true);
    };
    const { resources } = await newPolicy({ replicas: [{ region: "eu-north-1", keep: 1 }, { region: "eu-south-1", keep: 1 }], retries: 1 }).run();
    expect(resources[0]).toMatchObject({ outcome: "succeeded", attempts: 2, replicas: [{ region: "eu-south-1" }, { region: "eu-north-1" }] });
    expect(cloud.count("snapshotInstance")).toBe(1);
    expect(cloud.snapshotIds("eu-north-1")).toHaveLength(2);
    expect(cloud.snapshotIds("eu-south-1")).toHaveLength(2);
    expect(copies).toBe(6);
  });

  it.each([
    ["before its first copy", 1],
    ["between two copies", 2],
    ["while it waits for them", 3],
  ])("that a run missed which was killed %s are made up for by the next, nothing twice", async (_when, nth) => {
    cloud.addVolume("vol-a2");
    cloud.addInstance("i-a", ["vol-a1", "vol-a2"]);
    const policy = newPolicy({ replicas: [{ region: "eu-north-1", keep: 2 }], snapshots: { keep: 1 } });
    let calls = 0;
    cloud.onCall = (operation) => {
      // its process is gone: nothing that it asks for takes effect any more
      if ((operation === "copySnapshot" || operation === "waitForSnapshot") && cloud.count("copySnapshot") > 0) calls++;
      if (calls >= nth) throw denied(operation);
    };
    await expect(policy.run()).rejects.toThrow();
    cloud.onCall = () => undefined;
    const [missed] = await pointsOf(repository);
    const copied = cloud.snapshotIds("eu-north-1");
    expect(copied).toHaveLength(nth - 1);
    const taken = cloud.snapshotIds();
    clock.advance(dayMs);
    const [events, result] = await eventsOf(policy);
    const caughtUp = result.resources[0]?.caughtUp ?? [];
    expect(caughtUp).toMatchObject([{ point: missed?.id, region: "eu-north-1", accountId: "111122223333", snapshots: { length: 2 } }]);
    expect(caughtUp[0]?.snapshots.map(({ snapshotId }) => snapshotId)).toEqual(expect.arrayContaining(copied));
    expect(events.filter(({ type }) => type === "replica:caught-up")).toMatchObject([{ point: missed?.id, ofSession: caughtUp[0]?.session, snapshots: caughtUp[0]?.snapshots }]);
    const replicas = [...cloud.in("eu-north-1").snapshots.values()].map(({ description: { tags, state } }) => [tags["holdfast:replica-source"], state]);
    const newest = result.resources[0]?.volumes.map(({ snapshotId }) => snapshotId) ?? [];
    expect(replicas.sort()).toEqual([...taken, ...newest].map((id) => [id, "completed"]).sort());
    // of the policy's own snapshots one point's are kept: those that were waited for go with the next run, and nothing is made up for any more
    expect(cloud.snapshotIds()).toHaveLength(4);
    clock.advance(dayMs);
    const { resources } = await policy.run();
    expect(resources[0]).not.toHaveProperty("caughtUp");
    expect(cloud.snapshotIds()).toHaveLength(2);
    expect([...cloud.in("eu-north-1").snapshots.values()].map(({ description }) => description.tags["holdfast:replica-source"])).not.toContain(taken[0]);
    expect(cloud.snapshotIds("eu-north-1")).toHaveLength(4);
  });

  it("that were missed count from when their snapshots were taken, and are not asked for where one alone is kept", async () => {
    const policy = newPolicy({ replicas: [{ region: "eu-north-1", keep: 2 }] });
    cloud.onCall = (operation) => {
      if (operation === "copySnapshot") throw denied(operation);
    };
    await expect(policy.run()).rejects.toMatchObject({ code: "ResourcesFailed" });
    clock.advance(dayMs);
    let copies = 0;
    // the earlier one alone comes to be
    cloud.onCall = (operation) => {
      if (operation === "copySnapshot" && ++copies > 1) throw denied(operation);
    };
    await expect(policy.run()).rejects.toMatchObject({ result: { resources: [{ outcome: "failed", replicas: [], caughtUp: [{ region: "eu-north-1" }] }] } });
    cloud.onCall = () => undefined;
    const line = { policy: "gold", repositoryId: repository.id, resource: (await pointsOf(repository))[0]?.resource ?? "" };
    expect(await newestReplica(cloud.compute("eu-north-1"), line, {})).toEqual(new Date("2026-11-24T02:00:00Z"));
    const single = newPolicy({ name: "single", replicas: [{ region: "eu-south-1", keep: 1 }] });
    await single.run();
    expect((await single.run()).resources[0]).not.toHaveProperty("caughtUp");
    expect(cloud.snapshotIds("eu-south-1")).toHaveLength(1);
  });

  it("of another account are shared with it only while they are copied", async () => {
    const other = new MemoryCloud(clock);
    other.accountId = () => Promise.resolve("444455556666");
    other.regions.set("eu-west-1", cloud.in("eu-west-1"));
    const { resources } = await newPolicy({ replicas: [{ region: "eu-west-1", account: other, keep: 1 }] }).run();
    const snapshotId = resources[0]?.volumes[0]?.snapshotId ?? "";
    expect(resources[0]?.replicas).toMatchObject([{ region: "eu-west-1", accountId: "444455556666" }]);
    expect(cloud.calls.filter((call) => call.startsWith("shareSnapshot"))).toEqual([`shareSnapshot ${snapshotId} 444455556666 true`, `shareSnapshot ${snapshotId} 444455556666 false`]);
  });
});

describe("native locks", () => {
  const lock = { mode: "governance", days: 3 } as const;
  const startedOn = (region: string): string[] => [...cloud.in(region).snapshots.values()].map(({ description }) => description.startedAt.toISOString().slice(5, 10));

  it("are set on the snapshots and replicas of each point; what is needed no more waits for them, and no removal of a locked one is tried", async () => {
    const policy = newPolicy({ snapshots: { keep: 1, lock }, replicas: [{ region: "eu-north-1", keep: 1, lock: { ...lock, days: 2 } }] });
    const first = await policy.run();
    expect(first.resources[0]).toMatchObject({ outcome: "succeeded", warnings: [], locks: [
      { region: "eu-west-1", mode: "governance", lockedUntil: "2026-11-27T02:00:00.000Z" },
      { region: "eu-north-1", mode: "governance", lockedUntil: "2026-11-26T02:00:00.000Z" },
    ] });
    expect(first.resources[0]).not.toHaveProperty("waiting");
    clock.advance(dayMs);
    const second = await policy.run();
    expect(second.resources[0]).toMatchObject({ outcome: "succeeded", warnings: [], waiting: [
      { region: "eu-west-1", reason: "of this policy's snapshots the newest 1 are kept; it waits for its governance lock until 2026-11-27T02:00:00.000Z" },
      { region: "eu-north-1", reason: "of this replica the newest 1 are kept; it waits for its governance lock until 2026-11-26T02:00:00.000Z" },
    ] });
    expect([startedOn("eu-west-1"), startedOn("eu-north-1"), cloud.count("deleteSnapshot")]).toEqual([["11-24", "11-25"], ["11-24", "11-25"], 0]);
    clock.advance(dayMs);
    await policy.run();
    expect([startedOn("eu-west-1"), startedOn("eu-north-1")]).toEqual([["11-24", "11-25", "11-26"], ["11-25", "11-26"]]);
    clock.advance(dayMs);
    // the policy locks no more, and still waits for what it has locked
    const { resources } = await newPolicy({ replicas: [{ region: "eu-north-1", keep: 1 }] }).run();
    expect(resources[0]).toMatchObject({ warnings: [], waiting: { length: 3 } });
    expect([startedOn("eu-west-1"), startedOn("eu-north-1")]).toEqual([["11-25", "11-26", "11-27"], ["11-26", "11-27"]]);
    expect(cloud.count("deleteSnapshot")).toBe(cloud.count("lockSnapshot") - 3);
  });

  it("are waited for by retention too: the plan says until when, and nothing of it is a failure", async () => {
    const policy = newPolicy({ snapshots: { keep: 5, lock }, backup: { repository, retention: { count: 1 }, auditBlocks: 0 } });
    await runDaily(policy, 2);
    const [planned] = (await policy.plan()).retention;
    expect(planned?.snapshots).toMatchObject({ remove: [], left: [], waiting: [{ region: "eu-west-1", reason: "its restore point is gone; it waits for its governance lock until 2026-11-27T02:00:00.000Z" }] });
    expect((await policy.plan()).snapshotLock).toEqual(lock);
    expect((await policy.retain())[0]?.snapshots).toEqual(planned?.snapshots);
    clock.advance(dayMs);
    expect((await policy.retain())[0]?.snapshots).toMatchObject({ removed: { length: 1 }, waiting: [] });
    expect(startedOn("eu-west-1")).toEqual(["11-25"]);
  });

  it("that cannot be set fail the resource, and a retry sets these alone", async () => {
    cloud.addVolume("vol-a2");
    cloud.addInstance("i-a", ["vol-a1", "vol-a2"]);
    let refusals = 1;
    let tries = 0;
    cloud.onCall = (operation) => {
      if (operation === "lockSnapshot" && ++tries > 1 && refusals-- > 0) throw denied("LockSnapshot", true);
    };
    const { resources } = await newPolicy({ snapshots: { lock }, retries: 1 }).run();
    expect(resources[0]).toMatchObject({ outcome: "succeeded", attempts: 2, locks: { length: 2 } });
    expect([cloud.count("snapshotInstance"), tries]).toEqual([1, 3]);
    refusals = 2;
    clock.advance(dayMs);
    await expect(newPolicy({ snapshots: { lock } }).run()).rejects.toMatchObject({
      code: "ResourcesFailed",
      result: { resources: [{ outcome: "failed", error: { code: "AccessDenied" }, point: expect.any(String) as string, locks: [], warnings: [{ code: "AlsoFailed" }] }] },
    });
  });

  it("cost a policy without them no call, and that they cannot be asked for removes nothing", async () => {
    await runDaily(newPolicy(), 2);
    expect([cloud.count("snapshotLocks"), cloud.count("lockSnapshot"), startedOn("eu-west-1").length]).toEqual([0, 0, 1]);
    await runDaily(newPolicy({ snapshots: { lock } }), 1);
    cloud.onCall = (operation) => {
      if (operation === "snapshotLocks") throw denied("DescribeLockedSnapshots");
    };
    const { resources } = await newPolicy({ snapshots: { lock } }).run();
    expect(resources[0]).toMatchObject({ outcome: "succeeded", warnings: [{ code: "SnapshotsNotChecked" }] });
    expect(startedOn("eu-west-1")).toHaveLength(2);
  });
});

describe("hooks", () => {
  it("are called before and after the snapshots, with the resource", async () => {
    const seen: string[] = [];
    cloud.onCall = (operation) => {
      if (operation === "snapshotInstance") seen.push("snapshot");
    };
    const note = (name: string) => ({ resource, attempt }: HookContext) => void seen.push(`${name} ${resource} ${String(attempt)}`);
    await newPolicy({ hooks: { before: note("freeze"), after: note("thaw") } }).run();
    expect(seen).toEqual(["freeze 111122223333/eu-west-1/i-a 1", "snapshot", "thaw 111122223333/eu-west-1/i-a 1"]);
  });

  it("fail the resource without a snapshot where they fail, thaw all the same, or let it go on with a warning", async () => {
    let thawed = 0;
    const hooks = { before: () => Promise.reject(new Error("busy")), after: () => {
      thawed++;
    } };
    await expect(newPolicy({ hooks }).run()).rejects.toMatchObject({ failures: [{ error: { code: "HookFailed", retryable: true } }] });
    expect([cloud.count("snapshotInstance"), thawed]).toEqual([0, 1]);
    const { resources } = await newPolicy({ hooks: { ...hooks, onFailure: "continue" } }).run();
    expect(resources[0]).toMatchObject({ outcome: "succeeded", warnings: [{ code: "HookFailed" }] });
    expect([cloud.count("snapshotInstance"), thawed]).toEqual([1, 2]);
  });

  it("are not waited for beyond their time, and told by their signal", async () => {
    let signal: AbortSignal | undefined;
    const before = async (context: HookContext): Promise<void> => {
      signal = context.signal;
      await new Promise(() => undefined);
    };
    // below 30 seconds this clock's sleepers wake at once
    await expect(newPolicy({ hooks: { before, timeoutSeconds: 10 } }).run()).rejects.toMatchObject({ failures: [{ error: { code: "HookTimedOut" } }] });
    expect(signal?.aborted).toBe(true);
  });
});
