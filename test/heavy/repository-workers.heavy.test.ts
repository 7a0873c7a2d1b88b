import { rm } from "node:fs/promises";
import { Policy, Repository, s3Storage, type CopyEvent } from "holdfast";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { key, noiseBlock } from "../support/backup-world.js";
import { buildMover } from "../support/build-mover.js";
import { expectHolds, frameIds } from "../support/copy-bed.js";
import { WorkerBed } from "../support/worker-bed.js";

let mover: Awaited<ReturnType<typeof buildMover>>;
let bed: WorkerBed;
let archive: Repository;
let volumeId: string;
let point: string;
const state = new Map(Array.from({ length: 60 }, (_, index) => [index * 30, noiseBlock()]));
beforeAll(async () => {
  mover = await buildMover();
}, 60_000);
afterAll(async () => await rm(mover.folder, { recursive: true, force: true }));
beforeEach(async () => {
  bed = await WorkerBed.open(mover.program, { maxWorkers: 2 });
  const { account, repository } = bed;
  archive = await Repository.create({ storage: archiveStorage(), encryption: { passphrase: "another long enough passphrase" }, packs: { targetBytes: 8 * 2 ** 20, maxBlocks: 16 } });
  volumeId = await bed.makeVolume(state);
  const { resources } = await new Policy({ name: "gold", account, include: [{ volume: volumeId }], backup: { repository }, retries: 0 }).run();
  point = resources[0]?.point ?? "";
});
afterEach(async () => await bed.close());

function archiveStorage(): ReturnType<typeof s3Storage> {
  return s3Storage({ account: bed.account, bucket: "backups", prefix: "archive" });
}

/** The ids of all blocks that the archive's packs hold, as the headers of their frames say. */
async function storedBlocks(): Promise<string[]> {
  const store = await archiveStorage().openStore();
  const ids: string[] = [];
  for await (const { name } of store.list("packs/")) ids.push(...frameIds((await store.get(name)).body));
  return ids;
}

/** Ends the newest worker as a machine dies. Says how many there were. */
async function killNewest(reason = "Server.InternalError"): Promise<number> {
  const { instances } = bed.compute;
  await bed.compute.kill([...instances.keys()].at(-1) ?? "", reason);
  return instances.size;
}

/** Waits until a worker has stored some of a copy. */
async function untilStored(): Promise<void> {
  await expect.poll(async () => (await storedBlocks()).length, { timeout: 60_000, interval: 20 }).toBeGreaterThan(0);
}

describe("workers in repositories", () => {
  it("are replaced where they are lost in the middle of a copy: it is whole, and nothing is stored twice", async () => {
    const { cloud, compute, pool, repository } = bed;
    // what is stored takes its time, so that the first worker dies between its first pack and the copy's commit
    const quickly = cloud.faults.inject({ kind: "latency", ms: 400, service: "s3", operation: "PutObject" });
    const events: CopyEvent[] = [];
    const session = repository.copy(point, archive, { workers: pool });
    const listening = (async (): Promise<void> => {
      for await (const event of session) events.push(event);
    })();
    await untilStored();
    const launched = await killNewest();
    quickly();
    const { points } = await session;
    await listening;
    expect(compute.instances.size).toBe(launched + 1);
    expect(events.filter(({ type }) => type === "point:retried")).toMatchObject([{ point, attempt: 1, code: "WorkerLost" }]);
    expect(events.map(({ type }) => type).slice(-3)).toEqual(["volume:completed", "point:completed", "session:ended"]);
    await expectHolds(await Repository.open({ storage: archiveStorage(), encryption: { passphrase: "another long enough passphrase" } }), points[0]?.copy ?? "", { [volumeId]: state });
    const stored = await storedBlocks();
    expect(new Set(stored).size).toBe(stored.length);
    expect(stored).toHaveLength(state.size);
    await pool.close();
    expect(await bed.names()).toEqual([]);
  });

  it("stop where the session is aborted, and what they stored is found by the next", async () => {
    const { cloud, compute, pool, repository } = bed;
    const quickly = cloud.faults.inject({ kind: "latency", ms: 400, service: "s3", operation: "PutObject" });
    const stop = new AbortController();
    const session = repository.copy(point, archive, { workers: pool, signal: stop.signal });
    const ended = expect(session).rejects.toThrow("enough");
    await untilStored();
    stop.abort(new Error("enough"));
    quickly();
    await ended;
    expect((await bed.names()).filter((name) => name.startsWith("tasks/"))).toEqual([]);
    const { points, blocks } = await repository.copy(point, archive, { workers: pool });
    expect(blocks.stored).toBeLessThan(state.size);
    await expectHolds(archive, points[0]?.copy ?? "", { [volumeId]: state });
    await pool.close();
    expect(compute.running).toEqual([]);
    expect(await bed.names()).toEqual([]);
  });

  it("copy one point once, though two engines ask for it at the same time", async () => {
    const { account, pool, repository } = bed;
    const other = await Repository.open({ storage: s3Storage({ account, bucket: "backups", prefix: "gold" }), encryption: { key } });
    const [one, two] = await Promise.all([repository.copy(point, archive, { workers: pool }), other.copy(point, archive, { workers: pool })]);
    expect(two.points[0]?.copy).toBe(one.points[0]?.copy);
    const copies: string[] = [];
    for await (const { id } of archive.restorePoints()) copies.push(id);
    expect(copies).toEqual([one.points[0]?.copy]);
    await expectHolds(archive, copies[0] ?? "", { [volumeId]: state });
  });

  it("are replaced where they are lost in the middle of a collection, which is finished, and of a verification, which goes on", async () => {
    const { cloud, compute, pool, repository } = bed;
    const { points } = await repository.copy(point, archive);
    await archive.remove(points[0]?.copy ?? "", { evenNewest: true });
    const killed = async (work: PromiseLike<unknown>): Promise<void> => {
      await expect.poll(async () => (await bed.names()).some((name) => name.endsWith("/1/claim.json")), { timeout: 60_000, interval: 20 }).toBe(true);
      const launched = await killNewest("Server.SpotInstanceTermination");
      await work;
      expect(compute.instances.size).toBe(launched + 1);
    };
    const quickly = cloud.faults.inject({ kind: "latency", ms: 60, service: "s3" });
    const collected = archive.collectGarbage({ graceHours: 0, workers: pool });
    await killed(collected);
    quickly();
    expect(["done", "nothing"]).toContain((await collected).status);
    expect(await storedBlocks()).toEqual([]);
    await pool.close();
    const slowly = cloud.faults.inject({ kind: "latency", ms: 60, service: "s3" });
    const begun = Date.now();
    const verified = repository.verify({ level: "data", workers: pool });
    await killed(verified);
    slowly();
    expect(await verified).toMatchObject({ isHealthy: true, isComplete: true, restorePoints: 1 });
    // every pack was read by one of the two
    const since = new Date(begun);
    expect(await repository.verify({ level: "data", since })).toMatchObject({ isHealthy: true, readPacks: 0 });
  });
});
