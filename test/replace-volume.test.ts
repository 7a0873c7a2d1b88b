import { CreateVolumeCommand, waitUntilVolumeAvailable } from "@aws-sdk/client-ec2";
import { directoryStorage, Repository, Restore, WorkerPool, type RestoreEvent, type Tags } from "holdfast";
import { inspect } from "node:util";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { FakeClock } from "../src/testing/fake-clock.js";
import { MemoryObjectStore } from "../src/testing/memory-object-store.js";
import { FaultyAccount, type Fault } from "./support/faulty-account.js";
import { hastyClock } from "./support/hasty-clock.js";
import { home, leftovers, type InstanceWorld } from "./support/instance-world.js";
import { attached, blocks, device, isAsBackedUp, openReplaceWorld, replaceAtCalls, sourceVolumeOf, spoil } from "./support/replace-world.js";

const blockBytes = 524_288;
let world: InstanceWorld;
let restore: Restore;
/** The volume of the point. */
let sourceVolume: string;

/** A restore in place leaves volumes of which no snapshot tells anything: what comes after it needs another world. */
function inAWorldOfItsOwn(): void {
  beforeAll(async () => {
    world = await openReplaceWorld();
    restore = new Restore({ repository: world.repository, account: world.account });
    sourceVolume = sourceVolumeOf(world);
  });
  beforeEach(() => {
    world.cloud.calls.clear();
  });
  afterAll(async () => {
    await world.close();
  });
}

/** Reads one block of a snapshot as another. */
class MisreadingAccount extends FaultyAccount {
  override async openSnapshotReader(...given: Parameters<FaultyAccount["openSnapshotReader"]>): ReturnType<FaultyAccount["openSnapshotReader"]> {
    const reader = await super.openSnapshotReader(...given);
    const read = reader.read.bind(reader);
    return Object.assign(reader, {
      read: async (...which: Parameters<typeof read>): ReturnType<typeof read> => {
        const block = await read(...which);
        return block.index === 3 ? { ...block, sha256: Buffer.alloc(32, 1) } : block;
      },
    });
  }
}

function puts(): number {
  return world.cloud.calls.count({ service: "ebs", operation: "PutSnapshotBlock", outcome: "ok" });
}

function ownTags(tags: Tags): Tags {
  return Object.fromEntries(Object.entries(tags).filter(([key]) => !key.startsWith("holdfast:")));
}

describe("an instance that is restored in place", () => {
  inAWorldOfItsOwn();

  it("has only written what differs where the snapshots of a restore point tell it, and everything where none does", async () => {
    const before = await attached(world);
    await spoil(world, before.volumeId);
    const known = { by: "changed blocks", isAtMost: true, known: { blocks: 0 } };
    for (const { writes, estimate } of [await restore.planInstance(world.point, { to: "original" }), await restore.planReplaceVolume(world.point, { volumeId: before.volumeId }).then((plan) => ({ ...plan, writes: [plan.writes] }))]) {
      for (const one of writes) expect(one).toMatchObject(known);
      expect(estimate.isAtMost).toBe(true);
      expect(estimate.known?.restoreCost).toBeLessThan(estimate.restoreCost);
    }
    const session = restore.instance(world.point, { to: "original" });
    const told: string[] = [];
    for await (const event of session) {
      if (event.type === "restore:delta") told.push(`${event.sourceVolume} ${event.method} ${String(event.blocks)}`);
      if (event.type === "restore:full") told.push(event.reason);
    }
    const { volumes, blocks: written } = await session;
    const root = world.point.volumes.find(({ deviceName }) => deviceName !== device)?.volumeId ?? "";
    expect(told.sort()).toEqual([`${sourceVolume} changed blocks ${String(blocks / 100)}`, `${root} changed blocks 0`].sort());
    expect(written).toBe(blocks / 100);
    expect(puts()).toBe(blocks / 100);
    expect(volumes).toMatchObject([{ method: "delta" }, { method: "delta" }]);
    expect(await isAsBackedUp(world, (await attached(world)).volumeId)).toBe(true);
    expect(await leftovers(world.account, home)).toEqual([]);
    expect((await restore.planInstance(world.point, { to: "original" })).writes).toMatchObject([{ method: "full", isAtMost: false }, { method: "full", isAtMost: false }]);
    // of the new volumes nobody has a snapshot
    const again = await restore.instance(world.point, { to: "original" });
    expect(again.volumes.map(({ method, fullReason }) => [method, fullReason?.includes("there is no snapshot of a restore point")])).toEqual([["full", true], ["full", true]]);
    expect(await isAsBackedUp(world, (await attached(world)).volumeId)).toBe(true);
  });
});

describe("the plan of a rollback", () => {
  inAWorldOfItsOwn();

  const changes = /^(?!Describe|Get|List|Simulate|Assume)/;

  it("says the steps and at most how much is read and written, and changes nothing", async () => {
    const before = await attached(world);
    world.cloud.calls.clear();
    const plan = await restore.planReplaceVolume(world.point, { volumeId: before.volumeId, volume: sourceVolume, replaced: "remove" });
    expect(world.cloud.calls.list().filter(({ operation, service }) => (changes.test(operation) || operation === "GetSnapshotBlock") && service !== "sts" && service !== "s3")).toEqual([]);
    expect(JSON.parse(JSON.stringify(plan))).toEqual(plan);
    expect(plan).toMatchObject({ kind: "replacement", replaces: before.volumeId, region: home, inPlace: { instanceId: world.instanceId, state: "running", replaced: "remove", volumes: [{ deviceName: device, replaces: before.volumeId }] }, findings: [] });
    expect(plan.volume).toMatchObject({ availabilityZone: before.availabilityZone, volumeType: before.volumeType, sizeBytes: before.sizeBytes });
    expect(plan.steps.map((step) => step.split(" ")[0])).toEqual(["take", "write", "make", "stop", "detach", "attach", "start", "remove", "remove"]);
    expect(plan.writes).toMatchObject({ method: "delta", by: "changed blocks", isAtMost: true, blocksRead: 0, known: { blocks: 0 } });
    expect(plan.quotas.map(({ name }) => name)).toContain("Snapshots per Region");
    for (const action of ["ec2:StopInstances", "ec2:AttachVolume", "ec2:CreateSnapshot", "ebs:PutSnapshotBlock"]) expect(plan.actions).toContain(action);
    expect(inspect(plan).split("\n")[0]).toMatch(/^ReplaceVolumePlan: vol-\w+ of \S+ \(\S+\) in the place of vol-\w+ on i-\w+, /);
  });

  it("reads what no snapshot tells of", async () => {
    await restore.instance(world.point, { to: "original", replaced: "remove" });
    const { volumeId } = await attached(world);
    const { steps, writes } = await restore.planReplaceVolume(world.point, { volumeId, volume: sourceVolume });
    expect(steps[1]?.split(" ")[0]).toBe("read");
    expect(writes).toMatchObject({ method: "delta", by: "reading", isAtMost: true });
  });

  it("of a volume that is attached to nothing stops nothing, and says why everything is written", async () => {
    const { VolumeId: volumeId = "" } = await world.account.ec2(home).send(new CreateVolumeCommand({ AvailabilityZone: `${home}b`, Size: 4, VolumeType: "gp3" }));
    await waitUntilVolumeAvailable({ client: world.account.ec2(home), maxWaitTime: 30, minDelay: 1, maxDelay: 1 }, { VolumeIds: [volumeId] });
    const plan = await restore.planReplaceVolume(world.point, { volumeId, volume: sourceVolume, compare: true });
    expect(plan).toMatchObject({ findings: [{ code: "NotAttached" }], writes: { method: "full", blocks, blocksRead: blocks, isAtMost: false }, putSnapshotBlockCalls: blocks, estimate: { isAtMost: false } });
    expect(plan.inPlace).toBeUndefined();
    expect(plan.writes.fullReason).toContain("is of a volume of 4294967296 bytes");
    expect(plan.steps.some((step) => /^(stop|detach|attach|start)/.test(step))).toBe(false);
    expect(plan.actions).not.toContain("ec2:StopInstances");
    await world.account.compute(home).deleteVolume(volumeId);
    await expect(restore.planReplaceVolume(world.point, { volumeId: "vol-0123456789abcdef0", volume: sourceVolume })).rejects.toMatchObject({ name: "NotFoundError" });
  });
});

describe("a volume that is rolled back", () => {
  inAWorldOfItsOwn();

  it("has a new one in its place on its instance, of which one per cent was written, and is as it was backed up", async () => {
    const before = await attached(world);
    await spoil(world, before.volumeId);
    const session = restore.replaceVolume(world.point, { volumeId: before.volumeId, volume: sourceVolume, compare: true });
    const events: RestoreEvent[] = [];
    for await (const event of session) events.push(event);
    const result = await session;
    expect(result).toMatchObject({ replacedVolume: before.volumeId, sourceVolume, instanceId: world.instanceId, deviceName: device, method: "delta", blocks: blocks / 100, bytes: (blocks / 100) * blockBytes, warnings: [], snapshotIds: [] });
    expect(puts()).toBe(blocks / 100);
    const types = events.map(({ type }) => type).filter((type) => type !== "restore:progress");
    expect(types).toEqual([
      ...["session:started", "volume:replacing", "parent:taken", "restore:delta", "restore:started", "snapshot:completed", "snapshot:compared", "volume:created", "volume:available"],
      ...["instance:stopped", "volume:swapped", "instance:running", "snapshot:removed", "snapshot:removed", "session:ended"],
    ]);
    expect(await isAsBackedUp(world, result.volumeId)).toBe(true);
    const { tags, attachment, volumeId: _id, ...shape } = await attached(world);
    const { tags: oldTags, attachment: oldAttachment, volumeId: _old, ...oldShape } = before;
    expect(shape).toEqual(oldShape);
    expect(attachment).toEqual(oldAttachment);
    expect(ownTags(tags)).toEqual(ownTags(oldTags));
    const { tags: keptTags } = await world.account.compute(home).volume(before.volumeId);
    expect(ownTags(keptTags)).toEqual(ownTags(oldTags));
    expect(keptTags["holdfast:replaced"]).toBe(result.id);
    expect(await leftovers(world.account, home)).toEqual([]);
    // the same once more finds it done
    expect(await restore.replaceVolume(world.point, { volumeId: before.volumeId, volume: sourceVolume, id: result.id })).toMatchObject({ volumeId: result.volumeId, instanceId: world.instanceId, blocks: 0 });
    await expect(restore.replaceVolume(world.point, { volumeId: before.volumeId, volume: sourceVolume, id: result.id, replaced: "remove" })).rejects.toMatchObject({ code: "RestoreDiffers" });
    expect(await restore.undoInstance(result.id)).toMatchObject({ outcome: "done", removed: [], left: [] });
  });

  it("and is attached to nothing stays beside the new one, also where nothing is known of it", async () => {
    const { VolumeId: volumeId = "" } = await world.account.ec2(home).send(new CreateVolumeCommand({ AvailabilityZone: `${home}b`, Size: 4, VolumeType: "io2", Iops: 300 }));
    await world.account.compute(home).waitForVolume(volumeId);
    const result = await restore.replaceVolume(world.point, { volumeId, volume: sourceVolume, keepSnapshots: true });
    expect(result).toMatchObject({ method: "full", blocks, volumeType: "io2", sizeBytes: 2 ** 32, availabilityZone: `${home}b`, warnings: [{ code: "NotAttached" }] });
    expect(result.fullReason).toContain("is of a volume of 4294967296 bytes");
    expect(result.instanceId).toBeUndefined();
    expect(result.snapshotIds).toHaveLength(1);
    await world.account.compute(home).deleteSnapshot(result.snapshotIds[0] ?? "");
    expect(await isAsBackedUp(world, result.volumeId)).toBe(true);
    expect(await world.account.compute(home).volume(volumeId)).toMatchObject({ tags: {} });
    expect((await restore.undoInstance(result.id)).removed).toEqual([]);
    expect(await isAsBackedUp(world, result.volumeId)).toBe(true);
  });

  it("by two processes at one id is rolled back once: one is refused, or finds it done", async () => {
    const before = await attached(world);
    world.cloud.calls.clear();
    const processes = await Promise.all([1, 2].map(async () => await Repository.open({ storage: directoryStorage(world.repository.location), encryption: "none" }, { clock: hastyClock })));
    const wanted = { volumeId: before.volumeId, volume: sourceVolume, id: "twoatonce1", replaced: "remove" } as const;
    const settled = await Promise.allSettled(processes.map(async (repository) => await new Restore({ repository, account: world.account }).replaceVolume(world.point.id, wanted)));
    const now = await attached(world);
    expect(settled.some(({ status }) => status === "fulfilled")).toBe(true);
    for (const one of settled) expect(one.status === "fulfilled" ? one.value.volumeId : (one.reason as { code?: string }).code).toBe(one.status === "fulfilled" ? now.volumeId : "RestoreUnderway");
    expect(now.volumeId).not.toBe(before.volumeId);
    expect(world.cloud.calls.count({ operation: "CreateVolume", outcome: "ok" })).toBe(1);
    expect(await isAsBackedUp(world, now.volumeId)).toBe(true);
    expect(await leftovers(world.account, home)).toEqual([]);
  });

  it("and of which the written snapshot is not the restore point is left as it is, and nothing is kept to be gone on with", async () => {
    const before = await attached(world);
    const id = "differing01";
    const account = new MisreadingAccount(world.account, 0, "before");
    await expect(new Restore({ repository: world.repository, account }).replaceVolume(world.point, { volumeId: before.volumeId, volume: sourceVolume, id, compare: true, undo: false })).rejects.toMatchObject({ name: "IntegrityError", code: "SnapshotDiffers", context: { blocks: 1 } });
    expect(await attached(world)).toEqual(before);
    expect(world.cloud.calls.count({ operation: "CreateVolume" })).toBe(0);
    expect(await leftovers(world.account, home)).toEqual([]);
  });

  it("is refused by the path of the option before anything is made", async () => {
    expect(() => restore.replaceVolume(world.point, { volumeId: "snap-1" })).toThrow("volumeId: must be the id of a volume");
    expect(() => restore.replaceVolume(world.point, { volumeId: "vol-1", to: "here" } as never)).toThrow(/^to: /);
    await expect(restore.replaceVolume(world.point, { volumeId: "vol-0123456789abcdef0" })).rejects.toMatchObject({ code: "AmbiguousVolume" });
    const { volumeId } = await attached(world);
    await world.account.instanceCompute(home).setProtection(world.instanceId, { stop: true });
    await expect(restore.replaceVolume(world.point, { volumeId, volume: sourceVolume })).rejects.toMatchObject({ code: "NotRestorable", context: { path: "volumeId", finding: "StopProtected" } });
    await world.account.instanceCompute(home).setProtection(world.instanceId, { stop: false });
    expect(world.cloud.calls.count({ operation: "CreateSnapshot" })).toBe(0);
  });

  it("and whose process died is told by a reaping with its id, and gone on with; then the reaping removes its note alone", async () => {
    const clock = new FakeClock();
    const store = new MemoryObjectStore({ clock });
    const pool = new WorkerPool({ account: world.account, configurationBucket: "configuration", applianceId: "test-1", bundles: {} }, { openConfiguration: () => Promise.resolve(store) });
    const { volumeId } = await attached(world);
    await spoil(world, volumeId);
    const wanted = { volumeId, volume: sourceVolume, id: "rolledback1", replaced: "remove", undo: false } as const;
    // its parent, its snapshot and the end of that are made, its volume is not
    const failing = new FaultyAccount(world.account, 4, "before");
    await expect(new Restore({ repository: world.repository, account: failing, workers: pool }).replaceVolume(world.point, wanted)).rejects.toThrow("createVolume failed");
    expect((await pool.reap()).kept).toMatchObject([{ kind: "restore", reason: "its engine is there" }]);
    await clock.advance(3_600_000);
    const { removed, kept } = await pool.reap();
    expect(removed).toEqual([]);
    expect(kept.map(({ kind }) => kind)).toEqual(["snapshot", "snapshot", "restore"]);
    for (const { reason } of kept.slice(0, 2)) expect(reason).toContain('restore.undoInstance("rolledback1")');
    await new Restore({ repository: world.repository, account: world.account, workers: pool }).replaceVolume(world.point, wanted);
    expect(await isAsBackedUp(world, (await attached(world)).volumeId)).toBe(true);
    expect((await pool.reap()).removed.map(({ kind }) => kind)).toEqual(["restore"]);
    expect([...store.objects.keys()]).toEqual([]);
    expect(await leftovers(world.account, home)).toEqual([]);
  });

  it.each<[Fault, number]>([["before", 6], ["death after", 5]])("at a changing call that goes wrong (%s) is undone, or gone on with by who comes next, and leaves nothing", async (fault, step) => {
    await replaceAtCalls(world, fault, step);
  });
});
