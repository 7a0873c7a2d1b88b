import assert from "node:assert/strict";
import type { ObjectInfo, ObjectStore, ObjectVersion, ObjectVersions } from "../ports/index.js";
import { objectLockConformance } from "./object-lock-conformance.js";
import { raises } from "./raises.js";

/** How an `ObjectStore` whose objects have versions is held to its contract. */
export interface ObjectVersionsConformanceOptions {
  /** Declares a test: vitest's or node:test's `test`, or anything with their form. */
  readonly test: (name: string, run: () => Promise<void>) => unknown;
  /** Opens a store with versions that is empty and nobody else's. What it makes is the caller's to remove after the tests. */
  readonly open: () => Promise<ObjectStore>;
  /** Whether the stores that are opened can lock versions. */
  readonly locks: boolean;
  /** The store's time (default: this machine's). */
  readonly clock?: StoreTime | undefined;
}

/** The time by which a store judges locks. */
export interface StoreTime {
  /** The time of day there. */
  readonly now: () => Date;
  /** Has so much time pass, where a test can do that: the ends of locks are tested then too. */
  readonly pass?: ((ms: number) => Promise<void>) | undefined;
}

/**
 * The contract of `ObjectStore.versions` as tests, beside that of `objectStoreConformance`, which holds for such stores too.
 *
 * @example
 * describe("my versioned store", () => {
 *   objectStoreConformance({ test: it, open });
 *   objectVersionsConformance({ test: it, open, locks: true });
 * });
 */
export function objectVersionsConformance({ test, open, locks, clock }: ObjectVersionsConformanceOptions): void {
  test("tells all versions and delete markers of a name, newest first", async () => {
    const { store, versions } = await openVersions(open);
    const first = await store.put("a", Buffer.from("first"));
    await store.delete("a");
    const second = await store.put("a", Buffer.from("second!"));
    const third = await store.put("a", Buffer.from("first"));
    await store.delete("a");
    await store.delete("a");
    const told = await all(versions);
    assert.deepEqual(told.map(({ name, isDeleteMarker, isLatest, sizeBytes }) => [name, isDeleteMarker ? "marker" : sizeBytes, isLatest]), [
      ["a", "marker", true],
      ["a", "marker", false],
      ["a", 5, false],
      ["a", 7, false],
      ["a", "marker", false],
      ["a", 5, false],
    ]);
    const objects = told.filter(({ isDeleteMarker }) => !isDeleteMarker);
    assert.deepEqual(objects.map(({ versionId, etag }) => [versionId, etag]), [third, second, first].map(({ versionId, etag }) => [versionId, etag]));
    assert.equal(new Set(told.map(({ versionId }) => versionId)).size, told.length, "every version has an id of its own");
    assert.ok(told.every(({ isDeleteMarker, etag }) => isDeleteMarker === (etag === undefined)), "delete markers have no etag");
  });

  test("leaves a delete marker above each of several objects that are removed at once, where it can", async () => {
    const { store, versions } = await openVersions(open);
    if (store.deleteMany === undefined) return;
    const [first, second] = [await store.put("a", Buffer.from("first")), await store.put("b", Buffer.from("second"))];
    await store.deleteMany(["a", "b"]);
    assert.deepEqual((await all(versions)).map(({ name, isDeleteMarker }) => [name, isDeleteMarker]), [["a", true], ["a", false], ["b", true], ["b", false]]);
    assert.equal(await store.head("a"), undefined);
    assert.equal((await store.get("a", { versionId: first.versionId })).body.toString(), "first");
    assert.equal((await store.get("b", { versionId: second.versionId })).body.toString(), "second");
  });

  test("tells versions by prefix, in the order of the names' bytes, after a name", async () => {
    const { store, versions } = await openVersions(open);
    const names = ["A", "a-1", "a.1", "a/10", "a/2", "a/2.x/y", "a_1", "b"];
    for (const name of [...names, ...names].reverse()) await store.put(name, Buffer.from(name));
    await store.delete("a/2");
    const twice = (wanted: readonly string[]): string[] => wanted.flatMap((name) => (name === "a/2" ? [name, name, name] : [name, name]));
    const sorted = [...names].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    const told = async (prefix: string, startAfter?: string): Promise<string[]> => (await all(versions, prefix, startAfter)).map(({ name }) => name);
    for (const prefix of ["", "a", "a/", "a/2", "nothing"]) assert.deepEqual(await told(prefix), twice(sorted.filter((name) => name.startsWith(prefix))), `prefix ${prefix}`);
    for (const startAfter of ["A", "a/", "a/2", "b", "c"]) assert.deepEqual(await told("", startAfter), twice(sorted.filter((name) => name > startAfter)), `after ${startAfter}`);
    assert.deepEqual(await told("a", "a/2"), twice(["a/2.x/y", "a_1"]));
  });

  test("reads every version by its id, behind others and delete markers", async () => {
    const { store } = await openVersions(open);
    const put: ObjectInfo[] = [];
    for (const text of ["the first", "another one", "the third of them"]) put.push(await store.put("a/b", Buffer.from(text)));
    await store.delete("a/b");
    for (const [index, { versionId, etag, sizeBytes }] of put.entries()) {
      const text = ["the first", "another one", "the third of them"][index] ?? "";
      const got = await store.get("a/b", { versionId });
      assert.deepEqual([got.body.toString(), got.versionId, got.etag], [text, versionId, etag]);
      assert.equal((await store.get("a/b", { versionId, range: { offset: 4, length: 3 } })).body.toString(), text.slice(4, 7));
      assert.equal((await store.get("a/b", { versionId, range: { suffix: 2 } })).body.toString(), text.slice(-2));
      const head = await store.head("a/b", { versionId });
      assert.deepEqual([head?.name, head?.versionId, head?.etag, head?.sizeBytes], ["a/b", versionId, etag, sizeBytes]);
    }
    await raises(store.get("a/b"), "NotFoundError", "ObjectNotFound");
    assert.equal(await store.head("a/b"), undefined);
  });

  test("takes a delete marker for no object: not to be read, and a version that is gone for none", async () => {
    const { store, versions } = await openVersions(open);
    const { versionId } = await store.put("a", Buffer.from("x"));
    await store.delete("a");
    const [marker] = await all(versions);
    assert.equal(marker?.isDeleteMarker, true);
    await raises(store.get("a", { versionId: marker.versionId }), "NotFoundError", "ObjectNotFound");
    assert.equal(await store.head("a", { versionId: marker.versionId }), undefined);
    await versions.delete("a", versionId ?? "");
    await raises(store.get("a", { versionId }), "NotFoundError", "ObjectNotFound");
    assert.equal(await store.head("a", { versionId }), undefined);
  });

  test("judges conditions by what is there now: nothing, under a delete marker", async () => {
    const { store } = await openVersions(open);
    const first = await store.put("a", Buffer.from("first"), { condition: "absent" });
    await raises(store.put("a", Buffer.from("late"), { condition: "absent" }), "ConflictError", "ConditionFailed");
    await store.delete("a", { etag: first.etag });
    await raises(store.put("a", Buffer.from("late"), { condition: { etag: first.etag } }), "ConflictError", "ConditionFailed");
    const second = await store.put("a", Buffer.from("second"), { condition: "absent" });
    await raises(store.put("a", Buffer.from("late"), { condition: "absent" }), "ConflictError", "ConditionFailed");
    await raises(store.delete("a", { etag: first.etag }), "ConflictError", "ConditionFailed");
    assert.equal((await store.get("a")).versionId, second.versionId);
  });

  test("brings an object back when its delete markers are removed", async () => {
    const { store, versions } = await openVersions(open);
    const kept = await store.put("a", Buffer.from("kept"));
    await store.delete("a");
    await store.delete("a");
    assert.equal(await store.head("a"), undefined);
    for (const { versionId, isDeleteMarker } of await all(versions)) if (isDeleteMarker) await versions.delete("a", versionId);
    assert.deepEqual([(await store.get("a")).body.toString(), (await store.head("a"))?.versionId], ["kept", kept.versionId]);
    for await (const { name, etag } of store.list("")) assert.deepEqual([name, etag], ["a", kept.etag]);
    assert.deepEqual((await all(versions)).map(({ versionId, isLatest }) => [versionId, isLatest]), [[kept.versionId, true]]);
  });

  test("removes for good the version that is meant and no other, and one that is gone without complaint", async () => {
    const { store, versions } = await openVersions(open);
    const ids: string[] = [];
    for (const text of ["1", "2", "3"]) ids.push((await store.put("a", Buffer.from(text))).versionId ?? "");
    const [first = "", second = "", third = ""] = ids;
    await versions.delete("a", second);
    await versions.delete("a", second);
    assert.deepEqual((await all(versions)).map(({ versionId }) => versionId), [third, first]);
    assert.equal((await store.get("a")).body.toString(), "3");
    await versions.delete("a", third);
    assert.equal((await store.get("a")).body.toString(), "1");
    await versions.delete("a", first);
    assert.equal(await store.head("a"), undefined);
    assert.deepEqual(await all(versions), []);
  });

  test("keeps what each of many concurrent puts stored", async () => {
    const { store, versions } = await openVersions(open);
    const put = await Promise.all(Array.from({ length: 12 }, async (_, index) => await store.put("busy", Buffer.from(`body ${index}`))));
    const told = await all(versions);
    assert.deepEqual(told.map(({ versionId }) => versionId).sort(), put.map(({ versionId }) => versionId).sort());
    for (const [index, { versionId }] of put.entries()) assert.equal((await store.get("busy", { versionId })).body.toString(), `body ${index}`);
    assert.equal((await store.head("busy"))?.versionId, told[0]?.versionId);
  });

  test("does nothing with versions for whoever has given up", async () => {
    const { store, versions } = await openVersions(open);
    const { versionId = "" } = await store.put("a", Buffer.from("x"));
    const reason = new Error("enough");
    const signal = AbortSignal.abort(reason);
    const isReason = (error: unknown): boolean => error === reason;
    await assert.rejects(versions.delete("a", versionId, { signal }), isReason);
    await assert.rejects(all(versions, "", undefined, signal), isReason);
    assert.equal((await all(versions)).length, 1);
  });

  if (locks) objectLockConformance({ test, open: async () => await openVersions(open), now: clock?.now ?? (() => new Date()), pass: clock?.pass });
  else
    test("refuses a lock that it cannot keep", async () => {
      const { store, versions } = await openVersions(open);
      assert.equal(versions.canLock, false);
      const lock = { mode: "GOVERNANCE", until: new Date(Date.now() + 86_400_000) } as const;
      await raises(store.put("a", Buffer.from("x"), { lock }), "ConfigurationError", "ObjectLockNotEnabled");
      assert.equal(await store.head("a"), undefined);
    });
}

async function openVersions(open: () => Promise<ObjectStore>): Promise<{ readonly store: ObjectStore; readonly versions: ObjectVersions }> {
  const store = await open();
  const versions = await store.versions?.();
  assert.ok(versions !== undefined, `${store.location} has no versions`);
  return { store, versions };
}

async function all(versions: ObjectVersions, prefix = "", startAfter?: string, signal?: AbortSignal): Promise<ObjectVersion[]> {
  const told: ObjectVersion[] = [];
  for await (const version of versions.list(prefix, { startAfter, signal })) told.push(version);
  return told;
}
