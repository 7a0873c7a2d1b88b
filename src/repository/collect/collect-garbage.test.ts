import { beforeEach, describe, expect, it } from "vitest";
import { textBlock } from "../../../test/support/backup-world.js";
import { DedupBed, freezeAll } from "../../../test/support/dedup-bed.js";
import { MemoryVolume } from "../../../test/support/memory-volume.js";
import type { Repository } from "../repository.js";
import type { RestorePoint } from "../points/restore-point.js";

const rules = { graceHours: 0 };
const minuteMs = 60_000;

interface Kept {
  readonly point: RestorePoint;
  readonly states: Readonly<Record<string, ReadonlyMap<number, Buffer>>>;
}

let bed: DedupBed;
let repository: Repository;
let volume: MemoryVolume;
let text: number;

/** Changes a few blocks and backs the volume up. */
async function next(changed: readonly number[], from: Repository = repository): Promise<Kept> {
  for (const index of changed) volume.blocks.set(index, textBlock(`content ${String(text++)}`));
  const snapshotId = `snap-${String(text)}`;
  const states = freezeAll({ "vol-1": volume }, snapshotId);
  const { point } = await bed.backUp(from, "i-1", { "vol-1": volume }, { snapshotId });
  return { point, states };
}

async function expectAll(kept: readonly Kept[], from: Repository = repository): Promise<void> {
  for (const { point, states } of kept) await bed.expectHolds(await from.restorePoint(point.id), states);
}

async function listIds(): Promise<string[]> {
  const ids: string[] = [];
  for await (const { id } of repository.restorePoints()) ids.push(id);
  return ids;
}

beforeEach(async () => {
  bed = new DedupBed();
  repository = await bed.create();
  volume = new MemoryVolume(2 ** 30);
  text = 0;
});

describe("a removed restore point", () => {
  it("is listed no more and cannot be read; the others stay", async () => {
    const first = await next([0, 1, 2]);
    const second = await next([1]);
    expect(await repository.remove(first.point)).toBe(true);
    expect(await repository.remove(first.point.id)).toBe(false);
    expect(await listIds()).toEqual([second.point.id]);
    await expect(repository.restorePoint(first.point.id)).rejects.toMatchObject({ name: "NotFoundError", code: "RestorePointRemoved" });
    await expectAll([second]);
  });

  it("is not the newest of its resource, unless that is asked for", async () => {
    const only = await next([0]);
    await expect(repository.remove(only.point)).rejects.toMatchObject({ name: "ConflictError", code: "NewestPoint" });
    await expectAll([only]);
    expect(await repository.remove(only.point, { evenNewest: true })).toBe(true);
    expect(await listIds()).toEqual([]);
  });
});

describe("a collection", () => {
  it("frees what no point needs, and nothing else", async () => {
    const first = await next([0, 1, 2, 3]);
    const second = await next([0, 1, 2]);
    const third = await next([2]);
    await repository.remove(first.point);
    const before = bed.names("packs/").length;
    // block 3 of the first point is what the others still have, so its pack stays
    expect((await repository.collectGarbage(rules)).retiredRecords).toBe(1);
    expect(bed.names("packs/")).toHaveLength(before);
    await next([0, 1, 2, 3]);
    await repository.remove(second.point);
    await repository.remove(third.point);
    const report = await repository.collectGarbage(rules);
    expect(report).toMatchObject({ status: "done", retiredRecords: 2, rescued: 0, kept: {} });
    expect(bed.names("packs/")).toHaveLength(1);
    expect(report.freed.packs).toBeGreaterThanOrEqual(5);
    expect(await repository.collectGarbage(rules)).toMatchObject({ status: "nothing", freed: { packs: 0 } });
    expect(bed.names("gc/lists/")).toEqual([]);
    expect(bed.names("sess/")).toEqual([]);
  });

  it("says in a dry run what it would free, and changes nothing", async () => {
    const first = await next([0, 1]);
    await next([0, 1]);
    await repository.remove(first.point);
    const before = new Map(bed.store.objects);
    const plan = await repository.collectGarbage({ ...rules, dryRun: true });
    expect(new Map(bed.store.objects)).toEqual(before);
    const done = await repository.collectGarbage(rules);
    expect(plan).toMatchObject({ dryRun: true, freed: done.freed, retiredRecords: 1, stored: done.stored });
  });

  it("leaves what a backup under way stores, and waits for it before anything is deleted", async () => {
    const first = await next([0]);
    await next([0]);
    await repository.remove(first.point);
    // a backup that has begun, has found a block of the removed point by the index, and has not looked at collections since
    const late = repository.beginPoint({ resource: "vol-9", kind: "volume", tags: {} });
    const writer = await late.beginVolume("vol-9");
    writer.start("full", 2 ** 30);
    const other = new MemoryVolume(2 ** 30);
    other.blocks.set(0, textBlock("content 0"));
    other.freeze("snap");
    expect(await writer.add(await other.reader("snap").read({ index: 0 }))).toBe("known");
    const waiting = await repository.collectGarbage({ ...rules, waitMinutes: 0 });
    expect(waiting).toMatchObject({ status: "waiting", epoch: 1, freed: { packs: 0 } });
    // before its record it looks, finds what it relies on condemned, and does not commit
    const metadata = { resource: "vol-9", volumeSizeBytes: 2 ** 30, method: "full" as const, startedAt: "2026-01-01T00:00:00Z", finishedAt: "2026-01-01T00:00:00Z" };
    await expect(late.finishVolume(writer, metadata, { volumeId: "vol-9" })).rejects.toMatchObject({ code: "PackCondemned", retryable: true });
    await late.close();
    expect(await repository.collectGarbage(rules)).toMatchObject({ status: "done", epoch: 1 });
    // the same backup, begun again, stores the block anew
    const again = await bed.backUp(repository, "i-9", { "vol-9": other }, { snapshotId: "snap" });
    await bed.expectHolds(again.point, { "vol-9": new Map([[0, textBlock("content 0")]]) });
  });

  it("rescues what a backup committed that could not know of it", async () => {
    const first = await next([0]);
    await next([0]);
    await repository.remove(first.point);
    const other = new MemoryVolume(2 ** 30);
    other.blocks.set(0, textBlock("content 0"));
    const states = freezeAll({ "vol-9": other }, "snap");
    // the other backup commits in the moment in which the collection publishes what it condemned
    let committed: RestorePoint | undefined;
    const put = bed.store.put.bind(bed.store);
    bed.store.put = async (name, body, options) => {
      if (name.startsWith("gc/lists/") && committed === undefined) {
        bed.store.put = put;
        committed = (await bed.backUp(repository, "i-9", { "vol-9": other }, { snapshotId: "snap" })).point;
      }
      return await put(name, body, options);
    };
    const report = await repository.collectGarbage(rules);
    expect(report.rescued).toBe(1);
    if (committed === undefined) throw new Error("nothing was committed");
    await bed.expectHolds(committed, states);
  });

  it("ends a run that died, and a run that only looked dead can not commit any more", async () => {
    const first = await next([0]);
    await next([0]);
    const late = repository.beginPoint({ resource: "vol-9", kind: "volume", tags: {} });
    const writer = await late.beginVolume("vol-9");
    writer.start("full", 2 ** 30);
    const other = new MemoryVolume(2 ** 30);
    other.blocks.set(0, textBlock("content 0"));
    other.freeze("snap");
    await writer.add(await other.reader("snap").read({ index: 0 }));
    await repository.remove(first.point);
    // its renewals do not get through; the collection watches its lease for longer than a lease lives
    const sleep = bed.clock.sleep.bind(bed.clock);
    bed.clock.sleep = async (ms, signal) => {
      if (ms >= 30_000) await new Promise<void>((_, reject) => signal?.addEventListener("abort", () => { reject(new Error("ended")); }, { once: true }));
      else await sleep(ms, signal);
    };
    expect(await repository.collectGarbage(rules)).toMatchObject({ status: "done", fencedSessions: 1 });
    expect(bed.names("sess/")).toEqual([]);
    const metadata = { resource: "vol-9", volumeSizeBytes: 2 ** 30, method: "full" as const, startedAt: "2026-01-01T00:00:00Z", finishedAt: "2026-01-01T00:00:00Z" };
    await expect(late.finishVolume(writer, metadata, { volumeId: "vol-9" })).rejects.toMatchObject({ name: "ConflictError", retryable: true });
    await late.close();
    expect((await listIds()).length).toBe(1);
  });

  it("leaves a point that a reader has pinned, until the reader has ended", async () => {
    const first = await next([0, 1]);
    await next([0, 1]);
    const reader = await repository.pin([first.point]);
    await repository.remove(first.point);
    await repository.collectGarbage(rules);
    await bed.expectHolds(first.point, first.states);
    await reader.end();
    expect(await repository.collectGarbage(rules)).toMatchObject({ retiredRecords: 1 });
    await expect(bed.expectHolds(first.point, first.states)).rejects.toMatchObject({ name: "IntegrityError" });
  });

  it("keeps young packs, which the run that is begun again finds", async () => {
    const silent = await repository.collectGarbage();
    expect(silent.status).toBe("nothing");
  });

  it("is finished by the next one, wherever it stops: at each of its operations", async () => {
    const first = await next([0, 1, 2]);
    const second = await next([1]);
    const third = await next([0, 1, 2]);
    await repository.remove(first.point);
    await repository.remove(second.point);
    const world = new Map(bed.store.objects);
    let stops = 0;
    for (let stopAt = 1; ; stopAt++) {
      const dying = dieAt(bed, stopAt);
      const outcome = await repository.collectGarbage(rules).catch((error: unknown) => error);
      dying.restore();
      if (!dying.hasDied()) break;
      stops++;
      expect(String(outcome)).toContain("the process died");
      await repository.collectGarbage(rules);
      await repository.collectGarbage(rules);
      await expectAll([third]);
      expect({ packs: bed.names("packs/").length, lists: bed.names("gc/lists/").length <= 2, sessions: bed.names("sess/") }).toEqual({ packs: 1, lists: true, sessions: [] });
      bed.store.objects.clear();
      for (const [name, bytes] of world) bed.store.objects.set(name, bytes);
    }
    await expectAll([third, await next([5])]);
    expect(stops).toBeGreaterThan(25);
  });

  it("stops before it frees a suspicious share of a large repository", async () => {
    const first = await next([0]);
    await next([0]);
    await repository.remove(first.point);
    const list = bed.store.list.bind(bed.store);
    bed.store.list = async function* (prefix, options) {
      for await (const info of list(prefix, options)) yield prefix === "packs/" ? { ...info, sizeBytes: info.sizeBytes + 20 * 2 ** 30 } : info;
    };
    await expect(repository.collectGarbage(rules)).rejects.toMatchObject({ code: "TooMuchToFree" });
    expect(bed.names("gc/epoch/")).toEqual([]);
    expect(await repository.collectGarbage({ ...rules, maxFreedShare: 1 })).toMatchObject({ status: "done" });
  });

  it("removes nothing while it cannot tell what a point needs", async () => {
    const first = await next([0]);
    const second = await next([0]);
    await repository.remove(first.point);
    const meta = bed.names("meta/").at(-1) ?? "";
    const bytes = bed.store.objects.get(meta);
    bed.store.objects.delete(meta);
    await expect(repository.collectGarbage(rules)).rejects.toMatchObject({ name: "IntegrityError", code: "CollectionBlocked" });
    bed.store.objects.set(meta, bytes ?? Buffer.alloc(0));
    await expectAll([second]);
  });

  it("refuses wrong options by their path", async () => {
    await expect(repository.collectGarbage({ graceHours: -1 })).rejects.toMatchObject({ name: "ConfigurationError", context: { path: "graceHours" } });
    await expect(repository.collectGarbage({ maxFreedShare: 2 })).rejects.toMatchObject({ context: { path: "maxFreedShare" } });
    await expect(repository.collectGarbage({ dry: true } as never)).rejects.toMatchObject({ context: { path: "dry" } });
  });
});

describe("a part of a point that was never finished", () => {
  it("stays for the next backup to grow from, and goes when it is old", async () => {
    const point = repository.beginPoint({ resource: "vol-9", kind: "volume", tags: {} });
    const writer = await point.beginVolume("vol-9");
    writer.start("full", 2 ** 30);
    const other = new MemoryVolume(2 ** 30);
    other.blocks.set(0, textBlock("lonely"));
    other.freeze("snap");
    await writer.add(await other.reader("snap").read({ index: 0 }));
    const metadata = { resource: "vol-9", volumeSizeBytes: 2 ** 30, snapshotId: "snap", method: "full" as const, startedAt: "2026-01-01T00:00:00Z", finishedAt: "2026-01-01T00:00:00Z" };
    await point.finishVolume(writer, metadata, { volumeId: "vol-9" });
    await point.close();
    expect(await repository.collectGarbage(rules)).toMatchObject({ status: "nothing" });
    bed.clock.advance(15 * 24 * 60 * minuteMs);
    // first its name is taken, then, when nobody can have confirmed it as a parent since, its record goes
    expect(await repository.collectGarbage(rules)).toMatchObject({ status: "nothing", orphans: 1, retiredRecords: 0 });
    expect(await repository.collectGarbage(rules)).toMatchObject({ status: "done", orphans: 0, retiredRecords: 1 });
    expect(bed.names("packs/")).toEqual([]);
    // too late: its name was taken
    await expect(point.commit()).rejects.toMatchObject({ name: "ConflictError" });
    expect(await listIds()).toEqual([]);
  });
});

/** Makes every operation of the store fail from the nth on, as if the process had died there. */
function dieAt(of: DedupBed, nth: number): { readonly restore: () => void; readonly hasDied: () => boolean } {
  const { store } = of;
  const originals = { put: store.put.bind(store), get: store.get.bind(store), head: store.head.bind(store), delete: store.delete.bind(store), list: store.list.bind(store) };
  let operations = 0;
  let died = false;
  const step = (): void => {
    if (++operations < nth) return;
    died = true;
    throw new Error("the process died");
  };
  const guarded = <Args extends unknown[], Result>(operation: (...args: Args) => Promise<Result>) => async (...args: Args): Promise<Result> => {
    step();
    return await operation(...args);
  };
  store.put = guarded(originals.put);
  store.get = guarded(originals.get);
  store.head = guarded(originals.head);
  store.delete = guarded(originals.delete);
  store.list = async function* (prefix, options) {
    step();
    yield* originals.list(prefix, options);
  };
  return { restore: () => void Object.assign(store, originals), hasDied: () => died };
}
