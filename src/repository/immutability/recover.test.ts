import { describe, expect, it } from "vitest";
import { key, storageOf, textBlock } from "../../../test/support/backup-world.js";
import { freezeAll } from "../../../test/support/dedup-bed.js";
import { dayMs, LockBed, pointsOf } from "../../../test/support/lock-bed.js";
import { MemoryObjectStore } from "../../../test/support/memory-object-store.js";
import { MemoryVolume } from "../../../test/support/memory-volume.js";
import { HoldfastError, ProviderError } from "../../errors/index.js";
import type { ObjectVersion } from "../../ports/index.js";
import { openGroup } from "../format/group.js";
import { groupNameOf } from "../format/point-id.js";
import type { RestorePoint } from "../points/restore-point.js";
import { Repository } from "../repository.js";

const gib = 2 ** 30;

interface SavedPoint {
  readonly point: RestorePoint;
  readonly states: Record<string, ReadonlyMap<number, Buffer>>;
}

/** Three restore points of two volumes, the first of them withdrawn, in a bed whose contents somebody is going to attack. */
class AttackedBed extends LockBed {
  readonly volumes = { "vol-1": new MemoryVolume(gib), "vol-2": new MemoryVolume(gib) };
  readonly saved: SavedPoint[] = [];
  withdrawn: SavedPoint | undefined;

  static async open(): Promise<{ bed: AttackedBed; repository: Repository }> {
    const bed = new AttackedBed();
    const repository = await bed.createImmutable();
    for (const snapshotId of ["snap-1", "snap-2", "snap-3"]) bed.saved.push(await bed.save(repository, snapshotId));
    const withdrawn = bed.saved.shift();
    if (withdrawn !== undefined) await bed.withdraw(withdrawn.point);
    bed.withdrawn = withdrawn;
    return { bed, repository };
  }

  async save(repository: Repository, snapshotId: string): Promise<SavedPoint> {
    this.volumes["vol-1"].blocks.set(this.volumes["vol-1"].blocks.size, textBlock(`vol-1 at ${snapshotId}`));
    this.volumes["vol-2"].blocks.set(0, textBlock(`vol-2 at ${snapshotId}`));
    const states = freezeAll(this.volumes, snapshotId);
    const { point } = await this.backUp(repository, "i-1", this.volumes, { snapshotId });
    this.pass(60_000);
    return { point, states };
  }

  async all(): Promise<ObjectVersion[]> {
    const all: ObjectVersion[] = [];
    for await (const version of (await this.versions()).list("")) all.push(version);
    return all;
  }

  /** Removes for good what lets itself be removed, and puts a delete marker on everything. */
  async deleteEverything(): Promise<void> {
    const versions = await this.versions();
    const names = [...this.store.objects.keys()];
    for (const { name, versionId } of await this.all()) {
      try {
        await versions.delete(name, versionId);
      } catch (error) {
        if (!(HoldfastError.isInstance(error) && error.code === "ObjectLocked")) throw error;
      }
    }
    for (const name of names) await this.store.delete(name);
  }

  async overwriteEverything(bytesFor: (name: string, before: Buffer) => Buffer, lock?: { days: number }): Promise<void> {
    const until = new Date(this.storeClock.now().getTime() + (lock?.days ?? 0) * dayMs);
    for (const [name, before] of [...this.store.objects]) await this.store.put(name, bytesFor(name, before), { lock: lock === undefined ? undefined : { mode: "COMPLIANCE", until } });
  }

  /** Opens the repository anew and finds every point, and no other, with every byte; then the same again after `recover`, with nothing hidden. */
  async expectRecovers(): Promise<void> {
    await this.expectWhole(await this.reopen());
    const attacked = await this.reopen();
    const before = await this.all();
    const plan = await attacked.recover({ dryRun: true });
    expect(plan).toMatchObject({ isDryRun: true, isWhole: true });
    expect((await this.all()).filter(({ name }) => !name.startsWith("probe/"))).toEqual(before);
    const report = await attacked.recover();
    expect(report).toMatchObject({ isDryRun: false, isWhole: true, lost: [], failures: [] });
    expect({ ...report, isDryRun: true }).toEqual(plan);
    expect(await attacked.recover()).toMatchObject({ removedDeleteMarkers: 0, removedVersions: 0, putOnTop: 0, hidden: 0 });
    const recovered = await this.reopen();
    await this.expectWhole(recovered);
    // plain reads of the current versions, by an engine that knows nothing of versions
    const plain = new MemoryObjectStore();
    for (const [name, body] of this.store.objects) plain.objects.set(name, body);
    if (report.leftUnderLocked === 0) expect(await (await Repository.open({ storage: storageOf(plain), encryption: { key } })).verify({ level: "metadata" })).toMatchObject({ isHealthy: true });
    await this.expectGoesOn(recovered);
  }

  async expectWhole(repository: Repository): Promise<void> {
    const points = await pointsOf(repository);
    expect(points.map(({ id }) => id)).toEqual(this.saved.map(({ point }) => point.id));
    for (const { point, states } of this.saved) await this.expectHolds(await repository.restorePoint(point.id), states);
    expect(await repository.verify({ level: "data" })).toMatchObject({ isHealthy: true, restorePoints: this.saved.length });
  }

  async expectGoesOn(repository: Repository): Promise<void> {
    this.saved.push(await this.save(repository, `snap-${String(this.saved.length)}-later`));
    await this.expectWhole(await this.reopen());
  }
}

/** A bed whose attacker is done; it is recovered, and its points' locks are what they were promised. */
async function expectSurvives(attack: (bed: AttackedBed) => Promise<void>, { isHealthy = true } = {}): Promise<AttackedBed> {
  const { bed } = await AttackedBed.open();
  await attack(bed);
  await bed.expectRecovers();
  expect(await (await bed.reopen()).verifyLocks()).toMatchObject({ isHealthy });
  return bed;
}

describe("an immutable repository whose attacker may do everything but bypass locks", () => {
  it("is whole after everything was deleted", async () => {
    const bed = await expectSurvives(async (one) => { await one.deleteEverything(); });
    expect((await bed.all()).filter(({ name, isDeleteMarker }) => isDeleteMarker && /^(log|groups|keys)\/|^holdfast/.test(name))).toEqual([]);
  });

  it("is whole after everything was overwritten with garbage, once and again, and deleted on top", async () => {
    await expectSurvives(async (bed) => {
      await bed.overwriteEverything(() => Buffer.from("garbage"));
      await bed.overwriteEverything((_name, before) => Buffer.alloc(before.length, 7));
      await bed.deleteEverything();
    });
  });

  it("is whole after everything was overwritten with garbage of its own size that is locked, so that it cannot be removed", async () => {
    await expectSurvives(async (bed) => { await bed.overwriteEverything((_name, before) => Buffer.alloc(before.length, 7), { days: 300 }); }, { isHealthy: false });
  });

  it("is whole after everything was overwritten with another repository's objects", async () => {
    const other = await AttackedBed.open();
    const foreign = [...other.bed.store.objects];
    await expectSurvives(async (bed) => {
      await bed.overwriteEverything((name, before) => {
        const alike = foreign.filter(([theirs]) => theirs.split("/")[0] === name.split("/")[0]);
        return alike[before.length % Math.max(1, alike.length)]?.[1] ?? Buffer.from("none alike");
      });
    });
  });

  it("is whole after older versions of its own objects were put on top: what was withdrawn stays withdrawn", async () => {
    const { bed } = await AttackedBed.open();
    const oldest = new Map<string, ObjectVersion>();
    for (const version of await bed.all()) if (!version.isDeleteMarker) oldest.set(version.name, version);
    for (const [name, { versionId }] of oldest) await bed.store.put(name, (await bed.store.get(name, { versionId })).body);
    const id = bed.withdrawn?.point.id ?? "";
    await expect((await bed.reopen()).verifyLocks()).resolves.toMatchObject({ isHealthy: false });
    await bed.expectRecovers();
    expect(openGroup(await bed.keys(), groupNameOf(id), (await bed.store.get(groupNameOf(id))).body)).toBeUndefined();
    expect(await (await bed.reopen()).verifyLocks()).toMatchObject({ isHealthy: true });
  });

  it("is whole after foreign objects were put under new names beside its own", async () => {
    const { bed } = await AttackedBed.open();
    const [log = ""] = bed.names("log/");
    await bed.store.put(`${log.slice(0, log.lastIndexOf("/"))}/999999999999`, Buffer.from("garbage"));
    await bed.store.put(`groups/${"0".repeat(32)}/${"f".repeat(20)}`, Buffer.from("garbage"));
    const report = await (await bed.reopen()).recover();
    expect(report).toMatchObject({ hidden: 2, isWhole: true });
    await bed.expectGoesOn(await bed.reopen());
    expect(await (await bed.reopen()).verifyLocks()).toMatchObject({ isHealthy: true });
  });

  it("goes on backing up while it is attacked, at places in the log that are free, and recovers with the new points", async () => {
    const { bed, repository } = await AttackedBed.open();
    await bed.deleteEverything();
    bed.saved.push(await bed.save(repository, "snap-4"));
    const sequences = bed.names("log/").map((name) => Number(name.slice(-12)));
    expect(Math.min(...sequences)).toBe(4);
    await bed.expectRecovers();
  });

  it("says in its log what it read from behind a delete marker", async () => {
    const { bed } = await AttackedBed.open();
    await bed.deleteEverything();
    await pointsOf(await bed.reopen());
    expect(bed.warnings.some((line) => line.includes("hidden by a delete marker"))).toBe(true);
    const report = await (await bed.reopen()).verifyLocks();
    expect(report.isHealthy).toBe(false);
    expect(report.findings.every(({ problem }) => problem.includes("recover()"))).toBe(true);
    expect(report.findings.every(({ object, restorePoints }) => restorePoints.length > 0 || object === groupNameOf(bed.withdrawn?.point.id ?? ""))).toBe(true);
  });

  it("goes on where a recovery was ended, whichever write it died at", async () => {
    const { bed } = await AttackedBed.open();
    await bed.overwriteEverything((_name, before) => Buffer.alloc(before.length, 7), { days: 1 });
    await bed.deleteEverything();
    const repository = await bed.reopen();
    const versions = await bed.versions();
    const remove = versions.delete.bind(versions);
    let deeds = 0;
    for (let dies = 1; ; dies += 3) {
      let countdown = dies;
      const step = (): void => {
        deeds++;
        if (countdown-- === 0) throw new TypeError("the process dies here");
      };
      versions.delete = async (name, versionId, options) => {
        if (!name.startsWith("probe/")) step();
        await remove(name, versionId, options);
      };
      bed.store.onPut = (name) => { if (!name.startsWith("probe/")) step(); };
      const outcome = await repository.recover().catch((error: unknown) => error);
      if (!(outcome instanceof TypeError)) break;
    }
    bed.store.onPut = () => undefined;
    versions.delete = remove;
    expect(deeds).toBeGreaterThan(20);
    await bed.expectWhole(await bed.reopen());
  });

  it("names what the store refused, and goes on with the rest", async () => {
    const { bed } = await AttackedBed.open();
    const [group = "", other = ""] = bed.names("groups/").slice(-2);
    for (const name of ["holdfast.json", group, other]) await bed.store.delete(name);
    const versions = await bed.versions();
    const remove = versions.delete.bind(versions);
    versions.delete = async (name, ...rest) => {
      if (name === group) throw new ProviderError(`s3:DeleteObjectVersion of ${name} is denied`, { code: "AccessDenied", service: "s3", operation: "DeleteObject" });
      await remove(name, ...rest);
    };
    const report = await (await bed.reopen()).recover();
    expect(report).toMatchObject({ isWhole: false, removedDeleteMarkers: 2, failedObjects: 1, lost: [], failures: [{ object: group }] });
    versions.delete = remove;
    expect(await (await bed.reopen()).recover()).toMatchObject({ isWhole: true, removedDeleteMarkers: 1 });
    await bed.expectWhole(await bed.reopen());
  });

  it("lists what is lost with its points", async () => {
    const { bed } = await AttackedBed.open();
    const needed = (await (await bed.reopen()).verify({ level: "presence" })).packs;
    expect(needed).toBeGreaterThan(3);
    for (const pack of bed.names("packs/")) bed.store.objects.delete(pack);
    const [log = ""] = bed.names("log/").filter((name) => name.endsWith("3"));
    bed.store.objects.delete(log);
    const report = await (await bed.reopen()).recover();
    expect(report.isWhole).toBe(false);
    expect(report.lost.map(({ object }) => object.split("/")[0])).toEqual(expect.arrayContaining(["packs", "log"]));
    const ids = bed.saved.map(({ point }) => point.id);
    for (const { restorePoints } of report.lost) {
      expect(restorePoints.length).toBeGreaterThan(0);
      for (const id of restorePoints) expect(ids).toContain(id);
    }
    expect(report.lost.find(({ object }) => object === log)?.restorePoints).toEqual([ids.at(-1)]);
  });

  it("is refused where nothing keeps versions", async () => {
    const bed = new LockBed();
    Object.assign(bed, { store: new MemoryObjectStore() });
    await expect((await bed.create()).recover()).rejects.toMatchObject({ name: "IllegalStateError", code: "NotVersioned" });
  });
});
