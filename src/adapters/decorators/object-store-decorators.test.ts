import { describe, expect, it } from "vitest";
import { ProviderError } from "../../errors/index.js";
import type { ObjectStore } from "../../ports/index.js";
import { FakeClock, FaultInjectingObjectStore, MeasuringObjectStore, MemoryObjectStore, objectStoreConformance, objectVersionsConformance, SeededRandom } from "../../testing/index.js";
import { RetryingObjectStore } from "./retrying-object-store.js";
import { ThrottledObjectStore } from "./throttled-object-store.js";

const quick = { baseDelayMs: 1, maxDelayMs: 2, random: new SeededRandom(1) };

const decorators: readonly (readonly [string, (store: ObjectStore) => ObjectStore])[] = [
  ["a measuring", (store) => new MeasuringObjectStore(store)],
  ["a fault-injecting", (store) => new FaultInjectingObjectStore(store)],
  ["a retrying", (store) => new RetryingObjectStore(store, quick)],
  ["a throttled", (store) => new ThrottledObjectStore(store, { bytesPerSecond: 2 ** 40, callsPerSecond: 1_000_000 })],
  ["a retrying store over a throttled and failing", (store) => new RetryingObjectStore(new ThrottledObjectStore(failing(store)), { ...quick, maxAttempts: 100 })],
];

/** What has no condition fails often, before or after its work. */
function failing(store: ObjectStore): ObjectStore {
  const faults = new FaultInjectingObjectStore(store);
  for (const operation of ["get", "head", "list", "listVersions", "extendLock", "readLock"] as const) {
    for (const when of ["before", "after"] as const) for (let nth = 2; nth < 60; nth += 7) faults.inject({ kind: "fail", operation, nth, when });
  }
  return faults;
}

for (const [kind, decorate] of decorators) {
  describe(`${kind} object store`, () => {
    const clock = new FakeClock();
    const open = async (): Promise<ObjectStore> => decorate(new MemoryObjectStore({ versions: true, locks: true, clock }));
    objectStoreConformance({ test: it, open: async () => decorate(new MemoryObjectStore()) });
    objectVersionsConformance({ test: it, open, locks: true, clock: { now: () => clock.now(), pass: async (ms) => await clock.advance(ms) } });

    it("has what the store underneath has, and nothing more", async () => {
      const plain = decorate(new MemoryObjectStore());
      expect(await plain.versions?.()).toBeUndefined();
      expect(plain.thaw === undefined).toBe(true);
      const archive = decorate(new MemoryObjectStore({ archive: true }));
      await archive.put("a", Buffer.from("x"), { temperature: "cold" });
      expect(await archive.thaw?.("a", { days: 1, tier: "bulk" })).toBe("started");
      expect(archive.location).toBe("memory");
    });
  });
}

describe("a measuring object store", () => {
  it("counts what is done with versions, locks and the archive", async () => {
    const clock = new FakeClock();
    const store = new MeasuringObjectStore(new MemoryObjectStore({ versions: true, locks: true, archive: true, clock }));
    const lock = { mode: "COMPLIANCE", until: new Date(clock.now().getTime() + 1_000) } as const;
    const { versionId = "" } = await store.put("a", Buffer.from("x"), { lock, temperature: "cold" });
    const versions = await store.versions?.();
    for await (const version of versions!.list("")) expect(version.versionId).toBe(versionId);
    await versions!.lockOf("a", versionId);
    await versions!.extendLock("a", versionId, lock);
    await expect(versions!.delete("a", versionId)).rejects.toMatchObject({ code: "ObjectLocked" });
    await store.thaw?.("a", { days: 1, tier: "standard" });
    const { listVersions, readLock, extendLock, deleteVersion, thaw } = store.measures();
    expect([listVersions, readLock, extendLock, deleteVersion, thaw].map(({ calls, failures }) => [calls, failures])).toEqual([[1, 0], [1, 0], [1, 0], [1, 1], [1, 0]]);
  });
});

describe("a retrying object store", () => {
  it("goes on with a listing of versions where it broke off, and tells nothing twice", async () => {
    const memory = new MemoryObjectStore({ versions: true });
    for (const name of ["a", "b", "b", "b", "c"]) await memory.put(name, Buffer.from(name));
    class Breaking extends MemoryObjectStore {
      #breaks = 0;
      override async versions(): ReturnType<MemoryObjectStore["versions"]> {
        const versions = await memory.versions();
        const list = async function* (this: Breaking, ...given: Parameters<NonNullable<typeof versions>["list"]>) {
          let told = 0;
          for await (const version of versions!.list(...given)) {
            yield version;
            if (++told === 2 && ++this.#breaks < 4) throw new ProviderError("the connection broke", { code: "Unreachable", service: "test", operation: "list", retryable: true });
          }
        }.bind(this);
        return { canLock: false, list, delete: async () => undefined, lockOf: async () => undefined, extendLock: async () => undefined };
      }
    }
    const told: string[] = [];
    const versions = await new RetryingObjectStore(new Breaking(), quick).versions?.();
    for await (const { versionId } of versions!.list("")) told.push(versionId);
    const wanted: string[] = [];
    for await (const { versionId } of (await memory.versions())!.list("")) wanted.push(versionId);
    expect(told).toEqual(wanted);
  });

  it("gives up after so many attempts, at once on what cannot be mended, and never repeats what has a condition", async () => {
    const faults = new FaultInjectingObjectStore(new MemoryObjectStore());
    const measured = new MeasuringObjectStore(faults);
    const store = new RetryingObjectStore(measured, { ...quick, maxAttempts: 3 });
    const end = faults.inject({ kind: "fail", times: Infinity });
    await expect(store.put("a", Buffer.from("x"))).rejects.toMatchObject({ code: "Unreachable" });
    expect(measured.measures().put.calls).toBe(3);
    await expect(store.put("a", Buffer.from("x"), { condition: "absent" })).rejects.toMatchObject({ code: "Unreachable" });
    await expect(store.delete("a", { etag: "e" })).rejects.toMatchObject({ code: "Unreachable" });
    expect([measured.measures().put.calls, measured.measures().delete.calls]).toEqual([4, 1]);
    end();
    await expect(store.get("none")).rejects.toMatchObject({ code: "ObjectNotFound" });
    expect(measured.measures().get.calls).toBe(1);
    expect(() => new RetryingObjectStore(measured, { maxAttempts: 0 })).toThrow(expect.objectContaining({ code: "InvalidOption", context: { path: "maxAttempts" } }));
  });
});

describe("a throttled object store", () => {
  it("lets through so many bytes and calls a second, each in its turn", async () => {
    const clock = new FakeClock({ jumpsToSleepers: true });
    const store = new ThrottledObjectStore(new MemoryObjectStore(), { bytesPerSecond: 1_000, clock });
    for (let index = 0; index < 5; index++) await store.put(`a/${index}`, Buffer.alloc(2_000));
    expect(clock.monotonicMs()).toBe(8_000);
    await store.get("a/1");
    expect(clock.monotonicMs()).toBe(10_000);
    await store.head("a/1");
    expect(clock.monotonicMs()).toBe(10_000);
    await store.get("a/2");
    expect(clock.monotonicMs()).toBe(12_000);
    const slow = new ThrottledObjectStore(new MemoryObjectStore(), { callsPerSecond: 2, clock });
    for (let call = 0; call < 5; call++) await slow.head("a");
    expect(clock.monotonicMs()).toBe(14_000);
    expect(() => new ThrottledObjectStore(store, { bytesPerSecond: 0 })).toThrow(expect.objectContaining({ code: "InvalidOption", context: { path: "bytesPerSecond" } }));
  });
});
