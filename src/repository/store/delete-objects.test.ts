import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import { FaultInjectingObjectStore } from "../../adapters/decorators/fault-injecting-object-store.js";
import { MeasuringObjectStore } from "../../adapters/decorators/measuring-object-store.js";
import type { ObjectStore } from "../../ports/index.js";
import { MemoryObjectStore } from "../../testing/memory-object-store.js";
import { deleteObjects } from "./delete-objects.js";

const nameOf = (number: number): string => `a/${String(number).padStart(6, "0")}`;

let memory: MemoryObjectStore;
beforeEach(() => {
  memory = new MemoryObjectStore();
});

async function fill(count: number): Promise<string[]> {
  const names = Array.from({ length: count }, (_, number) => nameOf(number));
  for (const name of [...names, "b"]) await memory.put(name, Buffer.from(name));
  return names;
}

/** The same store, as one that removes one object at a time. */
function oneByOne(store: ObjectStore): Pick<ObjectStore, "delete" | "deleteMany"> {
  return { delete: async (...call) => await store.delete(...call) };
}

describe("the removal of objects", () => {
  it("takes a thousand names by one request, and a single one as ever", async () => {
    const store = new MeasuringObjectStore(memory);
    const gone: string[] = [];
    const names = await fill(2_001);
    await deleteObjects(store, names, { onDeleted: (some) => gone.push(...some) });
    expect(store.measures().deleteMany).toMatchObject({ calls: 2, failures: 0 });
    expect(store.measures().delete.calls).toBe(1);
    expect(gone).toEqual(names);
    expect([...memory.objects.keys()]).toEqual(["b"]);
  });

  it("takes names while they come, and holds one request's", async () => {
    const names = await fill(1_500);
    let told = 0;
    const come = async function* (): AsyncGenerator<string> {
      for (const [position, name] of names.entries()) {
        if (position === 1_000) expect(told).toBe(1_000);
        yield await Promise.resolve(name);
      }
    };
    await deleteObjects(memory, come(), { onDeleted: (some) => (told += some.length) });
    expect([...memory.objects.keys()]).toEqual(["b"]);
  });

  it("asks for each by itself where a store has no other way", async () => {
    const store = new MeasuringObjectStore(memory);
    const names = await fill(100);
    const gone: string[] = [];
    await deleteObjects(oneByOne(store), names, { onDeleted: (some) => gone.push(...some) });
    expect(store.measures().delete.calls).toBe(100);
    expect(gone.sort()).toEqual(names);
    expect([...memory.objects.keys()]).toEqual(["b"]);
  });

  it("asks for nothing where there is nothing, or where nobody waits any more", async () => {
    const store = new MeasuringObjectStore(memory);
    await deleteObjects(store, []);
    const names = await fill(3);
    const reason = new Error("enough");
    for (const asked of [store, oneByOne(store)]) await expect(deleteObjects(asked, names, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    expect(store.measures()).toMatchObject({ delete: { calls: 0 }, deleteMany: { calls: 0 } });
    expect(memory.objects.size).toBe(4);
  });

  it("raises what one of them met, tells of none that may still be there, and removes it all when it is called again", async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 2, max: 1_200 }), fc.integer({ min: 1, max: 1_200 }), fc.constantFrom("before" as const, "after" as const), fc.constantFrom("fail" as const, "kill" as const), fc.boolean(), async (count, nth, when, kind, isSingle) => {
        memory = new MemoryObjectStore();
        const names = await fill(count);
        const faulty = new FaultInjectingObjectStore(memory);
        faulty.inject({ kind, nth, when, name: /^a\// });
        const told: string[] = [];
        const store = isSingle ? oneByOne(faulty) : faulty;
        const isMet = await deleteObjects(store, names, { onDeleted: (some) => told.push(...some) }).then(() => false, () => true);
        expect(isMet).toBe(nth <= count);
        for (const name of told) expect(memory.objects.has(name)).toBe(false);
        expect(memory.objects.has("b")).toBe(true);
        await deleteObjects(memory, names);
        expect([...memory.objects.keys()]).toEqual(["b"]);
      }),
      { numRuns: 25 },
    );
  });
});
