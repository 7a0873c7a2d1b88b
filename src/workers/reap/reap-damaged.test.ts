import { beforeEach, describe, expect, it } from "vitest";
import { MemoryCloud } from "../../../test/support/memory-cloud.js";
import { MemoryWorkerCompute, MemoryWorkerNetworks, workerAccount } from "../../../test/support/memory-workers.js";
import { defaultPace } from "../../mover/protocol/pace.js";
import { resolveEnvironment } from "../../session/index.js";
import { FakeClock } from "../../testing/fake-clock.js";
import { MemoryObjectStore } from "../../testing/memory-object-store.js";
import { WorkerPool } from "../index.js";
import type { ReapReport } from "./reap-report.js";

const region = "eu-west-1";
const hourMs = 3_600_000;
const id = (digit: string): string => digit.repeat(32);

let clock: FakeClock;
let cloud: MemoryCloud;
let compute: MemoryWorkerCompute;
let store: MemoryObjectStore;
beforeEach(() => {
  clock = new FakeClock();
  cloud = new MemoryCloud(clock);
  compute = new MemoryWorkerCompute();
  store = new MemoryObjectStore({ clock });
});

function openPool(): WorkerPool {
  const account = Object.assign(Object.create(cloud) as MemoryCloud, workerAccount(compute, new MemoryWorkerNetworks()), { compute: cloud.compute.bind(cloud), accountId: () => Promise.resolve("111122223333") });
  return new WorkerPool(
    { account, configurationBucket: "configuration", applianceId: "test-1", bundles: { x64: "bundle" } },
    { ...resolveEnvironment({ clock }), pace: defaultPace, openConfiguration: () => Promise.resolve(store), readBundle: () => Promise.reject(new Error("no bundle is needed")) },
  );
}

const put = async (name: string, document: object): Promise<unknown> => await store.put(name, Buffer.from(`${JSON.stringify(document)}\n`));
const spoil = async (name: string): Promise<unknown> => await store.put(name, Buffer.from('{"version":1,'));
const engineOf = (digit: string): object => ({ version: 1, engine: id(digit), applianceId: "test-1", beat: 1, command: "work" });
const taskOf = (digit: string, engine: string): object => ({ version: 1, task: id(digit), engine: id(engine), applianceId: "test-1", createdAt: clock.now().toISOString(), timeLimitMs: 1_000, work: { kind: "copy", restorePoint: "a point", isFull: true } });
const noteOf = (digit: string, more: object = {}): object => ({ version: 1, session: id(digit), engine: id("e"), applianceId: "test-1", beat: 3, state: "making", accountId: "111122223333", region, tags: { "holdfast:session": id(digit) }, ...more });
const addSnapshot = (digit: string): unknown => cloud.in(region).snapshots.set(`snap-${digit}`, { description: { snapshotId: `snap-${digit}`, volumeId: "vol-ffffffff", state: "completed", volumeSizeBytes: 2 ** 30, startedAt: clock.now(), tags: { "holdfast:session": id(digit) } }, blocks: new Map() });
const told = (resources: ReapReport["kept"]): string[] => resources.map(({ kind, id: name }) => `${kind} ${name}`).sort();

describe("a damaged note in the configuration bucket", () => {
  it("of a worker keeps that worker, is told with its remedy, and hinders nothing else", async () => {
    const [damaged, dead] = ["a", "b"].map((digit) => compute.addInstance({ "holdfast:appliance": "test-1", "holdfast:worker": id(digit) }));
    await spoil(`workers/${id("a")}/engine.json`);
    await put(`workers/${id("b")}/engine.json`, engineOf("e"));
    await put(`tasks/${id("1")}/task.json`, taskOf("1", "e"));
    await clock.advance(hourMs);
    const report = await openPool().reap();
    expect(report.findings).toEqual([{ severity: "warning", code: "DamagedNote", kind: "worker", object: `workers/${id("a")}/engine.json`, message: expect.stringContaining("damaged or forged") as string, remedy: expect.stringContaining("remove the object") as string }]);
    expect(told(report.kept)).toEqual([`instance ${damaged ?? ""}`, `worker workers/${id("a")}/`]);
    expect(told(report.removed)).toEqual([`instance ${dead ?? ""}`, `task tasks/${id("1")}/`, `worker workers/${id("b")}/`]);
    expect(compute.running).toEqual([damaged]);

    await store.delete(`workers/${id("a")}/engine.json`);
    expect(await openPool().reap()).toMatchObject({ findings: [], kept: [], removed: [{ id: damaged }] });
  });

  it("of a worker whose engine has just written it may be any task's engine, so that no task is taken for dead", async () => {
    await put(`tasks/${id("1")}/task.json`, taskOf("1", "e"));
    await clock.advance(hourMs);
    await spoil(`workers/${id("a")}/engine.json`);
    const report = await openPool().reap();
    expect(report.removed).toEqual([]);
    expect(told(report.kept)).toEqual([`task tasks/${id("1")}/`, `worker workers/${id("a")}/`]);
    for (const { reason } of report.kept) expect(reason).toContain("see findings");
    await clock.advance(hourMs);
    expect(told((await openPool().reap()).removed)).toEqual([`task tasks/${id("1")}/`]);
  });

  it("of a task keeps that task, and no other", async () => {
    await spoil(`tasks/${id("1")}/task.json`);
    await put(`tasks/${id("2")}/task.json`, taskOf("2", "e"));
    await clock.advance(hourMs);
    const report = await openPool().reap();
    expect(report.findings).toMatchObject([{ kind: "task", object: `tasks/${id("1")}/task.json` }]);
    expect(told(report.removed)).toEqual([`task tasks/${id("2")}/`]);
    expect([...store.objects.keys()]).toEqual([`tasks/${id("1")}/task.json`]);
  });

  it("of a restore keeps what it made, and what may be gone on with by whoever wrote it, but not what others left", async () => {
    for (const digit of ["a", "b", "c"]) addSnapshot(digit);
    await spoil(`restores/${id("a")}.json`);
    await put(`restores/${id("b")}.json`, noteOf("b"));
    await put(`restores/${id("c")}.json`, noteOf("c", { restoreId: "rolledback1", tags: { "holdfast:restore": "rolledback1" } }));
    await clock.advance(2 * hourMs);
    const report = await openPool().reap();
    expect(report.findings).toMatchObject([{ kind: "restore", object: `restores/${id("a")}.json`, remedy: expect.stringContaining("holdfast:session") as string }]);
    expect(told(report.removed)).toEqual([`restore restores/${id("b")}.json`, "snapshot snap-b"]);
    expect(report.kept).toMatchObject([{ kind: "restore", id: `restores/${id("c")}.json`, reason: expect.stringContaining("goes on with it") as string }]);
    expect(cloud.snapshotIds()).toEqual(["snap-a", "snap-c"]);
  });

  it("that speaks of another restore than its name is taken for damaged: nobody has others' snapshots removed by it", async () => {
    addSnapshot("b");
    await put(`restores/${id("a")}.json`, noteOf("b", { state: "reaping" }));
    await clock.advance(2 * hourMs);
    expect(await openPool().reap()).toMatchObject({ removed: [], findings: [{ object: `restores/${id("a")}.json` }] });
    expect(cloud.snapshotIds()).toEqual(["snap-b"]);
  });
});
