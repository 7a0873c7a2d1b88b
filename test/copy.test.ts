import { setImmediate } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { blockSizeBytes } from "../src/ports/index.js";
import { MeasuringObjectStore } from "../src/adapters/decorators/measuring-object-store.js";
import { PartialFailureError, type Repository } from "../src/index.js";
import { SeededRandom } from "../src/testing/index.js";
import { noiseBlock, textBlock } from "./support/backup-world.js";
import { CopyBed, expectHolds, frameIds, type KnownPoint } from "./support/copy-bed.js";
import { MemoryVolume } from "./support/memory-volume.js";

const zeros = Buffer.alloc(blockSizeBytes);
const smallPacks = { targetBytes: 8 * 2 ** 20, maxBlocks: 16 };

function volume(blocks: number): MemoryVolume {
  const made = new MemoryVolume(2 ** 36);
  for (let index = 0; index < blocks; index++) made.blocks.set(index * 3, index % 3 === 0 ? noiseBlock() : textBlock(`block ${String(index)} `));
  made.blocks.set(100_000, zeros);
  return made;
}

async function beds(): Promise<{ from: CopyBed; source: Repository; to: CopyBed; target: Repository }> {
  const from = new CopyBed();
  const to = new CopyBed({ key: 9, packs: smallPacks });
  return { from, source: await from.create(), to, target: await to.create() };
}

describe("a copied restore point", () => {
  it("restores byte for byte with the source gone, under another key and in packs of another size, and says what it is", async () => {
    const { from, source, to, target } = await beds();
    const known = await from.backUp(source, "i-1", { "vol-1": volume(40), "vol-2": volume(5) }, "snap-1");
    const result = await source.copy(known.point, target);
    from.store.objects.clear();
    const copy = result.points[0]?.copy ?? "";
    const point = await expectHolds(await to.open(), copy, known.states);
    const { id: _id, copiedFrom, ...facts } = point.toJSON();
    const { id: _sourceId, copiedFrom: _none, ...sourceFacts } = known.point.toJSON();
    expect(facts).toEqual(sourceFacts);
    expect(point.instance).toEqual({ InstanceType: "c5.large" });
    expect(copiedFrom).toMatchObject({ repositoryId: source.id, pointId: known.point.id, createdAt: known.point.createdAt.toISOString() });
    expect(await point.volumeAttributes("vol-2")).toEqual({ volumeType: "gp3" });
    expect(result).toMatchObject({ source: source.id, target: target.id, blocks: { read: 47, zero: 2, stored: 45 - 3, removed: 0 } });
    expect((await point.blockMap("vol-1")).root.zeroBlocks).toBe(1);
    for (const name of to.names("packs/")) expect(frameIds(to.store.objects.get(name) ?? zeros).length).toBeLessThanOrEqual(16);
    expect(await target.verify({ level: "data" })).toMatchObject({ isHealthy: true, restorePoints: 1 });
    expect(to.names("sess/")).toEqual([]);
  });

  it("is left alone when it is copied again, by whomever, and comes back to nowhere twice", async () => {
    const { from, source, to, target } = await beds();
    const { point } = await from.backUp(source, "vol-1", { "vol-1": volume(3) }, "snap-1");
    const { points } = await source.copy(point.id, target);
    const before = new Map(to.store.objects);
    const again = await (await from.open()).copy(point, await to.open());
    expect(again.points).toMatchObject([{ outcome: "present", copy: points[0]?.copy, volumes: [] }]);
    expect(new Map(to.store.objects)).toEqual(before);
    // home again, and to a third repository by two ways
    const home = await target.copy(points[0]?.copy ?? "", source);
    expect(home.points).toMatchObject([{ outcome: "present", copy: point.id }]);
    const third = await new CopyBed({ key: 3 }).create();
    expect((await source.copy(point, third)).points).toMatchObject([{ outcome: "copied" }]);
    expect((await target.copy(points[0]?.copy ?? "", third)).points).toMatchObject([{ outcome: "present" }]);
  });

  it("of an increment reads only what changed, of data and of block maps", async () => {
    const { from, source, to, target } = await beds();
    const many = new MemoryVolume(2 ** 40);
    for (let leaf = 0; leaf < 40; leaf++) many.blocks.set(leaf * 256, textBlock(`leaf ${String(leaf)} `));
    const first = await from.backUp(source, "vol-1", { "vol-1": many }, "snap-1");
    await source.copy(first.point, target);
    many.blocks.set(512, noiseBlock());
    many.blocks.set(513, zeros);
    many.blocks.delete(768);
    const second = await from.backUp(source, "vol-1", { "vol-1": many }, "snap-2");
    const measured = new MeasuringObjectStore(from.store);
    const result = await (await from.open(measured)).copy(second.point, await to.open());
    expect(result.points[0]?.volumes).toMatchObject([{ method: "incremental", blocks: { read: 2, zero: 1, stored: 1, removed: 1 }, requests: { reads: 1 } }]);
    expect(measured.measures().get.bytes).toBeLessThan(blockSizeBytes + 64 * 1024);
    const copyOfFirst = (await source.copy(first.point, target)).points[0];
    for (const [copied, known] of [[copyOfFirst, first], [result.points[0], second]] as const) await expectHolds(await to.open(), copied?.copy ?? "", known.states);
    // the whole of it again stores nothing
    const third = await from.backUp(source, "vol-1", { "vol-1": many }, "snap-3");
    expect((await source.copy(third.point, target, { full: true })).points[0]?.volumes).toMatchObject([{ method: "full", blocks: { stored: 0 } }]);
  });

  it("is read whole where what the target's newest point was copied from is gone, and stored only where it is new", async () => {
    const { from, source, target } = await beds();
    const one = volume(12);
    const first = await from.backUp(source, "vol-1", { "vol-1": one }, "snap-1");
    await source.copy(first.point, target);
    one.blocks.set(1, noiseBlock());
    const second = await from.backUp(source, "vol-1", { "vol-1": one }, "snap-2");
    for (const name of from.names("log/").slice(0, 1)) from.store.objects.delete(name);
    const result = await source.copy(second.point, target);
    expect(result.points[0]?.volumes).toMatchObject([{ method: "full", fullReason: expect.stringContaining("is gone") as string, blocks: { read: 14, stored: 1 } }]);
  });

  it("is not made where a block of the source is damaged: the error names it, and nothing is committed", async () => {
    const { from, source, to, target } = await beds();
    const good = await from.backUp(source, "vol-2", { "vol-2": volume(2) }, "snap-1");
    const before = new Set(from.names("packs/"));
    const { point } = await from.backUp(source, "i-1", { "vol-1": volume(20), "vol-2": volume(40) }, "snap-1");
    const [pack = ""] = from.names("packs/").filter((name) => !before.has(name));
    const bytes = Buffer.from(from.store.objects.get(pack) ?? zeros);
    bytes.writeUInt8(bytes.readUInt8(200) ^ 1, 200);
    from.store.objects.set(pack, bytes);
    await expect(source.copy(point, target)).rejects.toMatchObject({ name: "IntegrityError", code: "DamagedBlock", context: { object: pack } });
    expect(to.names("groups/")).toEqual([]);
    expect(to.names("sess/")).toEqual([]);
    const several = await Promise.resolve(source.copy([point, good.point], target)).catch((error: unknown) => error);
    expect(several).toBeInstanceOf(PartialFailureError);
    expect(several).toMatchObject({ code: "PointsNotCopied", failures: [{ resource: point.id }], completed: [good.point.id] });
    expect(await target.verify({ level: "data" })).toMatchObject({ isHealthy: true, restorePoints: 1 });
  });

  it("is made once by many who copy it at the same time", async () => {
    const { from, source, to } = await beds();
    const known = await from.backUp(source, "i-1", { "vol-1": volume(20), "vol-2": volume(5) }, "snap-1");
    const results = await Promise.all(Array.from({ length: 4 }, async () => (await source.copy(known.point, await to.open())).points[0]));
    expect(results.map((point) => point?.outcome).sort()).toEqual(["copied", "present", "present", "present"]);
    expect(new Set(results.map((point) => point?.copy)).size).toBe(1);
    expect(to.names("groups/")).toHaveLength(1);
    expect(to.names("sess/")).toEqual([]);
    await expectHolds(await to.open(), results[0]?.copy ?? "", known.states);
  });

  it("is made to its end though its point, and the one it builds on, are removed and collected meanwhile", async () => {
    const { from, source, to, target } = await beds();
    const one = volume(40);
    const first = await from.backUp(source, "vol-1", { "vol-1": one }, "snap-1");
    await source.copy(first.point, target);
    for (let index = 0; index < 40; index++) one.blocks.set(index * 3, noiseBlock());
    const second = await from.backUp(source, "vol-1", { "vol-1": one }, "snap-2");
    let removal: Promise<unknown> | undefined;
    to.store.onPut = (name) => {
      if (name.startsWith("packs/")) removal ??= remove();
    };
    const remove = async (): Promise<void> => {
      const other = await from.open();
      for (const { point } of [first, second]) await other.remove(point, { evenNewest: true });
      from.clock.advance(48 * 60 * 60_000);
      await other.collectGarbage({ graceHours: 0, orphanDays: 0, maxFreedShare: 1, waitMinutes: 0 });
    };
    const { points } = await source.copy(second.point, target);
    await removal;
    expect(points[0]?.volumes).toMatchObject([{ method: "incremental" }]);
    await expectHolds(await to.open(), points[0]?.copy ?? "", second.states);
    expect(from.names("sess/")).toEqual([]);
    await (await from.open()).collectGarbage({ graceHours: 0, orphanDays: 0, maxFreedShare: 1 });
    expect(from.names("packs/")).toEqual([]);
  });

  it("ends with the signal's reason, and goes on with what it had stored", async () => {
    const { from, source, to, target } = await beds();
    const { point, states } = await from.backUp(source, "vol-1", { "vol-1": volume(60) }, "snap-1");
    const abort = new AbortController();
    to.store.onPut = (name) => {
      if (to.names("packs/").length === 2 && name.startsWith("packs/")) abort.abort(new Error("enough"));
    };
    await expect(source.copy(point, target, { signal: abort.signal })).rejects.toThrow("enough");
    to.store.onPut = () => undefined;
    const { points } = await source.copy(point, await to.open());
    expect(points[0]?.blocks.known).toBeGreaterThanOrEqual(32);
    expect(new Set(to.storedBlocks()).size).toBe(to.storedBlocks().length);
    await expectHolds(await to.open(), points[0]?.copy ?? "", states);
  });

  it("tells its steps as events, the last of them when all is done", async () => {
    const { from, source, target } = await beds();
    const { point } = await from.backUp(source, "vol-1", { "vol-1": volume(2) }, "snap-1");
    const types: string[] = [];
    for await (const event of source.copy(source.restorePoints(), target)) types.push(event.type);
    expect(types).toEqual(["session:started", "point:started", "volume:started", "volume:progress", "volume:completed", "point:completed", "session:ended"]);
    expect((await source.copy(point, target)).points).toMatchObject([{ outcome: "present" }]);
  });

  it("refuses what is no target, and a point that is not there, before anything is made", async () => {
    const { source, to, target } = await beds();
    expect(() => source.copy("x", source)).toThrow(expect.objectContaining({ code: "InvalidOption", context: { path: "target" } }) as Error);
    expect(() => source.copy("x", {} as never)).toThrow(expect.objectContaining({ code: "InvalidOption" }) as Error);
    expect(() => source.copy("x", target, { full: "yes" } as never)).toThrow(expect.objectContaining({ code: "InvalidOption", context: { path: "full" } }) as Error);
    await expect(source.copy(`${"0".repeat(32)}-${"0".repeat(20)}`, target)).rejects.toMatchObject({ code: "RestorePointNotFound" });
    expect(to.names("log/")).toEqual([]);
  });
});

describe("a copy that was killed", () => {
  it("at any write, before it or with its answer lost, is begun again and stores nothing twice", async () => {
    const { from, source, to } = await beds();
    const known = await from.backUp(source, "i-1", { "vol-1": volume(20), "vol-2": volume(1) }, "snap-1");
    const before = new Map(to.store.objects);
    let kills = 0;
    for (const when of ["before", "after"] as const) {
      for (let nth = 1; ; nth++) {
        to.store.objects.clear();
        for (const [name, bytes] of before) to.store.objects.set(name, bytes);
        const mortal = to.faulty();
        mortal.inject({ kind: "kill", operation: "put", nth, when });
        const killed = await Promise.resolve(source.copy(known.point, await to.open(mortal))).then(
          () => undefined,
          (error: unknown) => error,
        );
        // what was on its way when the process died arrives, or not, but after that nothing
        await setImmediate();
        const { points } = await source.copy(known.point, await to.open());
        expect(to.names("groups/"), `${when} ${String(nth)}`).toHaveLength(1);
        const stored = to.storedBlocks();
        expect(new Set(stored).size, `${when} ${String(nth)}`).toBe(stored.length);
        await expectHolds(await to.open(), points[0]?.copy ?? "", known.states);
        if (killed === undefined) break;
        kills++;
      }
    }
    expect(kills).toBeGreaterThan(20);
  });
});

describe("random histories of random volumes", () => {
  it.each([1, 2, 3, 4])("restore from their copies, made in any order, with the source gone (%i)", async (seed) => {
    const random = new SeededRandom(seed);
    const pick = (below: number): number => Math.floor(random.fraction() * below);
    const { from, source, to, target } = await beds();
    const resources: Record<string, Record<string, MemoryVolume>> = { "i-1": { "vol-1": new MemoryVolume(2 ** 38), "vol-2": new MemoryVolume(2 ** 30) }, "vol-3": { "vol-3": new MemoryVolume(2 ** 40) } };
    const shared = [noiseBlock(), textBlock("shared "), zeros];
    const known: KnownPoint[] = [];
    for (let step = 0; step < 8; step++) {
      const [resource, volumes] = Object.entries(resources)[pick(2)] ?? ["", {}];
      for (const changing of Object.values(volumes)) {
        for (let change = pick(8); change >= 0; change--) {
          const index = [0, 1, 255, 256, 300, 65_535, 65_536][pick(7)] ?? 0;
          const fits = index * blockSizeBytes < changing.sizeBytes;
          if (pick(4) === 0) changing.blocks.delete(index);
          else if (fits) changing.blocks.set(index, pick(2) === 0 ? noiseBlock() : (shared[pick(3)] ?? zeros));
        }
      }
      known.push(await from.backUp(source, resource, volumes, `snap-${String(step)}`));
    }
    const order = known.map((one) => ({ one, place: random.fraction() })).sort((a, b) => a.place - b.place);
    const copies: { id: string; one: KnownPoint }[] = [];
    for (const { one } of order) copies.push({ id: (await source.copy(one.point, target)).points[0]?.copy ?? "", one });
    from.store.objects.clear();
    const reopened = await to.open();
    for (const { id, one } of copies) await expectHolds(reopened, id, one.states);
    // in the order of the points' own times, whatever the order of copying
    for (const resource of Object.keys(resources)) {
      const times: string[] = [];
      for await (const { createdAt } of reopened.restorePoints({ resource: `111122223333/eu-west-1/${resource}` })) times.push(createdAt.toISOString());
      expect(times).toEqual(known.filter(({ point }) => point.resource.endsWith(resource)).map(({ point }) => point.createdAt.toISOString()));
    }
    expect(await reopened.verify({ level: "data" })).toMatchObject({ isHealthy: true, restorePoints: known.length });
  });
});
