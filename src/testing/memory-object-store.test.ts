import { describe, expect, it } from "vitest";
import { FakeClock, MemoryObjectStore } from "./index.js";

const dayMs = 86_400_000;

describe("a memory object store", () => {
  it("archives what is cold where it was told to, and thaws it when a test says so", async () => {
    const clock = new FakeClock();
    const store = new MemoryObjectStore({ archive: true, clock });
    await store.put("hot", Buffer.from("hot"));
    for (const name of ["a", "b"]) await store.put(name, Buffer.from("cold"), { temperature: "cold" });
    expect((await store.get("hot")).body.toString()).toBe("hot");
    await expect(store.get("a")).rejects.toMatchObject({ name: "ConflictError", code: "ObjectArchived" });
    expect([await store.thaw?.("a", { days: 2, tier: "bulk" }), await store.thaw?.("a", { days: 2, tier: "bulk" })]).toEqual(["started", "underway"]);
    await store.thaw?.("b", { days: 2, tier: "bulk" });
    await clock.advance(dayMs);
    expect((await store.head("a"))?.archive).toEqual({ state: "thawing" });
    store.finishThaws("a");
    expect((await store.head("a"))?.archive).toEqual({ state: "thawed", until: new Date(clock.now().getTime() + 2 * dayMs) });
    expect((await store.get("a")).body.toString()).toBe("cold");
    await expect(store.get("b")).rejects.toMatchObject({ code: "ObjectArchived" });
    await clock.advance(dayMs);
    expect(await store.thaw?.("a", { days: 5, tier: "bulk" })).toBe("readable");
    await clock.advance(4 * dayMs);
    expect((await store.get("a")).sizeBytes).toBe(4);
    await clock.advance(2 * dayMs);
    expect((await store.head("a"))?.archive).toEqual({ state: "archived" });
    await expect(store.get("a")).rejects.toMatchObject({ code: "ObjectArchived" });
    store.finishThaws();
    expect((await store.get("b")).sizeBytes).toBe(4);
    await expect(store.thaw?.("none", { days: 1, tier: "bulk" })).rejects.toMatchObject({ code: "ObjectNotFound" });
  });

  it("keeps cold objects at hand, and has no thaw, where it was not told to archive", async () => {
    const store = new MemoryObjectStore();
    await store.put("a", Buffer.from("x"), { temperature: "cold" });
    expect((await store.get("a")).body.toString()).toBe("x");
    expect(store.thaw === undefined).toBe(true);
  });

  it("can be damaged below, past its locks, without a new version", async () => {
    const clock = new FakeClock();
    const store = new MemoryObjectStore({ versions: true, locks: true, clock });
    const { versionId } = await store.put("a", Buffer.from("bytes"), { lock: { mode: "COMPLIANCE", until: new Date(clock.now().getTime() + dayMs) } });
    store.objects.set("a", Buffer.from("other"));
    expect((await store.get("a", { versionId })).body.toString()).toBe("other");
    store.objects.get("a")?.fill("x");
    expect((await store.get("a")).body.toString()).toBe("xxxxx");
    await store.delete("a");
    expect([...store.objects]).toEqual([]);
    store.objects.set("b", Buffer.from("made"));
    expect((await store.get("b")).body.toString()).toBe("made");
    store.objects.delete("b");
    expect(await store.head("b")).toBeUndefined();
    store.objects.clear();
    expect((await store.get("a", { versionId })).body.toString()).toBe("xxxxx");
  });

  it("refuses locks without versions, wrong digests, and locks that it was not made for", async () => {
    expect(() => new MemoryObjectStore({ locks: true })).toThrow(expect.objectContaining({ code: "InvalidOption", context: { path: "locks" } }));
    const store = new MemoryObjectStore();
    await expect(store.put("a", Buffer.from("x"), { sha256: Buffer.alloc(32) })).rejects.toMatchObject({ name: "IntegrityError", code: "ChecksumMismatch" });
    await expect(store.put("a", Buffer.from("x"), { lock: { mode: "COMPLIANCE", until: new Date() } })).rejects.toMatchObject({ code: "ObjectLockNotEnabled" });
    expect(await store.head("a")).toBeUndefined();
  });

  it("is quick with many names that come and go", async () => {
    const store = new MemoryObjectStore({ versions: true });
    for (let index = 0; index < 20_000; index++) await store.put(`n/${(index * 7_919) % 20_011}`, Buffer.from("x"));
    let previous = "";
    let count = 0;
    for await (const { name } of store.list("n/")) {
      expect(name > previous).toBe(true);
      previous = name;
      count += 1;
      if (count % 2 === 0) await store.delete(name);
    }
    expect(count).toBe(20_000);
    expect(store.objects.size).toBe(10_000);
  });
});
