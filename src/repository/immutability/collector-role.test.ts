import { describe, expect, it } from "vitest";
import { storageOf, textBlock } from "../../../test/support/backup-world.js";
import { freezeAll } from "../../../test/support/dedup-bed.js";
import { dayMs, LockBed, pointsOf } from "../../../test/support/lock-bed.js";
import { MemoryVolume } from "../../../test/support/memory-volume.js";
import { Repository } from "../repository.js";

const collectorKey = Buffer.alloc(32, 9);

/** An immutable repository with two restore points and a slot for a collector, which holds no key of names and metadata. */
async function attackedBed() {
  const bed = new LockBed();
  const repository = await bed.createImmutable({ mode: "COMPLIANCE", periodDays: 10, generationDays: 5 });
  const volume = new MemoryVolume(2 ** 30);
  const states: Record<string, ReadonlyMap<number, Buffer>>[] = [];
  for (const snapshotId of ["snap-1", "snap-2"]) {
    volume.blocks.set(0, textBlock(snapshotId));
    states.push(freezeAll({ "vol-1": volume }, snapshotId));
    await bed.backUp(repository, "i-1", { "vol-1": volume }, { snapshotId });
    bed.pass(60_000);
  }
  await repository.keys.add({ key: collectorKey }, { role: "collector" });
  const asCollector = async (): Promise<Repository> => await Repository.open({ storage: storageOf(bed.store), encryption: { key: collectorKey } }, { clock: bed.clock });
  const expectWhole = async (): Promise<void> => {
    const owner = await bed.reopen();
    const points = await pointsOf(owner);
    expect(points).toHaveLength(2);
    for (const [position, point] of points.entries()) await bed.expectHolds(point, states[position] ?? {});
    expect(await owner.recover()).toMatchObject({ isWhole: true });
    expect(await (await bed.reopen()).verify({ level: "data" })).toMatchObject({ isHealthy: true, restorePoints: 2 });
  };
  return { bed, asCollector, expectWhole };
}

describe("whoever opened an immutable repository with a collector's key", () => {
  for (const prefix of ["groups/", "log/", "packs/", "meta/"]) {
    it(`collects nothing of what somebody hid under ${prefix}`, async () => {
      const { bed, asCollector, expectWhole } = await attackedBed();
      for (const name of bed.names(prefix)) await bed.store.delete(name);
      for (let run = 0; run < 4; run++) {
        bed.pass(20 * dayMs);
        await (await asCollector()).collectGarbage({ graceHours: 0, orphanDays: 0 });
      }
      await expectWhole();
    });
  }

  it("sweeps nothing that somebody hid, though its lock is over", async () => {
    const { bed, asCollector, expectWhole } = await attackedBed();
    for (const prefix of ["packs/", "meta/", "log/", "groups/"]) for (const name of bed.names(prefix)) await bed.store.delete(name);
    bed.pass(20 * dayMs);
    await (await asCollector()).sweep();
    await expectWhole();
  });

  it("recovers nothing, and hides nothing by that", async () => {
    const { bed, asCollector, expectWhole } = await attackedBed();
    const names = [...bed.names("groups/"), ...bed.names("log/")];
    await expect((await asCollector()).recover()).rejects.toMatchObject({ name: "ConfigurationError", code: "KeyNotHeld" });
    expect([...bed.names("groups/"), ...bed.names("log/")]).toEqual(names);
    await expectWhole();
  });

  it("is not told that all locks are well when it cannot see of which points", async () => {
    const { bed, asCollector } = await attackedBed();
    for (const name of bed.names("groups/")) await bed.store.delete(name);
    await expect((await asCollector()).verifyLocks()).rejects.toMatchObject({ code: "KeyNotHeld" });
  });
});
