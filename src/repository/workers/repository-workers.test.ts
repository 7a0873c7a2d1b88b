import { beforeEach, describe, expect, it } from "vitest";
import { noiseBlock, textBlock } from "../../../test/support/backup-world.js";
import { CopyBed, expectHolds, type KnownPoint } from "../../../test/support/copy-bed.js";
import { ManualClock } from "../../../test/support/manual-clock.js";
import { MemoryVolume } from "../../../test/support/memory-volume.js";
import type { CopyEvent } from "../copy/copy-events.js";
import type { CopyResult } from "../copy/copy-result.js";
import type { RepositoryHandOver } from "../hand-over.js";
import type { Repository } from "../repository.js";
import type { Session } from "../../session/index.js";
import type { VerifyProgress } from "../verify/verify-options.js";
import type { RepositoryTask, RepositoryWorkers } from "./repository-workers.js";

/** As it comes over a wire. */
function sent<Value>(value: Value): Value {
  return JSON.parse(JSON.stringify(value)) as Value;
}

/** Workers that know nothing but what goes to them as JSON, and open repositories by the keys that are handed over and no others. */
class OtherMachine implements RepositoryWorkers {
  readonly isInProcess = false;
  readonly tasks: RepositoryTask[] = [];
  readonly #beds: Readonly<Record<string, CopyBed>>;

  constructor(beds: Readonly<Record<string, CopyBed>>) {
    this.#beds = beds;
  }

  async workInRepository(task: RepositoryTask): Promise<unknown> {
    this.tasks.push(task);
    const repository = await this.#open(task.repository);
    const target = task.target && (await this.#open(task.target));
    return sent(await repository.work(sent(task.work), { target, signal: task.signal ?? new AbortController().signal, onEvent: (event) => task.onEvent?.(sent(event)) }));
  }

  /** What each task was, and which keys went with it. */
  get told(): string[] {
    return this.tasks.map(({ work, repository, target }) => [work.kind, repository.role, ...(target === undefined ? [] : [target.role])].join(" "));
  }

  async #open(handed: RepositoryHandOver): Promise<Repository> {
    const bed = this.#beds[handed.place.bucket];
    if (bed === undefined) throw new Error(`no bucket ${handed.place.bucket}`);
    return await bed.openAs(handed);
  }
}

let from: CopyBed;
let to: CopyBed;
let source: Repository;
let archive: Repository;
let workers: OtherMachine;
let volume: MemoryVolume;
let first: KnownPoint;
beforeEach(async () => {
  const clock = new ManualClock();
  from = new CopyBed({ clock, bucket: "backups" });
  to = new CopyBed({ clock, key: 9, archive: true, bucket: "cold" });
  source = await from.create();
  archive = await to.create();
  workers = new OtherMachine({ backups: from, cold: to });
  volume = new MemoryVolume(2 ** 34);
  for (let index = 0; index < 20; index++) volume.blocks.set(index * 300, index % 2 === 0 ? noiseBlock() : textBlock(`block ${String(index)} `));
  first = await from.backUp(source, "vol-1", { "vol-1": volume }, "snap-1");
});

/** What a copy gives, and what it said meanwhile. */
async function settle(session: Session<CopyResult, CopyEvent>): Promise<{ readonly result: CopyResult; readonly types: string[] }> {
  const types: string[] = [];
  for await (const { type } of session) if (!type.endsWith(":progress")) types.push(type);
  return { result: await session, types };
}

describe("a copy by workers elsewhere", () => {
  it("is what this process would have made, says the same, and reads only what changed; the keys that go with it read the one and write the other", async () => {
    const { result, types } = await settle(source.copy(first.point, archive, { workers }));
    expect(types).toEqual((await settle(source.copy(first.point, await new CopyBed({ key: 3 }).create()))).types);
    expect(result).toMatchObject({ source: source.id, target: archive.id, points: [{ outcome: "copied" }], blocks: { read: 20, stored: 20 } });

    volume.blocks.set(600, noiseBlock());
    const second = await from.backUp(source, "vol-1", { "vol-1": volume }, "snap-2");
    const increment = await source.copy(second.point, archive, { workers });
    expect(increment).toMatchObject({ blocks: { read: 1, stored: 1 }, points: [{ volumes: [{ method: "incremental" }] }] });
    expect(workers.told).toEqual(["copy restore writer", "copy restore writer"]);
    to.store.finishThaws();
    expect(await archive.verify({ level: "presence" })).toMatchObject({ isHealthy: true, restorePoints: 2 });
    expect([...from.names("sess/"), ...to.names("sess/")]).toEqual([]);
  });

  it("costs no worker where the target has the point, or the source has not", async () => {
    await source.copy(first.point, archive, { workers });
    expect((await settle(source.copy([first.point, first.point], archive, { workers }))).types.filter((type) => type === "point:skipped")).toHaveLength(2);
    expect(workers.tasks).toHaveLength(1);
    await source.remove(first.point, { evenNewest: true });
    await expect(source.copy(first.point, archive, { workers })).rejects.toMatchObject({ code: "RestorePointRemoved" });
    expect(workers.tasks).toHaveLength(1);
  });

  it("raises what the worker raised: a damaged block, of several points at the end", async () => {
    for (const name of from.names("packs/")) from.store.objects.set(name, Buffer.alloc(from.store.objects.get(name)?.length ?? 0));
    await expect(source.copy(first.point, archive, { workers })).rejects.toMatchObject({ name: "IntegrityError" });
    await expect(source.copy([first.point], archive, { workers })).rejects.toMatchObject({ code: "PointsNotCopied" });
  });

  it("is refused where no other machine can reach a repository, and is this process's own where the workers are", async () => {
    const here = await new CopyBed({ key: 3 }).create();
    await expect(source.copy(first.point, here, { workers })).rejects.toMatchObject({ code: "NotReachable" });
    const own: RepositoryWorkers = { isInProcess: true, workInRepository: () => Promise.reject(new Error("not asked")) };
    const { points } = await source.copy(first.point, here, { workers: own });
    expect(points).toMatchObject([{ outcome: "copied" }]);
    expect(await here.verify({ level: "data", workers: own })).toMatchObject({ isHealthy: true });
    expect(await here.collectGarbage({ workers: own })).toMatchObject({ status: "nothing" });
  });
});

describe("a verification by workers elsewhere", () => {
  it("finds what one in this process finds, and what only an owner's keys tell", async () => {
    const healthy = await source.verify({ level: "data", workers });
    expect(healthy).toMatchObject({ isHealthy: true, restorePoints: 1, checkedBlocks: 20 });
    const before = new Set(from.names("keys/"));
    await source.keys.add({ key: Buffer.alloc(32, 12) }, { role: "restore" });
    const added = from.names("keys/").find((name) => !before.has(name)) ?? "";
    const slot = JSON.parse((from.store.objects.get(added) ?? Buffer.alloc(0)).toString()) as object;
    from.store.objects.set(added, Buffer.from(JSON.stringify({ ...slot, createdAt: "2020-01-01T00:00:00.000Z" })));
    const [pack = ""] = from.names("packs/");
    from.store.objects.delete(pack);
    const progress: VerifyProgress[] = [];
    const elsewhere = await source.verify({ level: "data", quarantine: false, workers, onProgress: (now) => progress.push(now) });
    const here = await source.verify({ level: "data", quarantine: false });
    const sorted = ({ findings, startedAt: _, ...report }: typeof here): object => ({ ...report, findings: [...findings].sort((a, b) => (a.object < b.object ? -1 : 1)) });
    expect(sorted(elsewhere)).toEqual(sorted(here));
    expect(elsewhere.findings.map(({ object }) => object).sort()).toEqual([added, pack].sort());
    expect(progress.at(-1)).toMatchObject({ phase: expect.any(String) as string, readBytes: expect.any(Number) as number });
    expect(workers.told).toEqual(["verify restore", "verify restore"]);
  });

  it("leaves one record, and goes on with one that was cut short", async () => {
    const { startedAt } = await source.verify({ level: "data", workers });
    from.clock.advance(1_000);
    expect(await source.verify({ level: "data", since: new Date(startedAt), workers })).toMatchObject({ isHealthy: true, readPacks: 0 });
    const records = [];
    for await (const { kind } of source.sessions()) records.push(kind);
    expect(records).toEqual(["verification", "verification"]);
  });
});

describe("a collection by workers elsewhere", () => {
  it("frees what one in this process would free, by keys that read neither data nor names", async () => {
    for (const index of [...volume.blocks.keys()]) volume.blocks.set(index, noiseBlock());
    const second = await from.backUp(source, "vol-1", { "vol-1": volume }, "snap-2");
    await source.remove(first.point);
    const rules = { graceHours: 0, dryRun: true };
    expect(await source.collectGarbage({ ...rules, workers })).toEqual(await source.collectGarbage(rules));
    const done = await source.collectGarbage({ graceHours: 0, workers });
    expect(done).toMatchObject({ status: "done", dryRun: false });
    expect(done.freed.packs).toBeGreaterThan(0);
    expect(await source.collectGarbage({ graceHours: 0, workers })).toMatchObject({ status: "nothing" });
    expect(new Set(workers.told)).toEqual(new Set(["collect collector"]));
    await expectHolds(await from.open(), second.point.id, second.states);
    expect(await source.verify({ level: "data" })).toMatchObject({ isHealthy: true, restorePoints: 1 });
  });
});

describe("what a worker says of its work", () => {
  /** A worker that did it, and says something else of it. */
  const lying = (change: (report: Record<string, unknown>) => object): RepositoryWorkers => ({
    isInProcess: false,
    workInRepository: async (task) => change((await workers.workInRepository(task)) as Record<string, unknown>),
  });
  const damaged = { name: "IntegrityError", code: "DamagedOutcome" };

  it.each<[string, (report: Record<string, unknown>) => object]>([
    ["of another level than was asked for", (report) => ({ ...report, level: "metadata" })],
    ["that calls healthy what it lists as damaged", (report) => ({ ...report, isHealthy: true, findings: [{ object: "a", kind: "pack", problem: "", endangers: "", restorePoints: [], blocks: [] }] })],
    ["that leaves out how many packs were read", ({ readPacks: _, ...report }) => report],
    ["with less than no bytes", (report) => ({ ...report, readBytes: -1 })],
  ])("a verification %s, is not believed", async (_, change) => {
    await expect(source.verify({ level: "data", workers: lying(change) })).rejects.toMatchObject(damaged);
  });

  it.each<[string, (report: Record<string, unknown>) => object]>([
    ["that only looked where it was to delete", (report) => ({ ...report, dryRun: true })],
    ["with a count that is a text", (report) => ({ ...report, orphans: "0" })],
  ])("a collection %s, is not believed", async (_, change) => {
    await expect(source.collectGarbage({ workers: lying(change) })).rejects.toMatchObject(damaged);
  });

  it("a copy without the amount of a volume is not believed", async () => {
    const withoutAmount = lying((report) => ({ ...report, volumes: [{ volumeId: "vol-1" }] }));
    await expect(source.copy(first.point, archive, { workers: withoutAmount })).rejects.toMatchObject(damaged);
  });

  it("events that are none, and those of the session itself, are not passed on", async () => {
    const babbling: RepositoryWorkers = {
      isInProcess: false,
      workInRepository: async (task) => {
        for (const event of [{ type: "volume:progress", point: first.point.id, blocks: "many" }, { type: "point:skipped", point: first.point.id }, { type: "session:ended", point: first.point.id }]) task.onEvent?.(event);
        return await workers.workInRepository(task);
      },
    };
    const { types } = await settle(source.copy(first.point, archive, { workers: babbling }));
    expect(types).toEqual(["session:started", "point:started", "volume:started", "volume:completed", "point:completed", "session:ended"]);
  });
});

it("workers that are none are refused by their path, before anything is done", async () => {
  const wrong = { workers: {} } as never;
  const refused = { code: "InvalidOption", context: { path: "workers" } };
  expect(() => source.copy(first.point, archive, wrong)).toThrow(expect.objectContaining(refused) as Error);
  await expect(source.verify({ level: "metadata", ...(wrong as object) })).rejects.toMatchObject(refused);
  await expect(source.collectGarbage(wrong)).rejects.toMatchObject(refused);
});
