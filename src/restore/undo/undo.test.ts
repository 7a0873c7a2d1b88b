import { inspect } from "node:util";
import { beforeEach, describe, expect, it } from "vitest";
import { key, storageOf, textBlock } from "../../../test/support/backup-world.js";
import { MemoryCloud } from "../../../test/support/memory-cloud.js";
import { MemoryObjectStore } from "../../../test/support/memory-object-store.js";
import { Restore } from "../../composition/restore.js";
import { ProviderError } from "../../errors/index.js";
import { Policy } from "../../policy/policy.js";
import type { Tags } from "../../ports/index.js";
import type { RestorePoint } from "../../repository/points/restore-point.js";
import { Repository } from "../../repository/repository.js";
import { FakeClock } from "../../testing/fake-clock.js";

const minuteMs = 60_000;
const availabilityZone = "eu-west-1a";

let clock: FakeClock;
let store: MemoryObjectStore;
let cloud: MemoryCloud;
let repository: Repository;
let restore: Restore;
let point: RestorePoint;

beforeEach(async () => {
  clock = new FakeClock();
  cloud = new MemoryCloud(new FakeClock());
  store = new MemoryObjectStore();
  repository = await Repository.create({ storage: storageOf(store), encryption: { key } }, { clock });
  restore = new Restore({ repository, account: cloud }, { clock });
  cloud.addVolume("vol-a1", { tags: { Name: "data", "holdfast:restore": "monday01", "holdfast:restore-point": "earlier", "holdfast:source-volume": "vol-a0" } }).blocks.set(0, textBlock("data"));
  const { resources } = await new Policy({ name: "gold", account: cloud, include: [{ volume: "vol-a1" }], backup: { repository } }, { clock }).run();
  point = await repository.restorePoint(resources[0]?.point ?? "");
});

const volumes = () => cloud.in("eu-west-1").volumes;
const mark = (volumeId: string, tags: Tags): void => {
  const disk = volumes().get(volumeId);
  if (disk !== undefined) disk.description = { ...disk.description, tags: { ...disk.description.tags, ...tags } };
};

/** A restore whose process is gone once its volume is made: nothing that it asks for takes effect any more. */
async function dead(): Promise<string> {
  const session = restore.volume(point, { availabilityZone });
  let id = "";
  cloud.onCall = (operation) => {
    if (operation === "waitForVolume" || operation === "deleteVolume" || operation === "deleteSnapshot" || operation === "volumesByTags") throw new ProviderError("gone", { code: "Unreachable", service: "ec2", operation });
  };
  const hearing = async (): Promise<void> => {
    for await (const event of session) if (event.type === "session:started") id = event.session;
  };
  await expect(hearing()).rejects.toThrow("gone");
  cloud.onCall = () => undefined;
  return id;
}

describe("what a volume's restore made", () => {
  it("and its process left is named by its session, and removed by the plan, in any order of deaths; what else there is stays", async () => {
    const before = [...volumes().keys(), ...cloud.snapshotIds()];
    const id = await dead();
    expect([...volumes().keys(), ...cloud.snapshotIds()]).toHaveLength(before.length + 2);
    const plan = await restore.planUndo(id);
    expect(plan).toMatchObject({ kind: "undo", id, region: "eu-west-1", accountId: "111122223333", remove: [{ kind: "volume", restorePoint: point.id, sourceVolume: "vol-a1" }, { kind: "snapshot" }], stays: [] });
    expect(inspect(plan)).toContain(`removes the volume ${plan.remove[0]?.resourceId ?? ""}`);
    cloud.onCall = (operation) => {
      if (operation === "deleteSnapshot") throw new ProviderError("not today", { code: "Unreachable", retryable: true, service: "ec2", operation });
    };
    const [volume, snapshot] = plan.remove.map(({ resourceId }) => resourceId);
    expect(await restore.undo(plan)).toEqual({ id, removed: [volume], left: [{ what: snapshot, message: "not today" }] });
    cloud.onCall = () => undefined;
    expect(await restore.undo(JSON.parse(JSON.stringify(plan)) as typeof plan)).toEqual({ id, removed: [snapshot], left: [] });
    expect([...volumes().keys(), ...cloud.snapshotIds()]).toEqual(before);
    expect(await restore.undo(plan)).toEqual({ id, removed: [], left: [] });
  });

  it("stays where it is attached, of another restore, of an instance's, taken by somebody, or not planned", async () => {
    const id = await dead();
    const [volume = "", snapshot = ""] = (await restore.planUndo(id)).remove.map(({ resourceId }) => resourceId);
    const plan = await restore.planUndo(id);
    const disk = volumes().get(volume);
    if (disk === undefined) throw new Error("There is no volume.");
    disk.description = { ...disk.description, attachment: { instanceId: "i-a", deviceName: "/dev/sdf" } };
    const found = cloud.in("eu-west-1").snapshots.get(snapshot);
    if (found === undefined) throw new Error("There is no snapshot.");
    found.description = { ...found.description, volumeId: volume };
    const { remove, stays } = await restore.planUndo(id);
    expect(remove).toEqual([]);
    expect(stays).toMatchObject([{ resourceId: volume, reason: expect.stringContaining("attached to i-a") as string }, { resourceId: snapshot, reason: expect.stringContaining("somebody took it") as string }]);
    expect((await restore.undo(plan)).left.map(({ what }) => what)).toEqual([volume, snapshot]);
    disk.description = { ...disk.description, attachment: undefined };
    expect((await restore.undo({ ...plan, remove: [] })).left).toEqual([{ what: volume, message: "It is not in the plan: plan again." }]);
    mark(volume, { "holdfast:restore": "tuesday1" });
    expect((await restore.planUndo(id)).stays[0]?.reason).toContain("plan with that id");
    mark(volume, { "holdfast:restore-part": "volume 0123" });
    expect((await restore.planUndo("tuesday1")).stays[0]?.reason).toContain('undoInstance("tuesday1")');
    expect(volumes().has(volume)).toBe(true);
    await expect(restore.undo({ ...plan, accountId: "444455556666" })).rejects.toMatchObject({ name: "ConfigurationError", context: { path: "plan" } });
    await expect(restore.undo({ ...plan, kind: "volume" } as never)).rejects.toMatchObject({ context: { path: "plan" } });
    await expect(restore.planUndo("x")).rejects.toMatchObject({ context: { path: "id" } });
  });

  it("is left alone while its session may be under way", async () => {
    const session = "c".repeat(32);
    repository.history.open({ session, kind: "restore", startedAt: clock.now().toISOString() });
    cloud.addVolume("vol-new", { tags: { "holdfast:session": session, "holdfast:restore-point": point.id, "holdfast:source-volume": "vol-a1" } });
    await expect.poll(async () => (await restore.planUndo(session)).stays).toMatchObject([{ resourceId: "vol-new", reason: expect.stringContaining("under way") as string }]);
    const later = new FakeClock({ startAt: new Date(clock.now().getTime() + 20 * minuteMs) });
    const elsewhere = new Restore({ repository: await Repository.open({ storage: storageOf(store), encryption: { key } }, { clock: later }), account: cloud });
    expect((await elsewhere.planUndo(session)).remove).toMatchObject([{ resourceId: "vol-new" }]);
  });

  it("does not take the marks of the restore that its original was made by", async () => {
    const { volumeId } = await restore.volume(point, { availabilityZone });
    expect(volumes().get(volumeId)?.description.tags).toMatchObject({ Name: "data", "holdfast:restore-point": point.id });
    expect(volumes().get(volumeId)?.description.tags).not.toHaveProperty("holdfast:restore");
    expect((await restore.planUndo("monday01")).remove).toMatchObject([{ resourceId: "vol-a1" }]);
  });
});
