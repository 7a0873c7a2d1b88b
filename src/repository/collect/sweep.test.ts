import { describe, expect, it } from "vitest";
import { textBlock } from "../../../test/support/backup-world.js";
import { freezeAll } from "../../../test/support/dedup-bed.js";
import { dayMs, LockBed, pointsOf } from "../../../test/support/lock-bed.js";
import { MemoryObjectStore } from "../../../test/support/memory-object-store.js";
import { MemoryVolume } from "../../../test/support/memory-volume.js";
import { HoldfastError } from "../../errors/index.js";
import type { ObjectVersion } from "../../ports/index.js";
import type { RestorePoint } from "../points/restore-point.js";
import type { Repository } from "../repository.js";

const gib = 2 ** 30;

async function versionsUnder(bed: LockBed, prefix: string): Promise<ObjectVersion[]> {
  const all: ObjectVersion[] = [];
  for await (const version of (await bed.versions()).list(prefix)) all.push(version);
  return all;
}

async function save(bed: LockBed, repository: Repository, number: number): Promise<{ point: RestorePoint; states: Record<string, ReadonlyMap<number, Buffer>> }> {
  const volume = new MemoryVolume(gib);
  volume.blocks.set(0, textBlock(`block of ${String(number)}`));
  const volumes = { "vol-1": volume };
  const states = freezeAll(volumes, `snap-${String(number)}`);
  const { point } = await bed.backUp(repository, "i-1", volumes, { snapshotId: `snap-${String(number)}`, full: true });
  return { point, states };
}

describe("the sweep of a versioned bucket", () => {
  it("removes for good what was removed, once its lock and the days to undo it are over, and lets nothing of the engine's own pile up", async () => {
    const bed = new LockBed();
    const repository = await bed.createImmutable({ mode: "COMPLIANCE", periodDays: 10, generationDays: 5 });
    const first = await save(bed, repository, 1);
    const second = await save(bed, repository, 2);
    await expect(repository.remove(first.point.id)).rejects.toMatchObject({ name: "ConflictError", code: "PointProtected" });
    bed.pass(11 * dayMs);
    expect(await repository.remove(first.point.id)).toBe(true);
    const packs = bed.names("packs/").length;
    expect(await repository.collectGarbage({ graceHours: 0 })).toMatchObject({ status: "done", retiredRecords: 1 });
    expect(bed.names("packs/").length).toBeLessThan(packs);
    // deleted, but not gone: for seven days it can be undone, and its lock runs
    const early = await repository.sweep();
    expect(early.youngVersions).toBeGreaterThan(0);
    expect((await versionsUnder(bed, "packs/")).length).toBe(packs + 1);
    bed.pass(8 * dayMs);
    const plan = await repository.sweep({ dryRun: true });
    const before = await versionsUnder(bed, "");
    expect(await repository.sweep()).toEqual({ ...plan, isDryRun: false });
    expect((await versionsUnder(bed, "")).length).toBe(before.length - plan.removedVersions - plan.removedDeleteMarkers);
    expect(await repository.sweep()).toMatchObject({ removedVersions: 0, removedDeleteMarkers: 0, lockedVersions: 0 });
    for (const prefix of ["packs/", "meta/", "log/", "groups/", "sess/", "idx/"]) {
      const left = await versionsUnder(bed, prefix);
      expect(left.filter(({ isDeleteMarker, isLatest }) => isDeleteMarker || !isLatest)).toEqual([]);
    }
    expect((await pointsOf(repository)).map(({ id }) => id)).toEqual([second.point.id]);
    await bed.expectHolds(second.point, second.states);
    expect(await repository.verifyLocks()).toMatchObject({ isHealthy: true });
  });

  it("never removes what live records reach, though somebody else deleted it long ago and its lock is over", async () => {
    const bed = new LockBed();
    const repository = await bed.createImmutable({ mode: "GOVERNANCE", periodDays: 1, generationDays: 1 });
    const saved = await save(bed, repository, 1);
    for (const name of [...bed.store.objects.keys()]) await bed.store.delete(name);
    bed.pass(100 * dayMs);
    const reopened = await bed.reopen();
    await reopened.sweep();
    await bed.expectHolds(saved.point, saved.states);
    expect(await reopened.recover()).toMatchObject({ isWhole: true });
    await bed.expectHolds((await pointsOf(await bed.reopen()))[0] ?? saved.point, saved.states);
  });

  it("does nothing where no versions are kept", async () => {
    const bed = new LockBed();
    Object.assign(bed, { store: new MemoryObjectStore() });
    expect(await (await bed.create()).sweep()).toMatchObject({ hasVersions: false, removedVersions: 0 });
  });
});

describe("a collection in an immutable repository that was attacked", () => {
  it("withdraws nothing and collects nothing that delete markers and overwrites make look removed", async () => {
    for (const attack of ["delete", "odd garbage"] as const) {
      const bed = new LockBed();
      const repository = await bed.createImmutable({ mode: "GOVERNANCE", periodDays: 1, generationDays: 1 });
      const saved = [await save(bed, repository, 1), await save(bed, repository, 2)];
      for (const name of [...bed.names("log/"), ...bed.names("groups/")]) {
        if (attack === "delete") await bed.store.delete(name);
        else await bed.store.put(name, Buffer.alloc(301));
      }
      bed.pass(50 * dayMs);
      const reopened = await bed.reopen();
      expect(await reopened.collectGarbage({ graceHours: 0, orphanDays: 0, maxFreedShare: 1 })).toMatchObject({ status: "nothing", retiredRecords: 0, orphans: 0 });
      expect((await pointsOf(reopened)).map(({ id }) => id)).toEqual(saved.map(({ point }) => point.id));
      for (const { point, states } of saved) await bed.expectHolds(point, states);
    }
  });
});

describe("a place with a hidden immutable repository", () => {
  it("takes no other repository", async () => {
    const bed = new LockBed();
    await bed.createImmutable();
    for (const name of [...bed.store.objects.keys()]) await bed.store.delete(name);
    const refused: unknown = await bed.create().catch((error: unknown) => error);
    expect(HoldfastError.isInstance(refused) ? [refused.code, refused.message.includes("recover()")] : refused).toEqual(["RepositoryExists", true]);
  });
});
