import { inspect } from "node:util";
import { beforeEach, describe, expect, it } from "vitest";
import { expectRestores, noiseBlock, textBlock } from "../../test/support/backup-world.js";
import type { ManualClock } from "../../test/support/manual-clock.js";
import type { MemoryCloud } from "../../test/support/memory-cloud.js";
import type { MemoryObjectStore } from "../../test/support/memory-object-store.js";
import type { Blocks } from "../../test/support/memory-region.js";
import { makePolicyBed } from "../../test/support/policy-bed.js";
import { PartialFailureError, ProviderError } from "../errors/index.js";
import { blockSizeBytes } from "../ports/index.js";
import type { RestorePoint } from "../repository/points/restore-point.js";
import type { Repository } from "../repository/repository.js";
import { WorkerPool } from "../workers/index.js";
import type { PolicyEvent } from "./policy-events.js";
import type { PolicyOptions } from "./policy-options.js";
import { Policy } from "./policy.js";
import type { RunOptions } from "./run-options.js";
import { SessionFailureError, type SessionResult } from "./session-result.js";

const account = "111122223333";
const resourceOf = (id: string): string => `${account}/eu-west-1/${id}`;

let clock: ManualClock;
let cloud: MemoryCloud;
let store: MemoryObjectStore;
let repository: Repository;
beforeEach(async () => {
  ({ clock, cloud, store, repository } = await makePolicyBed());
});

function newPolicy(options: Partial<PolicyOptions> = {}): Policy {
  return new Policy({ name: "gold", account: cloud, include: [{ tag: { backup: "gold" } }], backup: { repository }, retries: 0, ...options }, { clock });
}

async function failureOf(run: PromiseLike<SessionResult>): Promise<SessionFailureError> {
  try {
    await run;
  } catch (error) {
    if (error instanceof SessionFailureError) return error;
    throw error;
  }
  throw new Error("The run did not fail.");
}

async function pointsOf(id: string): Promise<RestorePoint[]> {
  const points: RestorePoint[] = [];
  for await (const point of repository.restorePoints({ resource: resourceOf(id) })) points.push(point);
  return points;
}

async function run(policy: Policy, options: RunOptions = {}): Promise<SessionResult> {
  clock.advance(3_600_000);
  return await policy.run(options);
}

function deny(operation: string, retryable = false): ProviderError {
  return new ProviderError(`${operation} is denied.`, { code: "AccessDenied", service: "ec2", operation, retryable });
}

function addServer(): { root: Blocks; data: Blocks } {
  const root = cloud.addVolume("vol-a1").blocks;
  const data = cloud.addVolume("vol-a2", { tags: { disposable: "yes" } }).blocks;
  root.set(0, textBlock("boot")).set(5, noiseBlock()).set(2_047, textBlock("the end"));
  data.set(3, noiseBlock()).set(4, Buffer.alloc(blockSizeBytes));
  cloud.addInstance("i-a", ["vol-a1", "vol-a2"], { tags: { backup: "gold", Name: "server" } });
  return { root, data };
}

describe("a policy's run", () => {
  it("backs up all volumes of an instance as one restore point, and restores as they were", async () => {
    const { root, data } = addServer();
    const result = await run(newPolicy());
    const [point] = await pointsOf("i-a");
    expect(point).toMatchObject({ kind: "instance", name: "server", policy: "gold", tags: { backup: "gold" }, instance: { InstanceType: "t3.micro" } });
    expect(result.resources).toMatchObject([{ resource: resourceOf("i-a"), outcome: "succeeded", point: point?.id, attempts: 1, warnings: [] }]);
    expect(result.resources[0]?.volumes.map(({ volumeId, deviceName, method, fullReason, blocks }) => ({ volumeId, deviceName, method, fullReason, blocks }))).toEqual([
      { volumeId: "vol-a1", deviceName: "/dev/xvda", method: "full", fullReason: "the repository holds no earlier point of this volume to build on", blocks: { changed: 3, removed: 0, read: 3, zero: 0, known: 0, resumed: 0, stored: 3, healed: 0, audited: 0 } },
      { volumeId: "vol-a2", deviceName: "/dev/sdf", method: "full", fullReason: "the repository holds no earlier point of this volume to build on", blocks: { changed: 2, removed: 0, read: 2, zero: 1, known: 0, resumed: 0, stored: 1, healed: 0, audited: 0 } },
    ]);
    expect(cloud.count("snapshotInstance")).toBe(1);
    expect(JSON.parse(JSON.stringify(result))).toEqual(result);
    for (const [volumeId, blocks] of [["vol-a1", root], ["vol-a2", data]] as const) {
      const restored = point?.volumes.find((volume) => volume.volumeId === volumeId);
      expect(restored?.sizeBytes).toBe(2 ** 30);
      expect(await point?.volumeAttributes(volumeId)).toMatchObject({ volumeType: "gp3", iops: 3_000 });
      await expectVolumeRestores(point, volumeId, blocks);
    }
  });

  it("reads only what changed since the last point, and says what it did", async () => {
    const { root, data } = addServer();
    const policy = newPolicy({ backup: { repository, auditBlocks: 1 } });
    await run(policy);
    root.set(9, textBlock("new")).delete(5);
    const before = cloud.count("read");
    const result = await run(policy);
    const volumes = result.resources[0]?.volumes ?? [];
    expect(volumes[0]).toMatchObject({ method: "incremental", blocks: { changed: 1, removed: 1, read: 1, stored: 1 } });
    expect(volumes[0]?.fullReason).toBeUndefined();
    expect(volumes[1]).toMatchObject({ method: "incremental", blocks: { changed: 0, removed: 0, read: 0, stored: 0, healed: 0, audited: 1 }, storedBytes: 0 });
    const audited = volumes.reduce((sum, { blocks }) => sum + blocks.audited, 0);
    expect(cloud.count("read") - before).toBeLessThanOrEqual(1 + 2);
    expect(audited).toBeLessThanOrEqual(2);
    const [, second] = await pointsOf("i-a");
    await expectVolumeRestores(second, "vol-a1", root);
    await expectVolumeRestores(second, "vol-a2", data);
  });

  it("reads everything when asked, and where the base is gone, and says why", async () => {
    cloud.addVolume("vol-b", { tags: { backup: "gold" } }).blocks.set(1, noiseBlock());
    const policy = newPolicy();
    await run(policy);
    expect((await run(policy, { full: true })).resources[0]?.volumes[0]).toMatchObject({ method: "full", fullReason: "a full backup was asked for", blocks: { read: 1, known: 1, stored: 0 } });
    cloud.in("eu-west-1").snapshots.clear();
    const again = (await run(policy)).resources[0]?.volumes[0];
    expect(again).toMatchObject({ method: "full", blocks: { read: 1, known: 1, stored: 0 } });
    expect(again?.fullReason).toMatch(/^changes since snap-.* cannot be told: There is no snapshot/);
  });

  it("tells its story in events, from the first to the last", async () => {
    addServer();
    const session = newPolicy().run();
    const events: PolicyEvent[] = [];
    for await (const event of session) events.push(event);
    const types = events.map(({ type }) => type).filter((type) => type !== "volume:progress");
    expect(types.slice(0, 4)).toEqual(["session:started", "selection:resolved", "resource:started", "snapshot:started"]);
    expect(types.filter((type) => type === "volume:completed")).toHaveLength(2);
    expect(types.slice(-3)).toEqual(["point:committed", "resource:completed", "session:ended"]);
    expect(events.find((event) => event.type === "volume:progress" && event.volumeId === "vol-a1")).toMatchObject({ blocks: 3, bytes: 3 * blockSizeBytes, fraction: 1 });
    const snapshots = cloud.snapshotIds().map((id) => cloud.in("eu-west-1").snapshots.get(id)?.description.tags);
    expect(snapshots).toEqual(Array(2).fill({ "holdfast:policy": "gold", "holdfast:repository": repository.id, "holdfast:resource": resourceOf("i-a"), "holdfast:session": session.id }));
  });

  it("says in an event that nothing is selected, and succeeds", async () => {
    const session = newPolicy().run();
    const types: string[] = [];
    for await (const event of session) types.push(event.type);
    expect(types).toEqual(["session:started", "selection:empty", "session:ended", "alert:raised"]);
    expect((await session).resources).toEqual([]);
  });
});

describe("what is left of a policy's run that fails", () => {
  it("is told resource by resource, while the others are safe", async () => {
    addServer();
    const other = cloud.addVolume("vol-b").blocks.set(1, noiseBlock());
    cloud.onCall = (operation, id) => {
      if (operation === "read" && id.endsWith("/3")) throw deny("GetSnapshotBlock");
    };
    const error = await failureOf(run(newPolicy({ include: [{ instance: "i-a" }, { volume: "vol-b" }, { instance: "i-0dead" }] })));
    expect(error).toBeInstanceOf(PartialFailureError);
    expect(error).toMatchObject({ name: "PartialFailureError", code: "ResourcesFailed", retryable: false, completed: [resourceOf("vol-b")] });
    expect(error.failures.map(({ resource, error: { name } }) => [resource, name])).toEqual([[resourceOf("i-0dead"), "NotFoundError"], [resourceOf("i-a"), "ProviderError"]]);
    expect(error.result.resources.map(({ outcome }) => outcome)).toEqual(["failed", "failed", "succeeded"]);
    expect(await pointsOf("i-a")).toEqual([]);
    await expectVolumeRestores((await pointsOf("vol-b"))[0], "vol-b", other);
    expect([...store.objects.keys()].filter((name) => name.startsWith("sess/"))).toEqual([]);
  });

  it("has no snapshots left over but those that a next increment is told from", async () => {
    const { root } = addServer();
    cloud.onCall = async (operation, id) => {
      if (operation === "read" && id.endsWith("/3")) throw deny("GetSnapshotBlock");
      // the data volume's listing comes when the root volume is done
      if (operation === "openSnapshotReader" && cloud.in("eu-west-1").snapshots.get(id)?.description.volumeId === "vol-a2") await rootIsRecorded();
    };
    const rootIsRecorded = async (): Promise<void> => {
      while (![...store.objects.keys()].some((name) => name.startsWith("log/"))) await new Promise((resolve) => setImmediate(resolve));
      for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
    };
    const policy = newPolicy();
    await failureOf(run(policy));
    const left = cloud.snapshotIds().map((id) => cloud.in("eu-west-1").snapshots.get(id)?.description.volumeId);
    expect(left).toEqual(["vol-a1"]);
    cloud.onCall = () => undefined;
    root.set(7, textBlock("later"));
    const { resources } = await run(policy);
    expect(resources[0]?.volumes.map(({ method }) => method)).toEqual(["incremental", "full"]);
    expect(cloud.snapshotIds()).toEqual(resources[0]?.volumes.map(({ snapshotId }) => snapshotId));
    await expectVolumeRestores((await pointsOf("i-a"))[0], "vol-a1", root);
  });

  it("keeps that base through further attempts that come to less", async () => {
    addServer();
    let attempts = 0;
    cloud.onCall = (operation, id) => {
      if (operation === "snapshotInstance") attempts++;
      if (operation === "read" && id.endsWith("/3")) throw deny("GetSnapshotBlock", true);
      if (attempts === 2 && operation === "waitForSnapshot") throw deny("DescribeSnapshots");
    };
    const policy = newPolicy({ retries: 3, workers: WorkerPool.inProcess({ maxParallelVolumes: 1 }) });
    const error = await failureOf(run(policy));
    expect(error.result.resources[0]).toMatchObject({ attempts: 2, outcome: "failed" });
    expect(cloud.snapshotIds().map((id) => cloud.in("eu-west-1").snapshots.get(id)?.description.volumeId)).toEqual(["vol-a1"]);
    cloud.onCall = () => undefined;
    expect((await run(policy)).resources[0]?.volumes.map(({ method }) => method)).toEqual(["incremental", "full"]);
    expect(cloud.snapshotIds()).toHaveLength(2);
  });

  it("tries again only what failed, and only where that may help", async () => {
    addServer();
    cloud.addVolume("vol-b", { tags: { backup: "gold" } }).blocks.set(1, noiseBlock());
    cloud.addVolume("vol-c", { tags: { backup: "gold" } }).blocks.set(2, noiseBlock());
    let throttled = 2;
    cloud.onCall = (operation, id) => {
      if (operation === "snapshotInstance" && throttled-- > 0) throw deny("CreateSnapshots", true);
      if (operation === "read" && id.endsWith("/2")) throw deny("GetSnapshotBlock");
    };
    const error = await failureOf(run(newPolicy({ retries: 3 })));
    expect(error.result.resources.map(({ resource, outcome, attempts }) => [resource, outcome, attempts])).toEqual([
      [resourceOf("i-a"), "succeeded", 3],
      [resourceOf("vol-b"), "succeeded", 1],
      [resourceOf("vol-c"), "failed", 1],
    ]);
    expect(clock.sleeps).toEqual([5_000, 10_000]);
  });

  it("rejects with the reason of an abort, commits nothing after it, and leaves no snapshots and no lease", async () => {
    addServer();
    const controller = new AbortController();
    const reason = new Error("the operator said stop");
    cloud.onCall = (operation) => {
      if (operation === "read") controller.abort(reason);
    };
    const session = newPolicy({ retries: 3 }).run({ signal: controller.signal });
    await expect(session).rejects.toBe(reason);
    expect(await pointsOf("i-a")).toEqual([]);
    expect(cloud.snapshotIds()).toEqual([]);
    expect([...store.objects.keys()].filter((name) => name.startsWith("sess/"))).toEqual([]);
    expect(cloud.count("openSnapshotReader")).toBe(cloud.count("closeReader"));
    await expect(newPolicy().run({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });

  it("does not print warnings, however many calls listen to the caller's signal", async () => {
    for (let number = 0; number < 40; number++) cloud.addVolume(`vol-${number.toString(16)}`, { tags: { backup: "gold" } }).blocks.set(1, textBlock("same"));
    const warnings: Error[] = [];
    const listener = (warning: Error): void => void warnings.push(warning);
    process.on("warning", listener);
    try {
      expect((await run(newPolicy(), { signal: new AbortController().signal })).resources).toHaveLength(40);
      await new Promise((resolve) => setImmediate(resolve));
    } finally {
      process.off("warning", listener);
    }
    expect(warnings).toEqual([]);
  });

  it("is the whole session where nothing can be selected at all", async () => {
    cloud.onCall = (operation) => {
      if (operation === "instancesByTags") throw deny("DescribeInstances");
    };
    const error = await failureOf(run(newPolicy()));
    expect(error.failures).toMatchObject([{ resource: `${account}/eu-west-1/*`, error: { code: "AccessDenied" } }]);
  });

  it("raises a resource whose volumes change while its snapshots are taken, and takes it right on the next attempt", async () => {
    addServer();
    cloud.addVolume("vol-a3").blocks.set(1, noiseBlock());
    let attached = false;
    cloud.onCall = (operation) => {
      if (operation !== "snapshotInstance" || attached) return;
      attached = true;
      cloud.addInstance("i-a", ["vol-a1", "vol-a2", "vol-a3"], { tags: { backup: "gold" } });
    };
    const result = await run(newPolicy({ retries: 1 }));
    expect(result.resources[0]).toMatchObject({ outcome: "succeeded", attempts: 2 });
    expect(result.resources[0]?.volumes).toHaveLength(3);
    expect(cloud.snapshotIds()).toHaveLength(3);
  });

  it("is not a failure where only the lease cannot be removed after the commit", async () => {
    addServer();
    store.delete = () => Promise.reject(deny("DeleteObject"));
    const { resources } = await run(newPolicy());
    expect((await pointsOf("i-a")).map(({ id }) => id)).toEqual([resources[0]?.point]);
  });

  it("does not overlap itself", async () => {
    addServer();
    const policy = newPolicy();
    const first = policy.run();
    await expect(policy.run()).rejects.toMatchObject({ code: "PolicyRunning", context: { session: first.id } });
    await first;
    await policy.run();
    expect(await pointsOf("i-a")).toHaveLength(2);
  });
});

describe("the snapshots of a policy", () => {
  async function snapshotsAfter(runs: number, keep: number, volumeId: string): Promise<number> {
    cloud.addVolume(volumeId).blocks.set(1, noiseBlock());
    cloud.in("eu-west-1").snapshots.clear();
    const policy = newPolicy({ snapshots: { keep }, include: [{ volume: volumeId }] });
    for (let count = 0; count < runs; count++) {
      const { resources } = await run(policy);
      expect(resources[0]?.volumes[0]?.method).toBe(count === 0 ? "full" : "incremental");
      expect(cloud.snapshotIds().at(-1)).toBe(resources[0]?.volumes[0]?.snapshotId);
    }
    return cloud.snapshotIds().length;
  }

  it("are kept by number, the newest point's whatever the number", async () => {
    expect(await snapshotsAfter(5, 3, "vol-b")).toBe(3);
    expect(await snapshotsAfter(3, 0, "vol-c")).toBe(1);
  });

  it("left by a killed run are removed by the next, and those of others never", async () => {
    const blocks = cloud.addVolume("vol-b", { tags: { backup: "gold" } }).blocks.set(1, noiseBlock());
    const foreign = { "holdfast:policy": "gold", "holdfast:repository": "another", "holdfast:resource": resourceOf("vol-b") };
    const compute = cloud.compute("eu-west-1");
    const { snapshotId: another } = await compute.snapshotVolume("vol-b", { tags: foreign });
    const { snapshotId: untagged } = await compute.snapshotVolume("vol-b", { tags: {} });
    const killed = { ...foreign, "holdfast:repository": repository.id, "holdfast:session": "0".repeat(32) };
    const { snapshotId: left } = await compute.snapshotVolume("vol-b", { tags: killed });
    const session = newPolicy().run();
    const removed: string[] = [];
    for await (const event of session) if (event.type === "snapshot:removed") removed.push(event.snapshotId);
    expect(removed).toEqual([left]);
    const { resources } = await session;
    expect(cloud.snapshotIds()).toEqual([another, untagged, resources[0]?.volumes[0]?.snapshotId]);
    await expectVolumeRestores((await pointsOf("vol-b"))[0], "vol-b", blocks);
  });

  it("that cannot be removed are a warning, not the end of the restore point, and go with the next run", async () => {
    cloud.addVolume("vol-b", { tags: { backup: "gold" } }).blocks.set(1, noiseBlock());
    const policy = newPolicy();
    await run(policy);
    cloud.onCall = (operation) => {
      if (operation === "deleteSnapshot") throw deny("DeleteSnapshot");
    };
    const { resources } = await run(policy);
    expect(resources[0]).toMatchObject({ outcome: "succeeded", warnings: [{ code: "SnapshotLeft" }] });
    cloud.onCall = () => undefined;
    await run(policy);
    expect(cloud.snapshotIds()).toHaveLength(1);
  });
});

async function expectVolumeRestores(point: RestorePoint | undefined, volumeId: string, blocks: Blocks): Promise<void> {
  if (point === undefined) throw new Error("There is no restore point.");
  await expectRestores(point, blocks, volumeId);
}

describe("printing a policy", () => {
  it("takes a few lines", () => {
    expect(inspect(newPolicy({ exclude: [{ volume: "vol-1" }] }))).toBe('Policy gold\n  in eu-west-1, to memory\n  include {"tag":{"backup":"gold"}}\n  exclude {"volume":"vol-1"}');
  });
});
