import { beforeEach, describe, expect, it } from "vitest";
import { MemoryCloud } from "../../../test/support/memory-cloud.js";
import { MemoryWorkerCompute, MemoryWorkerNetworks, MemoryWorkerQuotas, MemoryWorkerRoles } from "../../../test/support/memory-workers.js";
import { defaultPace } from "../../mover/protocol/pace.js";
import type { SnapshotDescription, Tags, WorkerAccount } from "../../ports/index.js";
import { resolveEnvironment } from "../../session/index.js";
import { FakeClock } from "../../testing/fake-clock.js";
import { MemoryObjectStore } from "../../testing/memory-object-store.js";
import { WorkerPool } from "../index.js";
import type { ReapedResource } from "./reap-report.js";

const region = "eu-west-1";
const minuteMs = 60_000;
/** Longer than the silence after which an engine is dead. */
const silentMs = 7 * minuteMs;
const session = (digit: string): string => digit.repeat(32);
const tagsOf = (digit: string): Tags => ({ "holdfast:session": session(digit), "holdfast:restore-point": "a point", "holdfast:source-volume": "vol-1" });

let clock: FakeClock;
let cloud: MemoryCloud;
let store: MemoryObjectStore;
beforeEach(() => {
  clock = new FakeClock();
  cloud = new MemoryCloud(clock);
  store = new MemoryObjectStore({ clock });
});

function accountOf(of: MemoryCloud, accountId = "111122223333"): WorkerAccount {
  const parts = [new MemoryWorkerCompute(), new MemoryWorkerNetworks(), new MemoryWorkerRoles(), new MemoryWorkerQuotas()] as const;
  return Object.assign(Object.create(of) as MemoryCloud, { accountId: () => Promise.resolve(accountId), workerCompute: () => parts[0], workerNetworks: () => parts[1], workerRoles: () => parts[2], workerQuotas: () => parts[3] });
}

function openPool(account = accountOf(cloud)): WorkerPool {
  return new WorkerPool(
    { account, configurationBucket: "configuration", applianceId: "test-1", bundles: { x64: "bundle" } },
    { ...resolveEnvironment({ clock }), pace: defaultPace, openConfiguration: () => Promise.resolve(store), readBundle: () => Promise.resolve({ sha256: "ab".repeat(32), body: Buffer.from("bundle") }) },
  );
}

/** What is left of a restore whose engine died now. */
async function leaveNote(digit: string, more: object = {}): Promise<void> {
  const note = { version: 1, session: session(digit), engine: session("e"), applianceId: "test-1", beat: 3, state: "making", accountId: "111122223333", region, tags: tagsOf(digit), ...more };
  await store.put(`restores/${session(digit)}.json`, Buffer.from(`${JSON.stringify(note)}\n`));
}

function addSnapshot(snapshotId: string, tags: Tags, { state = "completed", volumeId = "vol-ffffffff" }: Partial<Pick<SnapshotDescription, "state" | "volumeId">> = {}): string {
  cloud.in(region).snapshots.set(snapshotId, { description: { snapshotId, volumeId, state, volumeSizeBytes: 2 ** 30, startedAt: clock.now(), tags }, blocks: new Map() });
  return snapshotId;
}

const told = (resources: readonly ReapedResource[]): string[] => resources.map(({ kind, id }) => `${kind} ${id}`);
const notes = (): string[] => [...store.objects.keys()].filter((name) => name.startsWith("restores/"));

describe("reaping what restores left", () => {
  it("removes snapshots of one that is dead, and no other snapshot whatever it carries", async () => {
    await leaveNote("a");
    const living = await openPool().noteRestore({ sessionId: session("b"), account: cloud, region, tags: tagsOf("b") });
    const left = [addSnapshot("snap-pending", tagsOf("a"), { state: "pending" }), addSnapshot("snap-whole", tagsOf("a"))];
    const others = [
      addSnapshot("snap-living", tagsOf("b"), { state: "pending" }),
      addSnapshot("snap-finished", tagsOf("c")),
      addSnapshot("snap-of-a-policy", { "holdfast:session": session("a"), "holdfast:policy": "gold", "holdfast:resource": "vol-1" }),
      // somebody's own of a restored volume, with the volume's tags
      addSnapshot("snap-of-a-volume", tagsOf("a"), { volumeId: "vol-12345678" }),
      addSnapshot("snap-untagged", {}),
    ];
    await clock.advance(silentMs + 60 * minuteMs);
    const pool = openPool();
    const plan = await pool.reap({ dryRun: true });
    expect(told(plan.removed)).toEqual([...left.map((id) => `snapshot ${id}`), `restore restores/${session("a")}.json`]);
    expect(plan.removed[0]).toMatchObject({ region, reason: `the restore ${session("a")} died before it was done` });
    expect(cloud.snapshotIds()).toHaveLength(7);

    expect((await pool.reap()).removed).toEqual(plan.removed);
    expect(cloud.snapshotIds()).toEqual(others);
    expect(notes()).toEqual([`restores/${session("b")}.json`]);
    expect(await pool.reap()).toMatchObject({ removed: [], kept: [{ kind: "restore", reason: "its engine is there" }] });
    await living?.end();
    expect(notes()).toEqual([]);
  });

  it("never removes a result: whoever comes second, the engine or the reaping, gives up", async () => {
    // this engine stands still: its clock does not move
    const note = async (digit: string) => await openPool().noteRestore({ sessionId: session(digit), account: cloud, region, tags: tagsOf(digit) });
    const still = new FakeClock();
    const running = clock;
    clock = still;
    const [overtaken, faster] = [await note("a"), await note("b")];
    clock = running;
    for (const digit of ["a", "b"]) addSnapshot(`snap-${digit}`, tagsOf(digit));
    await clock.advance(silentMs);
    await faster?.made();
    expect(told((await openPool().reap()).removed)).toEqual(["snapshot snap-a"]);
    await expect(overtaken?.made()).rejects.toMatchObject({ name: "ConflictError", code: "RestoreReaped", retryable: true });
    await overtaken?.end();
    expect(cloud.snapshotIds()).toEqual(["snap-b"]);
    expect(notes()).toHaveLength(2);

    await clock.advance(silentMs);
    // the engine of the other died before it could remove its note
    expect(told((await openPool().reap()).removed)).toEqual([`restore restores/${session("b")}.json`]);
    expect(cloud.snapshotIds()).toEqual(["snap-b"]);
  });

  it("looks again where an engine may still send a call before which it stood still", async () => {
    await leaveNote("a");
    await clock.advance(silentMs);
    expect(await openPool().reap()).toMatchObject({ removed: [], kept: [{ kind: "restore", reason: /heard of within the hour/ }] });
    const late = addSnapshot("snap-late", tagsOf("a"), { state: "pending" });
    await clock.advance(minuteMs);
    expect(told((await openPool().reap()).removed)).toEqual([`snapshot ${late}`]);
    await clock.advance(60 * minuteMs);
    expect(told((await openPool().reap()).removed)).toEqual([`restore restores/${session("a")}.json`]);
    expect(notes()).toEqual([]);
  });

  it("tells of a volume that was made already, and does not remove it", async () => {
    await leaveNote("a");
    addSnapshot("snap-a", tagsOf("a"));
    const disk = cloud.addVolume("vol-made", { tags: tagsOf("a") });
    await clock.advance(silentMs + 60 * minuteMs);
    expect(await openPool().reap()).toMatchObject({ removed: [{ kind: "snapshot", id: "snap-a" }], kept: [{ kind: "volume", id: "vol-made", reason: /yours to use or to delete/ }, { kind: "restore" }] });
    disk.description = { ...disk.description, attachment: { instanceId: "i-1", deviceName: "/dev/sdf" } };
    expect(told((await openPool().reap()).removed)).toEqual([`restore restores/${session("a")}.json`]);
    expect([...cloud.in(region).volumes.keys()]).toEqual(["vol-made"]);
  });

  it("keeps what a restore with an id is gone on with, and removes what EBS gave up", async () => {
    const tags = { "holdfast:restore": "r1", "holdfast:restore-part": "snapshot 0123" };
    await leaveNote("a", { restoreId: "r1", tags: { "holdfast:restore": "r1" } });
    const kept = [addSnapshot("snap-whole", tags), addSnapshot("snap-parent", { ...tags, "holdfast:restore-part": "parent 0123" }, { volumeId: "vol-1" }), addSnapshot("snap-pending", tags, { state: "pending" })];
    addSnapshot("snap-given-up", tags, { state: "error" });
    const given = addSnapshot("snap-given-away", { ...tags, "holdfast:restore-part": "done:kept 0123" });
    await clock.advance(silentMs + 60 * minuteMs);
    const report = await openPool().reap();
    expect(told(report.removed)).toEqual(["snapshot snap-given-up"]);
    expect(told(report.kept)).toEqual([...kept.map((id) => `snapshot ${id}`), `restore restores/${session("a")}.json`]);
    expect(report.kept[0]?.reason).toMatch(/restore\.undoInstance\("r1"\)/);

    // somebody goes on with it, and comes to the end
    const goingOn = await openPool().noteRestore({ sessionId: session("b"), account: cloud, region, tags: { "holdfast:restore": "r1" }, restoreId: "r1" });
    expect((await openPool().reap()).kept.map(({ reason }) => reason)).toEqual(["another engine goes on with it", "its engine is there"]);
    for (const id of kept) cloud.in(region).snapshots.delete(id);
    await goingOn?.end();
    expect(told((await openPool().reap()).removed)).toEqual([`restore restores/${session("a")}.json`]);
    expect(cloud.snapshotIds()).toEqual([given]);
  });

  it("takes the accounts that it is given, and says which is missing", async () => {
    await leaveNote("a", { accountId: "444455556666" });
    addSnapshot("snap-a", tagsOf("a"));
    await clock.advance(silentMs + 60 * minuteMs);
    expect(await openPool().reap()).toMatchObject({ removed: [], kept: [{ kind: "restore", reason: /in the account 444455556666, which was not given: reap\(\{ accounts \}\)/ }] });
    const production = accountOf(cloud, "444455556666");
    expect(told((await openPool().reap({ accounts: [production] })).removed)).toEqual(["snapshot snap-a", `restore restores/${session("a")}.json`]);
    await expect(openPool().reap({ accounts: [{}] as never })).rejects.toThrow(/^accounts\[0\]: must be an AwsAccount/);
  });

  it("names a snapshot that it could not remove, and finds it again", async () => {
    await leaveNote("a");
    addSnapshot("snap-a", tagsOf("a"));
    await clock.advance(silentMs + 60 * minuteMs);
    cloud.onCall = (operation) => {
      if (operation === "deleteSnapshot") throw new Error("not today");
    };
    await expect(openPool().reap()).rejects.toMatchObject({ code: "NotReaped", failures: [{ resource: "snap-a" }] });
    cloud.onCall = () => undefined;
    expect(told((await openPool().reap()).removed)).toEqual(["snapshot snap-a", `restore restores/${session("a")}.json`]);
  });
});
