import { beforeEach, describe, expect, it } from "vitest";
import { noiseBlock } from "../../../test/support/backup-world.js";
import { DedupBed, freezeAll } from "../../../test/support/dedup-bed.js";
import { MemoryVolume } from "../../../test/support/memory-volume.js";
import type { RestorePoint } from "../points/restore-point.js";
import type { Repository } from "../repository.js";

const rules = { graceHours: 0 };

interface Kept {
  readonly point: RestorePoint;
  readonly states: Readonly<Record<string, ReadonlyMap<number, Buffer>>>;
}

let bed: DedupBed;
let repository: Repository;
let volume: MemoryVolume;
let snapshots: number;

async function next(changed: readonly number[], full = false): Promise<Kept> {
  for (const index of changed) volume.blocks.set(index, noiseBlock());
  const snapshotId = `snap-${String(snapshots++)}`;
  const states = freezeAll({ "vol-1": volume }, snapshotId);
  const { point } = await bed.backUp(repository, "i-1", { "vol-1": volume }, { snapshotId, full });
  return { point, states };
}

async function expectAll(kept: readonly Kept[]): Promise<void> {
  const opened = await bed.reopen();
  for (const { point, states } of kept) await bed.expectHolds(await opened.restorePoint(point.id), states);
}

/** A pack of ten blocks of which nine are needed by no point any more. */
async function sparse(): Promise<Kept[]> {
  const first = await next([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  const second = await next([0, 1, 2, 3, 4, 5, 6, 7, 8]);
  await repository.remove(first.point);
  await repository.collectGarbage(rules);
  return [second];
}

beforeEach(async () => {
  bed = new DedupBed();
  repository = await bed.create();
  volume = new MemoryVolume(2 ** 30);
  snapshots = 0;
});

describe("compaction", () => {
  it("rewrites a pack of which little is needed, and every point restores from the new one", async () => {
    const kept = await sparse();
    const before = bed.storedBlocks().length;
    const report = await repository.compact(rules);
    expect(report).toMatchObject({ status: "done", removed: { packs: 1 }, written: { packs: 1 }, rescued: 0 });
    expect(report.written.bytes).toBeLessThan(report.removed.bytes / 5);
    expect(bed.storedBlocks()).toHaveLength(before - 9);
    await expectAll(kept);
    expect(await repository.verify({ level: "data" })).toMatchObject({ isHealthy: true });
    // nothing is left to do, and what was done stays through collections
    expect(await repository.compact(rules)).toMatchObject({ status: "nothing" });
    expect(await repository.collectGarbage(rules)).toMatchObject({ status: "nothing" });
    await expectAll(kept);
  });

  it("says in a dry run what it would do, and changes nothing", async () => {
    await sparse();
    const before = new Map(bed.store.objects);
    expect(await repository.compact({ ...rules, dryRun: true })).toMatchObject({ dryRun: true, status: "done", removed: { packs: 1 } });
    expect([...bed.store.objects.keys()]).toEqual([...before.keys()]);
    for (const [name, bytes] of before) expect(bed.store.objects.get(name)).toBe(bytes);
  });

  it("leaves packs of which enough is needed", async () => {
    const first = await next([0, 1, 2]);
    const second = await next([0]);
    await repository.remove(first.point);
    expect(await repository.compact(rules)).toMatchObject({ status: "nothing", examined: { packs: 2 } });
    await expectAll([second]);
  });

  it("lets increments grow from what was relocated, and frees it when no point needs it any more", async () => {
    const [second] = await sparse();
    await repository.compact(rules);
    const third = await next([1]);
    await expectAll([third]);
    const fourth = await next([], true);
    await expectAll([third, fourth]);
    for (const kept of [second, third]) if (kept !== undefined) await repository.remove(kept.point);
    await repository.collectGarbage(rules);
    await expectAll([fourth]);
    const fifth = await next([0, 1, 2, 3, 4, 5, 6, 7, 8, 9], true);
    await repository.remove(fourth.point);
    await repository.collectGarbage(rules);
    await repository.collectGarbage(rules);
    expect(bed.storedBlocks()).toHaveLength(10);
    expect(bed.names("reloc/")).toEqual([]);
    await expectAll([fifth]);
  });

  it("saves a pack whose other frames a backup has come to need meanwhile", async () => {
    const kept = await sparse();
    // another volume with a block that the pack still holds, though no point needs it: found by the index
    const other = new MemoryVolume(2 ** 30);
    const wanted = volume.blocks.get(9);
    const lost = kept[0]?.states["vol-1"]?.get(0);
    if (wanted === undefined || lost === undefined) throw new Error("the volume is not what the test thinks");
    const old = await bed.reopen();
    const put = bed.store.put.bind(bed.store);
    let raced: RestorePoint | undefined;
    const states: Record<string, ReadonlyMap<number, Buffer>> = {};
    bed.store.put = async (name, body, options) => {
      if (name.startsWith("gc/lists/") && raced === undefined) {
        bed.store.put = put;
        other.blocks.set(0, wanted);
        Object.assign(states, freezeAll({ "vol-2": other }, "other"));
        raced = (await bed.backUp(old, "i-2", { "vol-2": other }, { snapshotId: "other" })).point;
      }
      return await put(name, body, options);
    };
    await repository.compact(rules);
    if (raced === undefined) throw new Error("nothing was committed");
    await bed.expectHolds(raced, states);
    await expectAll(kept);
  });

  it("loses nothing wherever it stops, and the next one ends what was begun", async () => {
    const kept = await sparse();
    const world = new Map(bed.store.objects);
    let stops = 0;
    for (let stopAt = 1; ; stopAt++) {
      const put = bed.store.put.bind(bed.store);
      const remove = bed.store.delete.bind(bed.store);
      let writes = 0;
      let died = false;
      const hasDied = (): boolean => died;
      const step = (): void => {
        if (++writes < stopAt) return;
        died = true;
        throw new Error("the process died");
      };
      bed.store.put = async (...args) => {
        step();
        return await put(...args);
      };
      bed.store.delete = async (...args) => {
        step();
        await remove(...args);
      };
      await repository.compact(rules).catch((error: unknown) => {
        expect(String(error)).toContain("the process died");
      });
      Object.assign(bed.store, { put, delete: remove });
      if (!hasDied()) break;
      stops++;
      await expectAll(kept);
      repository = await bed.reopen();
      await repository.collectGarbage(rules);
      await repository.compact(rules);
      await expectAll(kept);
      await repository.collectGarbage(rules);
      await expectAll(kept);
      expect(bed.storedBlocks()).toHaveLength(10);
      bed.store.objects.clear();
      for (const [name, bytes] of world) bed.store.objects.set(name, bytes);
    }
    expect(stops).toBeGreaterThan(8);
  });

  it("refuses wrong options by their path", async () => {
    await expect(repository.compact({ maxLiveShare: 1 })).rejects.toMatchObject({ name: "ConfigurationError", context: { path: "maxLiveShare" } });
    await expect(repository.compact({ maxPacks: 0 })).rejects.toMatchObject({ context: { path: "maxPacks" } });
  });
});
