import { describe, expect, it } from "vitest";
import { textBlock } from "../../../test/support/backup-world.js";
import { freezeAll } from "../../../test/support/dedup-bed.js";
import { dayMs, LockBed, pointsOf } from "../../../test/support/lock-bed.js";
import { MemoryObjectStore } from "../../../test/support/memory-object-store.js";
import { MemoryVolume } from "../../../test/support/memory-volume.js";
import { ProviderError } from "../../errors/index.js";
import type { RestorePoint } from "../points/restore-point.js";

const gib = 2 ** 30;

function volumeWith(...texts: string[]): MemoryVolume {
  const volume = new MemoryVolume(gib);
  for (const [index, text] of texts.entries()) volume.blocks.set(index, textBlock(text));
  return volume;
}

/** Every version under the names that restore points need, with the end of its lock. */
async function lockEnds(bed: LockBed): Promise<Map<string, number>> {
  const ends = new Map<string, number>();
  for (const name of [...bed.store.objects.keys()].filter((one) => /^(packs|meta|log|groups|keys)\/|^holdfast\.json$/.test(one))) ends.set(name, await bed.lockedUntilMs(name));
  return ends;
}

describe("an immutable repository", () => {
  it("locks every object of a restore point for its period at least, and nothing that is rewritten", async () => {
    for (const mode of ["GOVERNANCE", "COMPLIANCE"] as const) {
      const bed = new LockBed();
      const repository = await bed.createImmutable({ mode, periodDays: 30, generationDays: 10 });
      expect(repository.immutability).toEqual({ mode, periodDays: 30, generationDays: 10 });
      const volumes = { "vol-1": volumeWith("one", "two") };
      freezeAll(volumes, "snap-1");
      const { point } = await bed.backUp(repository, "i-1", volumes, { snapshotId: "snap-1" });
      const ends = await lockEnds(bed);
      expect([...ends.keys()].map((name) => name.split("/")[0]).sort()).toEqual(["groups", "holdfast.json", "keys", "log", "meta", "packs"]);
      for (const end of ends.values()) expect(end).toBeGreaterThanOrEqual(point.createdAt.getTime() + 30 * dayMs);
      for (const name of ends.keys()) expect((await bed.store.head(name))?.lock?.mode).toBe(mode);
      for (const name of bed.names("idx/")) expect((await bed.store.head(name))?.lock).toBeUndefined();
      expect(bed.names("probe/")).toEqual([]);
      expect(await repository.verifyLocks()).toMatchObject({ isHealthy: true, restorePoints: 1, objects: 6, findings: [] });
      expect(bed.extensions).toEqual([]);
      await expect((await bed.versions()).delete("holdfast.json", (await bed.store.head("holdfast.json"))?.versionId ?? "")).rejects.toMatchObject({ code: "ObjectLocked" });
    }
  });

  it("extends each object at most once per generation, over ten generations of shared packs with retention", async () => {
    const bed = new LockBed();
    const repository = await bed.createImmutable();
    const volumes = { "vol-1": volumeWith("shared", "a"), "vol-2": volumeWith("shared", "b") };
    const points: { point: RestorePoint; states: Record<string, ReadonlyMap<number, Buffer>> }[] = [];
    for (let day = 0; day < 100; day += 5) {
      if (day % 20 === 5) volumes["vol-1"].blocks.set(2, textBlock(`vol-1 on day ${String(day)}`));
      if (day % 30 === 10) volumes["vol-2"].blocks.set(3, textBlock(`vol-2 on day ${String(day)}`));
      const snapshotId = `snap-${String(day)}`;
      const states = freezeAll(volumes, snapshotId);
      const { point, methods } = await bed.backUp(repository, "i-1", volumes, { snapshotId, atOnce: true });
      expect(methods).toEqual(day === 0 ? ["full", "full"] : ["incremental", "incremental"]);
      points.push({ point, states });
      expect(await repository.verifyLocks()).toMatchObject({ isHealthy: true, findings: [] });
      // the period of a point is over: it is withdrawn, and its objects' locks may end
      const [oldest] = points;
      if (oldest !== undefined && oldest.point.createdAt.getTime() + 31 * dayMs < bed.storeClock.now().getTime()) {
        await bed.withdraw(oldest.point);
        points.shift();
      }
      bed.pass(5 * dayMs);
    }
    const perGeneration = new Map<string, number>();
    for (const { object, untilMs } of bed.extensions) perGeneration.set(`${object} until ${String(untilMs)}`, (perGeneration.get(`${object} until ${String(untilMs)}`) ?? 0) + 1);
    expect(Math.max(...perGeneration.values())).toBe(1);
    // the pack that both volumes share lives through all ten generations: it was extended in nine of them, and so were slot and configuration
    const perObject = new Map<string, number>();
    for (const { object } of bed.extensions) perObject.set(object, (perObject.get(object) ?? 0) + 1);
    expect(Math.max(...perObject.values())).toBeLessThanOrEqual(10);
    expect([...perObject].filter(([object]) => object.startsWith("packs/")).some(([, count]) => count >= 9)).toBe(true);
    expect([...perObject].find(([object]) => object.startsWith("holdfast.json"))?.[1]).toBeGreaterThanOrEqual(9);
    for (const { point, states } of points) await bed.expectHolds(point, states);
  });

  it("asks nothing of inherited packs within a generation", async () => {
    const bed = new LockBed();
    const repository = await bed.createImmutable();
    const volumes = { "vol-1": volumeWith("one", "two") };
    freezeAll(volumes, "snap-1");
    await bed.backUp(repository, "i-1", volumes, { snapshotId: "snap-1" });
    volumes["vol-1"].blocks.set(5, textBlock("five"));
    freezeAll(volumes, "snap-2");
    const heads: string[] = [];
    const head = bed.store.head.bind(bed.store);
    bed.store.head = async (name, options) => {
      heads.push(name);
      return await head(name, options);
    };
    await bed.backUp(repository, "i-1", volumes, { snapshotId: "snap-2" });
    expect(heads.filter((name) => /^(packs|meta)\//.test(name))).toEqual([]);
  });

  it("extends what a run began in one generation and committed in the next", async () => {
    const bed = new LockBed();
    const repository = await bed.createImmutable();
    const volumes = { "vol-1": volumeWith("one") };
    const states = freezeAll(volumes, "snap-1");
    const account = "111122223333/eu-west-1";
    const point = repository.beginPoint({ resource: `${account}/i-1`, kind: "instance", tags: {} });
    const writer = await point.beginVolume(`${account}/vol-1`);
    writer.start("full", gib);
    for await (const { index } of volumes["vol-1"].reader("snap-1").blocks()) await writer.add(await volumes["vol-1"].reader("snap-1").read({ index }));
    const metadata = { resource: `${account}/vol-1`, volumeId: "vol-1", volumeSizeBytes: gib, method: "full" as const, startedAt: "2026-01-01T00:00:00Z", finishedAt: "2026-01-01T00:00:00Z" };
    await point.finishVolume(writer, metadata, { volumeId: "vol-1" });
    // the other volumes of the instance take eleven days
    for (let minute = 0; minute < 11 * 24 * 60; minute += 3) {
      bed.pass(3 * 60_000);
      for (let turn = 0; turn < 3; turn++) await Promise.resolve();
    }
    for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
    const committed = await point.commit();
    expect(committed.createdAt.getTime()).toBe(bed.storeClock.now().getTime());
    expect(bed.extensions.map(({ object }) => object.split("/")[0]?.split("?")[0]).sort()).toEqual(["holdfast.json", "keys", "log", "meta", "packs"]);
    expect(await repository.verifyLocks()).toMatchObject({ isHealthy: true, objects: 6 });
    await bed.expectHolds(committed, states);
  });

  it("goes on where it was ended, whichever extension it died at, and then every point's locks hold", async () => {
    const extensions = await extensionsOfSecondGeneration(Number.POSITIVE_INFINITY);
    expect(extensions).toBe(5);
    for (let dies = 0; dies < extensions; dies++) await extensionsOfSecondGeneration(dies);
  });

  it("commits nothing where the store refuses to extend a lock, and says which", async () => {
    const bed = new LockBed();
    const repository = await bed.createImmutable();
    const volumes = { "vol-1": volumeWith("one") };
    freezeAll(volumes, "snap-1");
    await bed.backUp(repository, "i-1", volumes, { snapshotId: "snap-1" });
    bed.pass(20 * dayMs);
    bed.onExtend = (name) => {
      throw new ProviderError(`s3:PutObjectRetention of ${name} is denied`, { code: "AccessDenied", service: "s3", operation: "PutObjectRetention" });
    };
    freezeAll(volumes, "snap-2");
    await expect(bed.backUp(repository, "i-1", volumes, { snapshotId: "snap-2" })).rejects.toMatchObject({ code: "AccessDenied" });
    expect(await pointsOf(repository)).toHaveLength(1);
  });

  it("commits nothing that reaches a pack which is gone, and a full backup heals the volume", async () => {
    const bed = new LockBed();
    const repository = await bed.createImmutable();
    const volumes = { "vol-1": volumeWith("one") };
    freezeAll(volumes, "snap-1");
    await bed.backUp(repository, "i-1", volumes, { snapshotId: "snap-1" });
    bed.pass(20 * dayMs);
    const [pack = ""] = bed.names("packs/");
    bed.store.objects.delete(pack);
    const states = freezeAll(volumes, "snap-2");
    await expect(bed.backUp(repository, "i-1", volumes, { snapshotId: "snap-2" })).rejects.toMatchObject({ name: "IntegrityError", code: "ReachedObjectMissing", context: { object: pack } });
    const { point } = await bed.backUp(repository, "i-1", volumes, { snapshotId: "snap-2", full: true });
    await bed.expectHolds(point, states);
  });

  it("locks what stands in for a damaged pack like everything else, proves it, and brings it back", async () => {
    const bed = new LockBed();
    const repository = await bed.createImmutable();
    const volumes = { "vol-1": volumeWith("one", "two") };
    const states = freezeAll(volumes, "snap-1");
    const { point } = await bed.backUp(repository, "i-1", volumes, { snapshotId: "snap-1" });
    const [pack = ""] = bed.names("packs/");
    const damaged = Buffer.from(bed.store.objects.get(pack) ?? []);
    damaged.fill(0, 100, damaged.length - 100);
    bed.store.objects.set(pack, damaged);
    expect(await repository.verify({ level: "data" })).toMatchObject({ isHealthy: false, quarantinedPacks: 1 });
    freezeAll(volumes, "snap-2");
    const healing = await bed.backUp(await bed.reopen(), "i-1", volumes, { snapshotId: "snap-2", full: true });
    expect(healing.counts).toMatchObject({ healedBlocks: 2 });
    const [relocation = ""] = bed.names("reloc/");
    expect(await bed.lockedUntilMs(relocation)).toBeGreaterThanOrEqual(healing.point.createdAt.getTime() + 30 * dayMs);
    await bed.expectHolds(point, states);
    expect(await repository.verifyLocks()).toMatchObject({ isHealthy: true, findings: [] });
    for (let generation = 0; generation < 3; generation++) {
      bed.pass(12 * dayMs);
      freezeAll(volumes, `later-${String(generation)}`);
      const later = await bed.backUp(await bed.reopen(), "i-1", volumes, { snapshotId: `later-${String(generation)}` });
      expect(await bed.lockedUntilMs(relocation)).toBeGreaterThanOrEqual(later.point.createdAt.getTime() + 30 * dayMs);
      expect(await repository.verifyLocks()).toMatchObject({ isHealthy: true, findings: [] });
    }
    await bed.store.delete(relocation);
    const attacked = await repository.verifyLocks();
    expect(attacked.findings).toMatchObject([{ object: relocation }]);
    expect(await repository.recover()).toMatchObject({ lost: [] });
    expect(await repository.verifyLocks()).toMatchObject({ isHealthy: true });
    await bed.expectHolds(await (await bed.reopen()).restorePoint(point.id), states);
  });

  it("goes by the store's time where the machine's clock is years off, either way", async () => {
    for (const offMs of [-3_000 * dayMs, 3_000 * dayMs]) {
      const bed = new LockBed();
      bed.clock.advance(offMs);
      const repository = await bed.createImmutable();
      const volumes = { "vol-1": volumeWith("one") };
      freezeAll(volumes, "snap-1");
      const { point } = await bed.backUp(repository, "i-1", volumes, { snapshotId: "snap-1" });
      const storeMs = bed.storeClock.now().getTime();
      expect(Math.abs(point.createdAt.getTime() - storeMs)).toBeLessThan(5_000);
      for (const end of (await lockEnds(bed)).values()) {
        expect(end).toBeGreaterThanOrEqual(point.createdAt.getTime() + 30 * dayMs);
        expect(end).toBeLessThanOrEqual(storeMs + 41 * dayMs);
      }
      expect(bed.warnings.some((line) => line.includes("clock is not the store's"))).toBe(true);
      expect(await repository.verifyLocks()).toMatchObject({ isHealthy: true });
    }
  });

  it("finds each object whose lock ends too soon, with the points that need it", async () => {
    const bed = new LockBed();
    const repository = await bed.createImmutable();
    const volumes = { "vol-1": volumeWith("one") };
    freezeAll(volumes, "snap-1");
    const first = await bed.backUp(repository, "i-1", volumes, { snapshotId: "snap-1" });
    bed.pass(20 * dayMs);
    // somebody who may extend nothing backs up: as if the engine had forgotten one pack
    const versions = await bed.versions();
    const extendLock = versions.extendLock.bind(versions);
    versions.extendLock = async (name, ...rest) => {
      if (!name.startsWith("packs/")) await extendLock(name, ...rest);
    };
    freezeAll(volumes, "snap-2");
    const second = await bed.backUp(repository, "i-1", volumes, { snapshotId: "snap-2" });
    const { isHealthy, findings } = await repository.verifyLocks();
    expect(isHealthy).toBe(false);
    expect(findings).toMatchObject([{ object: bed.names("packs/")[0], restorePoints: [second.point.id] }]);
    expect(findings[0]?.problem).toContain("it is locked until");
    expect(findings[0]?.restorePoints).not.toContain(first.point.id);
  });

  it("is refused where nothing can be locked, and where everything is", async () => {
    const plain = new LockBed();
    Object.assign(plain, { store: new MemoryObjectStore() });
    await expect(plain.create({ immutability: { mode: "GOVERNANCE" } })).rejects.toMatchObject({ name: "ConfigurationError", code: "ObjectLockNotEnabled", context: { path: "immutability" } });
    expect(plain.store.objects.size).toBe(0);
    const eager = new LockBed();
    const put = eager.store.put.bind(eager.store);
    eager.store.put = async (name, body, options) => await put(name, body, { lock: { mode: "GOVERNANCE", until: new Date(eager.storeClock.now().getTime() + dayMs) }, ...options });
    await expect(eager.createImmutable()).rejects.toMatchObject({ name: "ConfigurationError", code: "BucketLocksEverything" });
    expect(eager.names("keys/")).toEqual([]);
  });

  it("checks its options by their path", async () => {
    const bed = new LockBed();
    for (const [immutability, path] of [
      [{ mode: "SOFT" }, "immutability.mode"],
      [{ mode: "GOVERNANCE", periodDays: 0.5 }, "immutability.periodDays"],
      [{ mode: "GOVERNANCE", generationDays: 0 }, "immutability.generationDays"],
      [{ mode: "GOVERNANCE", days: 1 }, "immutability.days"],
      [true, "immutability"],
    ] as const) {
      await expect(bed.create({ immutability: immutability as never })).rejects.toMatchObject({ name: "ConfigurationError", code: "InvalidOption", context: { path } });
    }
  });

  it("is read, and not written, from a copy in a place that cannot lock", async () => {
    const bed = new LockBed();
    const repository = await bed.createImmutable();
    const volumes = { "vol-1": volumeWith("one") };
    const states = freezeAll(volumes, "snap-1");
    await bed.backUp(repository, "i-1", volumes, { snapshotId: "snap-1" });
    const copy = new MemoryObjectStore();
    for (const [name, body] of bed.store.objects) copy.objects.set(name, body);
    Object.assign(bed, { store: copy });
    const reopened = await bed.reopen();
    const [point] = await pointsOf(reopened);
    if (point === undefined) throw new Error("the copy has the point");
    await bed.expectHolds(point, states);
    freezeAll(volumes, "snap-2");
    await expect(bed.backUp(reopened, "i-1", volumes, { snapshotId: "snap-2" })).rejects.toMatchObject({ code: "ObjectLockNotEnabled" });
    expect(bed.names("sess/")).toEqual([]);
  });
});

/** Two generations; the first backup of the second dies at its extension number `dies`, and is run again. Gives how many extensions there were. */
async function extensionsOfSecondGeneration(dies: number): Promise<number> {
  const bed = new LockBed();
  const repository = await bed.createImmutable();
  const volumes = { "vol-1": volumeWith("one", "two"), "vol-2": volumeWith("three") };
  const before = freezeAll(volumes, "snap-1");
  const first = await bed.backUp(repository, "i-1", volumes, { snapshotId: "snap-1" });
  bed.pass(20 * dayMs);
  volumes["vol-1"].blocks.set(3, textBlock("four"));
  const after = freezeAll(volumes, "snap-2");
  let countdown = dies;
  bed.onExtend = () => {
    if (countdown-- === 0) throw new ProviderError("the process dies here", { code: "Died", service: "s3", operation: "PutObjectRetention" });
  };
  if (Number.isFinite(dies)) {
    await expect(bed.backUp(repository, "i-1", volumes, { snapshotId: "snap-2" })).rejects.toThrow("dies here");
    expect(await repository.verifyLocks()).toMatchObject({ isHealthy: true, restorePoints: 1 });
  }
  const reopened = await bed.reopen();
  const second = await bed.backUp(reopened, "i-1", volumes, { snapshotId: "snap-2" });
  expect(await reopened.verifyLocks()).toMatchObject({ isHealthy: true, restorePoints: 2 });
  expect(new Set(bed.extensions.map(({ object }) => object)).size).toBe(bed.extensions.length);
  await bed.expectHolds(first.point, before);
  await bed.expectHolds(second.point, after);
  return bed.extensions.length;
}
