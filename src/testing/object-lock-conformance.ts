import assert from "node:assert/strict";
import type { ObjectLock, ObjectStore, ObjectVersions } from "../ports/index.js";
import { raises } from "./raises.js";

interface ObjectLockConformanceOptions {
  readonly test: (name: string, run: () => Promise<void>) => unknown;
  readonly open: () => Promise<{ readonly store: ObjectStore; readonly versions: ObjectVersions }>;
  readonly now: () => Date;
  readonly pass: ((ms: number) => Promise<void>) | undefined;
}

const dayMs = 86_400_000;
const modes = ["GOVERNANCE", "COMPLIANCE"] as const;

/** What holds of stores that can lock versions. */
export function objectLockConformance({ test, open, now, pass }: ObjectLockConformanceOptions): void {
  const inDays = (days: number): Date => new Date(Math.ceil(now().getTime() / 1000) * 1000 + days * dayMs);

  test("tells how a version is locked", async () => {
    const { store, versions } = await open();
    assert.equal(versions.canLock, true);
    for (const mode of modes) {
      const lock: ObjectLock = { mode, until: inDays(30) };
      const { versionId = "" } = await store.put(mode, Buffer.from("x"), { lock });
      assert.deepEqual((await store.head(mode))?.lock, lock);
      assert.deepEqual((await store.head(mode, { versionId }))?.lock, lock);
      assert.deepEqual(await versions.lockOf(mode, versionId), lock);
    }
    const { versionId = "" } = await store.put("free", Buffer.from("x"));
    assert.equal((await store.head("free"))?.lock, undefined);
    assert.equal(await versions.lockOf("free", versionId), undefined);
    await versions.delete("free", versionId);
    await raises(versions.lockOf("free", versionId), "NotFoundError", "ObjectNotFound");
  });

  test("keeps a locked version from being removed for good, behind overwrites and delete markers too", async () => {
    const { store, versions } = await open();
    for (const mode of modes) {
      const { versionId = "" } = await store.put(mode, Buffer.from("kept"), { lock: { mode, until: inDays(30) } });
      await raises(versions.delete(mode, versionId), "ConflictError", "ObjectLocked");
      await store.put(mode, Buffer.from("over it"));
      await store.delete(mode);
      assert.equal(await store.head(mode), undefined);
      await raises(versions.delete(mode, versionId), "ConflictError", "ObjectLocked");
      assert.equal((await store.get(mode, { versionId })).body.toString(), "kept");
    }
  });

  test("lets a locked object be deleted by a marker alone, and brought back", async () => {
    const { store, versions } = await open();
    const locked = await store.put("a", Buffer.from("kept"), { lock: { mode: "COMPLIANCE", until: inDays(30) } });
    await store.delete("a", { etag: locked.etag });
    const told = [];
    for await (const version of versions.list("a")) told.push(version);
    assert.deepEqual(told.map(({ isDeleteMarker, isLatest }) => [isDeleteMarker, isLatest]), [[true, true], [false, false]]);
    await versions.delete("a", told[0]?.versionId ?? "");
    const { body, versionId } = await store.get("a");
    assert.deepEqual([body.toString(), versionId], ["kept", locked.versionId]);
  });

  test("extends a lock, and never shortens or weakens one", async () => {
    const { store, versions } = await open();
    for (const mode of modes) {
      const { versionId = "" } = await store.put(mode, Buffer.from("x"), { lock: { mode, until: inDays(30) } });
      const longer: ObjectLock = { mode, until: inDays(40) };
      await versions.extendLock(mode, versionId, longer);
      await versions.extendLock(mode, versionId, longer);
      for (const until of [inDays(39), inDays(1)]) await raises(versions.extendLock(mode, versionId, { mode, until }), "ConflictError", "LockRefused");
      await raises(versions.extendLock(mode, versionId, { mode, until: inDays(-1) }), "ConflictError", "LockRefused");
      if (mode === "COMPLIANCE") await raises(versions.extendLock(mode, versionId, { mode: "GOVERNANCE", until: inDays(50) }), "ConflictError", "LockRefused");
      assert.deepEqual(await versions.lockOf(mode, versionId), longer);
    }
  });

  test("locks a version that was not locked, and none that is gone or a delete marker", async () => {
    const { store, versions } = await open();
    const { versionId = "" } = await store.put("a", Buffer.from("x"));
    await store.put("a", Buffer.from("y"));
    const lock: ObjectLock = { mode: "COMPLIANCE", until: inDays(7) };
    await versions.extendLock("a", versionId, lock);
    assert.deepEqual(await versions.lockOf("a", versionId), lock);
    assert.equal((await store.head("a"))?.lock, undefined, "another version is locked by itself alone");
    await raises(versions.delete("a", versionId), "ConflictError", "ObjectLocked");
    const gone = await store.put("b", Buffer.from("x"));
    await versions.delete("b", gone.versionId ?? "");
    await raises(versions.extendLock("b", gone.versionId ?? "", lock), "NotFoundError", "ObjectNotFound");
    await store.delete("a");
    for await (const marker of versions.list("a")) {
      if (!marker.isDeleteMarker) continue;
      assert.equal(await versions.lockOf("a", marker.versionId), undefined);
      await raises(versions.extendLock("a", marker.versionId, lock), "NotFoundError", "ObjectNotFound");
    }
  });

  test("refuses a lock whose end is past, and stores nothing then", async () => {
    const { store } = await open();
    await raises(store.put("a", Buffer.from("x"), { lock: { mode: "COMPLIANCE", until: inDays(-1) } }), "ConflictError", "LockRefused");
    assert.equal(await store.head("a"), undefined);
  });

  if (pass !== undefined) {
    test("lets go of a version when its time has come, and not a moment earlier", async () => {
      const { store, versions } = await open();
      const until = inDays(3);
      const { versionId = "" } = await store.put("a", Buffer.from("x"), { lock: { mode: "COMPLIANCE", until } });
      await pass(until.getTime() - now().getTime() - 60_000);
      await raises(versions.delete("a", versionId), "ConflictError", "ObjectLocked");
      await pass(120_000);
      assert.deepEqual(await versions.lockOf("a", versionId), { mode: "COMPLIANCE", until });
      await versions.extendLock("a", versionId, { mode: "GOVERNANCE", until: inDays(1) });
      await raises(versions.delete("a", versionId), "ConflictError", "ObjectLocked");
      await pass(2 * dayMs);
      await versions.delete("a", versionId);
      assert.equal(await store.head("a", { versionId }), undefined);
    });
  }
}
