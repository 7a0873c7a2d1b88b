import { describe, expect, it } from "vitest";
import { MeasuringObjectStore } from "../src/adapters/decorators/measuring-object-store.js";
import { minimumStorageUntil, Restore, type Repository } from "../src/index.js";
import { noiseBlock, textBlock } from "./support/backup-world.js";
import { CopyBed, expectHolds } from "./support/copy-bed.js";
import { ManualClock } from "./support/manual-clock.js";
import { MemoryVolume } from "./support/memory-volume.js";

const hourMs = 60 * 60_000;
const smallPacks = { targetBytes: 8 * 2 ** 20, maxBlocks: 16 };

function volume(blocks: number): MemoryVolume {
  const made = new MemoryVolume(2 ** 36);
  for (let index = 0; index < blocks; index++) made.blocks.set(index * 3, index % 3 === 0 ? noiseBlock() : textBlock(`block ${String(index)} `));
  return made;
}

class DeepArchive extends MeasuringObjectStore {
  override readonly storageClass = "DEEP_ARCHIVE";
}

async function archived(): Promise<{ from: CopyBed; source: Repository; to: CopyBed; archive: Repository }> {
  const clock = new ManualClock();
  const from = new CopyBed({ clock });
  const to = new CopyBed({ key: 9, packs: smallPacks, archive: true, clock });
  return { from, source: await from.create(), to, archive: await to.create() };
}

describe("a repository whose data packs lie in an archive", () => {
  it("is written, deduplicated into, increments and killed runs included, and never read below its warm objects", async () => {
    const { from, source, to, archive } = await archived();
    const one = volume(40);
    const first = await from.backUp(source, "vol-1", { "vol-1": one }, "snap-1");
    await source.copy(first.point, archive);
    expect(to.names("packs/")).toHaveLength(3);
    expect(to.names("arc/").map((name) => name.replace("arc/", "packs/"))).toEqual(to.names("packs/"));
    // the same blocks of another volume, for a process that remembers nothing
    const twin = await from.backUp(source, "vol-2", { "vol-2": one }, "snap-1");
    expect((await source.copy(twin.point, await to.open())).blocks).toMatchObject({ read: 40, known: 40, stored: 0 });
    // an increment
    one.blocks.set(3, noiseBlock());
    const second = await from.backUp(source, "vol-1", { "vol-1": one }, "snap-2");
    expect((await source.copy(second.point, await to.open())).blocks).toMatchObject({ read: 1, stored: 1 });
    // a run that dies
    for (let index = 0; index < 40; index++) one.blocks.set(1_000 + index, noiseBlock());
    const third = await from.backUp(source, "vol-1", { "vol-1": one }, "snap-3");
    const mortal = to.faulty();
    mortal.inject({ kind: "kill", operation: "put", name: /^packs\//, nth: 3 });
    await expect(source.copy(third.point, await to.open(mortal))).rejects.toMatchObject({ code: "Killed" });
    expect((await source.copy(third.point, await to.open())).blocks).toMatchObject({ read: 40, known: 32, stored: 8 });
    const stored = to.storedBlocks();
    expect(new Set(stored).size).toBe(stored.length);
    expect(await archive.verify({ level: "presence" })).toMatchObject({ isHealthy: true, restorePoints: 4 });
  });

  it("relies on no warm directory whose pack is gone or another", async () => {
    const { from, source, to } = await archived();
    const one = volume(20);
    const { point } = await from.backUp(source, "vol-1", { "vol-1": one }, "snap-1");
    await source.copy(point, await to.open());
    const twin = await from.backUp(source, "vol-2", { "vol-2": one }, "snap-1");
    const [gone = "", cut = ""] = to.names("packs/");
    to.store.objects.delete(gone);
    to.store.objects.set(cut, Buffer.concat([to.store.objects.get(cut) ?? Buffer.alloc(0), Buffer.alloc(1)]));
    expect((await source.copy(twin.point, await to.open())).blocks).toMatchObject({ known: 0, stored: 20 });
  });

  it("says before a restore what must be thawed, how soon that can be and what it costs, and is restored after it, until the copies go away", async () => {
    const { from, source, to, archive } = await archived();
    const known = await from.backUp(source, "vol-1", { "vol-1": volume(40) }, "snap-1");
    const copy = (await source.copy(known.point, archive)).points[0]?.copy ?? "";
    from.store.objects.clear();
    const plan = await archive.planThaw(copy, { days: 3 });
    expect(plan).toMatchObject({ storageClass: "GLACIER", needed: { packs: 3 }, archived: { packs: 3 }, readable: { packs: 0 }, thawing: { packs: 0 }, days: 3 });
    expect(plan.needed.bytes).toBe(to.names("packs/").reduce((sum, name) => sum + (to.store.objects.get(name)?.length ?? 0), 0));
    expect(plan.tiers.map(({ tier, hours }) => [tier, hours])).toEqual([["expedited", 5 / 60], ["standard", 5], ["bulk", 12]]);
    expect(plan.tiers[1]?.cost?.requests).toBeCloseTo((3 * 0.05) / 1_000, 12);
    expect(plan.tiers[1]?.cost?.retrieval).toBeCloseTo((plan.needed.bytes / 2 ** 30) * 0.01, 12);
    await expect(expectHolds(archive, copy, known.states)).rejects.toMatchObject({ name: "ConflictError", code: "ThawNeeded" });
    const made: string[] = [];
    const restore = new Restore({ repository: archive }, { imageFiles: { create: ({ path }) => Promise.reject(new Error(String(made.push(path)))) } });
    await expect(restore.image(copy, { path: "/nowhere/disk.img" })).rejects.toMatchObject({ code: "ThawNeeded", context: { packs: 3, archived: 3, thawing: 0 } });
    expect(made).toEqual([]);

    const events: string[] = [];
    const thaw = archive.thaw(copy, { tier: "standard", days: 3 });
    const waiting = (async () => {
      for await (const { type } of thaw) events.push(type);
    })();
    while (!events.includes("thaw:progress")) await new Promise(setImmediate);
    expect(await archive.planThaw(copy)).toMatchObject({ thawing: { packs: 3 }, archived: { packs: 0 }, tiers: [] });
    to.store.finishThaws();
    to.clock.advance(hourMs);
    await waiting;
    const result = await thaw;
    expect(result).toMatchObject({ packs: 3, requestedPacks: 3, isReadable: true, readableUntil: new Date(to.clock.now().getTime() + 3 * 24 * hourMs - hourMs).toISOString() });
    expect(events.slice(0, 4)).toEqual(["session:started", "thaw:started", "thaw:requested", "thaw:progress"]);
    expect(events.at(-1)).toBe("session:ended");
    await expectHolds(archive, copy, known.states);
    expect(await archive.planThaw(copy)).toMatchObject({ readable: { packs: 3 }, tiers: [] });
    // asked again for no longer, it asks for nothing; for longer, it asks
    expect(await archive.thaw(copy, { tier: "standard", days: 2 })).toMatchObject({ requestedPacks: 0, isReadable: true });
    expect(await archive.thaw(copy, { tier: "standard", days: 30, wait: false })).toMatchObject({ requestedPacks: 3, isReadable: true });
    to.clock.advance(31 * 24 * hourMs);
    await expect(expectHolds(archive, copy, known.states)).rejects.toMatchObject({ code: "ThawNeeded" });
  });

  it("asks for the packs of one volume where one is wanted, and each pack once", async () => {
    const { from, source, to, archive } = await archived();
    const shared = volume(20);
    const known = await from.backUp(source, "i-1", { "vol-1": shared, "vol-2": shared, "vol-3": volume(20) }, "snap-1");
    const copy = (await source.copy(known.point, archive)).points[0]?.copy ?? "";
    expect((await archive.planThaw(copy)).needed.packs).toBe(to.names("packs/").length);
    const one = await archive.planThaw(copy, { volume: "vol-3" });
    const measured = new MeasuringObjectStore(to.store);
    expect(await (await to.open(measured)).thaw(copy, { tier: "bulk", volume: "vol-3", wait: false })).toMatchObject({ packs: one.needed.packs, requestedPacks: one.needed.packs, isReadable: false });
    expect(measured.measures().thaw.calls).toBe(one.needed.packs);
    await expect(archive.planThaw(copy, { volume: "vol-9" })).rejects.toMatchObject({ code: "VolumeNotInPoint" });
  });

  it("keeps packs that nothing needs until their minimum duration is over and says so, then frees them and their directories; a removed copy can be made again", async () => {
    const { from, source, to, archive } = await archived();
    const one = volume(20);
    const first = await from.backUp(source, "vol-1", { "vol-1": one }, "snap-1");
    for (const index of [...one.blocks.keys()]) one.blocks.set(index, noiseBlock());
    const second = await from.backUp(source, "vol-1", { "vol-1": one }, "snap-2");
    const copies = (await source.copy([first.point, second.point], archive)).points.map(({ copy }) => copy);
    // what a run that died left of a pack that never came
    to.store.objects.set(`arc/00/${"0".repeat(32)}-000000`, Buffer.from("stray"));
    await archive.remove(copies[0] ?? "");
    to.clock.advance(80 * 24 * hourMs);
    const kept = await archive.collectGarbage();
    expect(kept.kept["minimum storage"]?.packs).toBe(2);
    expect(to.names("packs/")).toHaveLength(4);
    expect(to.names("arc/")).toHaveLength(4);
    to.clock.advance(11 * 24 * hourMs);
    expect((await archive.collectGarbage()).status).toBe("done");
    expect(to.names("packs/")).toHaveLength(2);
    expect(to.names("arc/").map((name) => name.replace("arc/", "packs/"))).toEqual(to.names("packs/"));
    const again = await source.copy(first.point, await to.open());
    expect(again.points).toMatchObject([{ outcome: "copied", blocks: { stored: 20 } }]);
    expect(again.points[0]?.copy).not.toBe(copies[0]);
    to.store.finishThaws();
    expect(await archive.thaw(again.points[0]?.copy ?? "", { tier: "bulk", wait: false })).toMatchObject({ requestedPacks: 2 });
    to.store.finishThaws();
    await expectHolds(archive, again.points[0]?.copy ?? "", first.states);
  });

  it("refuses a tier that its class has not, and options that are wrong, before anything is asked for", async () => {
    const { to } = await archived();
    const asked = new DeepArchive(to.store);
    const repository = await to.open(asked);
    asked.reset();
    expect(() => repository.thaw("x", { tier: "expedited" })).toThrow(expect.objectContaining({ code: "InvalidOption", context: { path: "tier", storageClass: "DEEP_ARCHIVE" } }) as Error);
    expect(() => repository.thaw("x", { tier: "bulk", days: 0 })).toThrow(expect.objectContaining({ context: { path: "days" } }) as Error);
    await expect(repository.planThaw("x", { day: 1 } as never)).rejects.toMatchObject({ context: { path: "day" } });
    expect(Object.values(asked.measures()).reduce((sum, { calls }) => sum + calls, 0)).toBe(0);
  });
});

describe("minimum storage durations", () => {
  it("are those of S3's classes, counted from when an object was stored", () => {
    const storedAt = new Date("2026-01-01T00:00:00Z");
    const days = (storageClass: string | undefined): number | undefined => {
      const until = minimumStorageUntil(storageClass, storedAt);
      return until === undefined ? undefined : (until.getTime() - storedAt.getTime()) / (24 * hourMs);
    };
    expect(["STANDARD", "STANDARD_IA", "ONEZONE_IA", "GLACIER_IR", "GLACIER", "DEEP_ARCHIVE", "INTELLIGENT_TIERING", "another", undefined].map(days)).toEqual([undefined, 30, 30, 90, 90, 180, undefined, undefined, undefined]);
  });
});
