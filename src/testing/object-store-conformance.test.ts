import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { DirectoryObjectStore } from "../adapters/directory/directory-object-store.js";
import type { ObjectInfo, ObjectStore } from "../ports/index.js";
import { SystemClock, systemRandom } from "../system/index.js";
import { FaultInjectingObjectStore, FakeClock, MeasuringObjectStore, MemoryObjectStore, objectStoreConformance, objectVersionsConformance, SeededRandom } from "./index.js";

const folders: string[] = [];
afterAll(async () => {
  for (const folder of folders) await rm(folder, { recursive: true, force: true });
});

async function openDirectory(path?: string): Promise<ObjectStore> {
  if (path === undefined) folders.push((path = await mkdtemp(join(tmpdir(), "holdfast-conformance-"))));
  return await DirectoryObjectStore.open(path, { clock: new SystemClock(), random: systemRandom });
}

describe("a memory object store", () => {
  objectStoreConformance({ test: it, open: async () => new MemoryObjectStore() });
});

describe("a memory object store with versions and locks", () => {
  const clock = new FakeClock();
  const open = async (): Promise<ObjectStore> => new MemoryObjectStore({ versions: true, locks: true, clock });
  objectStoreConformance({ test: it, open });
  objectVersionsConformance({ test: it, open, locks: true, clock: { now: () => clock.now(), pass: async (ms) => await clock.advance(ms) } });
});

describe("a memory object store with versions alone", () => {
  objectVersionsConformance({ test: it, open: async () => new MemoryObjectStore({ versions: true }), locks: false });
});

describe("a directory object store", () => {
  objectStoreConformance({ test: it, open: openDirectory, reopen: (store) => openDirectory(store.location) });
});

describe("a decorated object store", () => {
  objectStoreConformance({ test: it, open: async () => new MeasuringObjectStore(new FaultInjectingObjectStore(new MemoryObjectStore())) });
});

describe("the object store conformance suite", () => {
  /** Which of the suite's tests a store fails. */
  async function failures(open: () => ObjectStore): Promise<string[]> {
    const runs: [string, () => Promise<void>][] = [];
    objectStoreConformance({ test: (name, run) => runs.push([name, run]), open: async () => open() });
    const failed: string[] = [];
    for (const [name, run] of runs) await run().catch(() => failed.push(name));
    return failed;
  }

  it("finds a store that judges conditions and stores in two steps", async () => {
    class Hesitant extends MemoryObjectStore {
      override async put(...[name, body, options]: Parameters<MemoryObjectStore["put"]>): Promise<ObjectInfo> {
        const present = await this.head(name, {});
        if (options?.condition === "absent" && present !== undefined) return await super.put(name, body, options);
        await Promise.resolve();
        return await super.put(name, body, typeof options?.condition === "object" ? options : {});
      }
    }
    expect(await failures(() => new Hesitant())).toContain("lets one of many concurrent conditional puts win");
  });

  it("finds a store that gives back damaged or shorter bytes", async () => {
    const corrupting = (): ObjectStore => {
      const store = new FaultInjectingObjectStore(new MemoryObjectStore());
      store.inject({ kind: "corrupt", operation: "get", nth: 3 });
      return store;
    };
    expect(await failures(corrupting)).toContain("gives back what was put, of any size, from one buffer or several");
    class Clipping extends MemoryObjectStore {
      override async get(...[name, options]: Parameters<MemoryObjectStore["get"]>): ReturnType<MemoryObjectStore["get"]> {
        const whole = await super.get(name);
        const range = options?.range;
        if (range === undefined || "suffix" in range) return await super.get(name, options);
        return { ...whole, body: whole.body.subarray(range.offset, range.offset + range.length) };
      }
    }
    expect(await failures(() => new Clipping())).toContain("takes an object that ends before the range for a damaged one");
  });
});

describe("faults of a store", () => {
  it("meet the n-th matching call, before or after it took effect", async () => {
    const memory = new MemoryObjectStore();
    const store = new FaultInjectingObjectStore(memory);
    store.inject({ kind: "fail", operation: "put", name: /^data\//, nth: 2 });
    store.inject({ kind: "fail", operation: "put", name: /^data\//, nth: 3, when: "after", error: new Error("lost") });
    await store.put("other", Buffer.from("x"));
    await store.put("data/1", Buffer.from("x"));
    await expect(store.put("data/2", Buffer.from("x"))).rejects.toMatchObject({ code: "Unreachable", retryable: true });
    await expect(store.put("data/3", Buffer.from("x"))).rejects.toThrow("lost");
    await store.put("data/4", Buffer.from("x"));
    expect([...memory.objects.keys()]).toEqual(["other", "data/1", "data/3", "data/4"]);
  });

  it("kill: nothing goes on after it", async () => {
    const memory = new MemoryObjectStore();
    let deaths = 0;
    const store = new FaultInjectingObjectStore(memory, { onKill: () => (deaths += 1) });
    store.inject({ kind: "kill", operation: "put", nth: 2, when: "after" });
    await store.put("1", Buffer.from("x"));
    await expect(store.put("2", Buffer.from("x"))).rejects.toMatchObject({ code: "Killed" });
    await expect(store.get("1")).rejects.toMatchObject({ code: "Killed" });
    await expect(store.list("").next()).rejects.toMatchObject({ code: "Killed" });
    expect([...memory.objects.keys()]).toEqual(["1", "2"]);
    expect(deaths).toBe(1);
  });

  it("store other bytes than were given, unnoticed", async () => {
    const memory = new MemoryObjectStore();
    const store = new FaultInjectingObjectStore(memory);
    store.inject({ kind: "corrupt", operation: "put" });
    await store.put("a", Buffer.from("bytes"), { sha256: Buffer.alloc(32) });
    expect(memory.objects.get("a")?.toString()).not.toBe("bytes");
    expect(memory.objects.get("a")).toHaveLength(5);
  });
});

describe("a measuring store", () => {
  it("counts calls, failures, objects and bytes by operation", async () => {
    const store = new MeasuringObjectStore(new MemoryObjectStore());
    await store.put("a", [Buffer.alloc(10), Buffer.alloc(5)]);
    await store.get("a", { range: { suffix: 4 } });
    await expect(store.get("none")).rejects.toMatchObject({ code: "ObjectNotFound" });
    for await (const { name } of store.list("")) expect(name).toBe("a");
    await store.delete("a");
    expect(store.measures()).toMatchObject({
      put: { calls: 1, failures: 0, bytes: 15, objects: 1 },
      get: { calls: 2, failures: 1, bytes: 4, objects: 1 },
      head: { calls: 0, failures: 0, bytes: 0, objects: 0 },
      list: { calls: 1, failures: 0, bytes: 0, objects: 1 },
      delete: { calls: 1, failures: 0, bytes: 0, objects: 1 },
    });
    store.reset();
    expect(store.measures().put.calls).toBe(0);
  });
});

describe("a fake clock", () => {
  it("wakes sleepers in the order of their times, each before the next", async () => {
    const clock = new FakeClock({ startAt: new Date("2026-03-01T00:00:00Z") });
    const woken: string[] = [];
    const nap = async (name: string, ms: number): Promise<void> => {
      await clock.sleep(ms);
      woken.push(`${name} at ${clock.monotonicMs()}`);
      if (name === "b") await nap("d", 50);
    };
    void nap("a", 300);
    void nap("b", 100);
    void nap("c", 1_000);
    await clock.advance(500);
    expect(woken).toEqual(["b at 100", "d at 150", "a at 300"]);
    expect(clock.sleepers).toBe(1);
    expect(clock.now()).toEqual(new Date("2026-03-01T00:00:00.500Z"));
  });

  it("lets a sleeper go when it gives up", async () => {
    const clock = new FakeClock();
    const controller = new AbortController();
    const slept = clock.sleep(10, controller.signal);
    const reason = new Error("enough");
    controller.abort(reason);
    await expect(slept).rejects.toBe(reason);
    expect(clock.sleepers).toBe(0);
  });
});

describe("seeded randomness", () => {
  it("repeats with its seed, and differs with another", () => {
    expect(new SeededRandom(7).bytes(16)).toEqual(new SeededRandom(7).bytes(16));
    expect(new SeededRandom(7).bytes(16)).not.toEqual(new SeededRandom(8).bytes(16));
    const random = new SeededRandom(1);
    const drawn = Array.from({ length: 10_000 }, () => random.fraction());
    expect(drawn.every((value) => value >= 0 && value < 1)).toBe(true);
    expect(drawn.reduce((sum, value) => sum + value, 0) / drawn.length).toBeCloseTo(0.5, 1);
  });
});
