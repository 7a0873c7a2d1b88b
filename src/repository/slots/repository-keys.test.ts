import { describe, expect, it } from "vitest";
import { backUp, expectRestores, key, storageOf, textBlock } from "../../../test/support/backup-world.js";
import { KeyBed, openAt, otherKey, passphrase, storeWith } from "../../../test/support/key-bed.js";
import { MemoryKeyProvider } from "../../../test/support/memory-key-provider.js";
import { MemoryObjectStore } from "../../../test/support/memory-object-store.js";
import { MemoryVolume } from "../../../test/support/memory-volume.js";
import { HoldfastError, Repository, type ObjectStore, type RestorePoint } from "../../index.js";
import { FakeClock, FaultInjectingObjectStore } from "../../testing/index.js";

async function codeOf(call: Promise<unknown>): Promise<string> {
  const failure = await call.then(() => undefined, (error: unknown) => error);
  if (failure === undefined) return "none";
  if (!HoldfastError.isInstance(failure)) throw new Error("no error of the engine", { cause: failure });
  return failure.code;
}

function gate(): { readonly opened: Promise<void>; readonly open: () => void } {
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open: () => open() };
}

const idOf = (name: string | undefined): string => name?.slice("keys/".length) ?? "";

describe("the keys of a repository", () => {
  it("are listed, with no secret", async () => {
    const bed = await KeyBed.open();
    const added = await bed.repository.keys.add({ key: otherKey }, { role: "restore", label: "restore desk" });
    expect(await bed.list()).toEqual(["raw owner genuine", "raw restore genuine"]);
    expect(added).toMatchObject({ kind: "raw", role: "restore", label: "restore desk", state: "genuine" });
    expect(added.createdAt).toBeInstanceOf(Date);
    bed.store.objects.set(`keys/${added.id}`, Buffer.from("{}"));
    expect(await bed.list()).toContain("  damaged");
    const restorer = await openAt(bed.store, { key });
    expect(await bed.list(restorer)).toHaveLength(2);
  });

  it("are added and removed, and each opens for as long as it is there", async () => {
    const bed = await KeyBed.open();
    const provider = new MemoryKeyProvider();
    const { keys } = bed.repository;
    const byKms = await keys.add({ kmsKeyId: "alias/backups", keyProvider: provider }, { label: "kms" });
    const { recoveryKey, slot: recovery } = await keys.addRecoveryKey({ label: "safe" });
    const byPassphrase = await keys.add({ passphrase }, { role: "writer" });
    expect([byKms.kmsKeyId, byKms.kind, recovery.kind, byPassphrase.kind]).toEqual(["alias/backups", "kms", "recovery", "passphrase"]);
    for (const encryption of [{ kmsKeyId: "alias/backups", keyProvider: provider }, { recoveryKey }, { passphrase }]) expect((await openAt(bed.store, encryption)).id).toBe(bed.repository.id);
    await keys.remove(recovery.id);
    expect(await codeOf(openAt(bed.store, { recoveryKey }))).toBe("WrongKey");
    expect(await codeOf(keys.remove(recovery.id))).toBe("KeySlotNotFound");
    expect((await openAt(bed.store, { key })).id).toBe(bed.repository.id);
    expect(bed.slotNames.every((name) => /^keys\/[0-9a-f]{16}$/.test(name))).toBe(true);
  });

  it("are rotated: the new one opens, the old one does not, and role and label stay", async () => {
    const bed = await KeyBed.open();
    const old = await bed.repository.keys.add({ key: otherKey }, { role: "restore", label: "desk" });
    const third = Buffer.alloc(32, 3);
    const rotated = await bed.repository.keys.rotate(old.id, { key: third });
    expect(rotated).toMatchObject({ role: "restore", label: "desk" });
    expect((await openAt(bed.store, { key: third })).keys.role).toBe("restore");
    expect(await codeOf(openAt(bed.store, { key: otherKey }))).toBe("WrongKey");
    const first = idOf(bed.slotNames.find((name) => idOf(name) !== rotated.id));
    await bed.repository.keys.rotate(first, { key: otherKey });
    expect(await codeOf(openAt(bed.store, { key }))).toBe("WrongKey");
    expect((await openAt(bed.store, { key: otherKey })).keys.role).toBe("owner");
    expect(await codeOf(bed.repository.keys.rotate("0".repeat(16), { key }))).toBe("KeySlotNotFound");
  });

  it("never lose the last owner's slot that is known to open", async () => {
    const bed = await KeyBed.open();
    const provider = new MemoryKeyProvider();
    const [first] = bed.slotNames;
    const remove = (id = idOf(first)): Promise<string> => codeOf(bed.repository.keys.remove(id));
    expect(await remove()).toBe("LastOwnerSlot");
    await bed.repository.keys.add({ key: otherKey }, { role: "writer" });
    expect(await remove()).toBe("LastOwnerSlot");
    const kms = await bed.plant({ kind: "kms", keyId: "alias/backups", provider });
    // Nobody here can ask whether that key is still there.
    expect(await remove()).toBe("LastOwnerSlot");
    const damaged = await bed.plant({ kind: "raw", key: otherKey });
    bed.store.objects.set(damaged, Buffer.from(bed.store.objects.get(damaged)!.toString().replace("planted", "Planted")));
    expect(await remove()).toBe("LastOwnerSlot");
    const asking = await Repository.open({ storage: { ...storageOf(bed.store), keyProvider: provider }, encryption: { key } });
    provider.disabled.add("alias/backups");
    expect(await codeOf(asking.keys.remove(idOf(first)))).toBe("LastOwnerSlot");
    provider.disabled.clear();
    await asking.keys.remove(idOf(damaged));
    await asking.keys.remove(idOf(first));
    expect(bed.store.objects.has(kms)).toBe(true);
    expect(await codeOf(asking.keys.remove(idOf(kms)))).toBe("LastOwnerSlot");
    // Notes of refused removals are taken back; those of removals that were done stay.
    expect([...bed.store.objects.keys()].filter((name) => name.startsWith("removing/")).map((name) => name.slice(0, -17)).sort()).toEqual([damaged, first!].map((name) => name.replace("keys", "removing")).sort());
  });

  it("that are locked say until when, and are as they were", async () => {
    const clock = new FakeClock();
    const store = new MemoryObjectStore({ versions: true, locks: true, clock });
    const repository = await Repository.create({ storage: storageOf(store), encryption: { key } }, { clock });
    const { id } = await repository.keys.add({ key: otherKey });
    const until = new Date(clock.now().getTime() + 1000);
    const versions = await store.versions();
    await versions?.extendLock(`keys/${id}`, (await store.head(`keys/${id}`))?.versionId ?? "", { mode: "GOVERNANCE", until });
    const failure: unknown = await repository.keys.remove(id).catch((error: unknown) => error);
    expect(failure).toMatchObject({ name: "ConflictError", code: "KeySlotLocked", context: { lockedUntil: until.toISOString() } });
    expect((failure as Error).message).toContain(`until ${until.toISOString()}`);
    expect((await openAt(store, { key: otherKey })).id).toBe(repository.id);
    await clock.advance(2000);
    await repository.keys.remove(id);
    expect(await codeOf(openAt(store, { key: otherKey }))).toBe("WrongKey");
  });

  it("that were removed stay removed: no verification misses them, and no repair brings them back", async () => {
    const bed = await KeyBed.open();
    const other = await openAt(bed.store, { key });
    await other.keys.rotate(idOf(bed.slotNames[0]), { key: otherKey });
    expect(await bed.repository.verify({ level: "metadata" })).toMatchObject({ isHealthy: true });
    await bed.repository.repair();
    expect(await codeOf(openAt(bed.store, { key }))).toBe("WrongKey");
    const stranger = await KeyBed.open();
    stranger.store.objects.set(`removing/${idOf(stranger.slotNames[0])}-${"0".repeat(16)}`, Buffer.alloc(64, "a"));
    stranger.store.objects.delete(stranger.slotNames[0]!);
    expect(await stranger.repository.verify({ level: "metadata" })).toMatchObject({ isHealthy: false });
    await stranger.repository.repair();
    expect((await openAt(stranger.store, { key })).id).toBe(stranger.repository.id);
  });

  it("notes that no owner wrote hinder no removal", async () => {
    const bed = await KeyBed.open();
    const [first] = bed.slotNames;
    const { id } = await bed.repository.keys.add({ key: otherKey });
    bed.store.objects.set(`removing/${idOf(first)}-${"0".repeat(16)}`, Buffer.alloc(64, "a"));
    bed.store.objects.set(`removing/${idOf(first)}-${"1".repeat(16)}`, Buffer.from("{}"));
    await bed.repository.keys.remove(id);
    expect(bed.slotNames).toEqual([first]);
  });

  it("leave no version behind where the store keeps versions", async () => {
    const store = new MemoryObjectStore({ versions: true });
    const repository = await Repository.create({ storage: storageOf(store), encryption: { key } });
    const { id } = await repository.keys.add({ key: otherKey });
    const seen: string[] = [];
    const versions = await store.versions();
    await repository.keys.remove(id);
    for await (const { name } of versions!.list(`keys/${id}`)) seen.push(name);
    expect(seen).toEqual([]);
  });

  it("are refused in words that name the option", async () => {
    const bed = await KeyBed.open();
    const { keys } = bed.repository;
    const wrong: readonly (readonly [Promise<unknown>, string])[] = [
      [keys.add({ passphrase: "short" }), "InvalidOption"],
      [keys.add({ recoveryKey: "HF1" }), "InvalidOption"],
      [keys.add({ kmsKeyId: "alias/x" }), "InvalidOption"],
      [keys.add({ key, passphrase }), "InvalidOption"],
      [keys.add("none"), "NotEncrypted"],
      [keys.add({ key }, { role: "admin" as never }), "InvalidOption"],
      [keys.add({ key }, { label: "" }), "InvalidOption"],
      [keys.add({ key }, { name: "x" } as never), "InvalidOption"],
      [keys.remove("../../holdfast.json"), "InvalidOption"],
    ];
    for (const [call, code] of wrong) expect(await codeOf(call)).toBe(code);
    const open = await Repository.create({ storage: storageOf(new MemoryObjectStore()), encryption: "none" });
    expect(await codeOf(open.keys.add({ key }))).toBe("NotEncrypted");
    expect(bed.slotNames).toHaveLength(1);
  });
});

describe("the roles of keys", () => {
  it("hold what they are for: a restore lists and restores and writes no point, a collector reads no names", async () => {
    const bed = await KeyBed.open();
    const volume = new MemoryVolume(2 ** 30);
    volume.blocks.set(3, textBlock("three")).set(900, textBlock("nine hundred"));
    volume.freeze("snap-1");
    await backUp(bed.repository, volume, "snap-1");
    const roleKeys = { writer: Buffer.alloc(32, 11), restore: Buffer.alloc(32, 12), collector: Buffer.alloc(32, 13) };
    for (const role of ["writer", "restore", "collector"] as const) await bed.repository.keys.add({ key: roleKeys[role] }, { role });
    const resource = "111122223333/eu-west-1/vol-1";

    const restorer = await openAt(bed.store, { key: roleKeys.restore });
    const points: RestorePoint[] = [];
    for await (const point of restorer.restorePoints({ resource })) points.push(point);
    expect(points).toHaveLength(1);
    for await (const point of restorer.restorePoints({ resource: "another" })) points.push(point);
    await expectRestores(points[0]!, volume.blocks);
    expect(await restorer.verify({ level: "data" })).toMatchObject({ isHealthy: true, restorePoints: 1 });
    expect(() => restorer.beginPoint({ resource, kind: "volume", tags: {} })).toThrow(/role "restore".*new restore point.*owner or writer/);
    for (const call of [restorer.keys.add({ key }), restorer.keys.remove(idOf(bed.slotNames[0])), restorer.keys.rotate(idOf(bed.slotNames[0]), { key }), restorer.keys.addRecoveryKey()]) expect(await codeOf(call)).toBe("KeyNotHeld");
    expect(await bed.list(restorer)).toEqual(["raw collector unproven", "raw owner unproven", "raw restore unproven", "raw writer unproven"]);

    const writer = await openAt(bed.store, { key: roleKeys.writer });
    volume.blocks.set(4, textBlock("four"));
    volume.freeze("snap-2");
    const { point } = await backUp(writer, volume, "snap-2");
    await expectRestores(await bed.repository.restorePoint(point.id), volume.blocks);
    expect(await codeOf(writer.keys.add({ key }))).toBe("KeyNotHeld");

    const collector = await openAt(bed.store, { key: roleKeys.collector });
    expect(await codeOf(collector.restorePoint(point.id))).toBe("KeyNotHeld");
    expect(await codeOf(collector.verify({ level: "metadata" }))).toBe("KeyNotHeld");
    expect(() => collector.beginPoint({ resource, kind: "volume", tags: {} })).toThrow(/role "collector"/);
  });
});

describe("keys under a store that fails", () => {
  /** Each call to the store at which a fault is tried, until none is met any more. */
  async function withFaults(change: (repository: Repository, slotId: string) => Promise<unknown>, check: (bed: KeyBed, failure: unknown, slotId: string) => Promise<void>): Promise<number> {
    let failures = 0;
    for (const operation of ["put", "delete", "get", "list", "head"] as const) {
      for (const when of ["before", "after"] as const) {
        for (const kind of ["fail", "kill"] as const) {
          for (let nth = 1; ; nth += 1) {
            const bed = await KeyBed.open();
            const slotId = idOf(await bed.plant({ kind: "raw", key: otherKey }));
            const store = new FaultInjectingObjectStore(bed.store);
            const repository = await openAt(store, { key });
            store.inject({ operation, when, nth, kind });
            const failure: unknown = await change(repository, slotId).then(() => undefined, (error: unknown) => error);
            if (failure !== undefined) failures += 1;
            const isMet = failure !== undefined || (await wasMet(store, operation));
            await check(bed, failure, slotId);
            if (!isMet) break;
          }
        }
      }
    }
    return failures;
  }

  /** A fault that was survived was met all the same: a further call of that kind does not meet it. */
  async function wasMet(store: FaultInjectingObjectStore, operation: string): Promise<boolean> {
    for (let calls = 0; calls < 20; calls += 1) {
      const call = operation === "put" ? store.put("probe", Buffer.from("x")) : operation === "delete" ? store.delete("probe") : operation === "get" ? store.get("holdfast.json") : operation === "head" ? store.head("probe") : drain(store);
      try {
        await call;
      } catch {
        return false;
      }
    }
    return true;
  }

  async function drain(store: FaultInjectingObjectStore): Promise<void> {
    for await (const { name } of store.list("probe")) expect(name).toBe("probe");
  }

  const third = Buffer.alloc(32, 3);

  it("an addition that is reported opens, and what was there opens always", async () => {
    const failures = await withFaults(
      (repository) => repository.keys.add({ key: third }),
      async (bed, failure) => {
        await openAt(bed.store, { key });
        await openAt(bed.store, { key: otherKey });
        if (failure === undefined) await openAt(bed.store, { key: third });
      },
    );
    expect(failures).toBeGreaterThan(8);
  });

  it("a removal that is reported is done, one that failed can be asked for again, and an owner's slot remains", async () => {
    const failures = await withFaults(
      (repository, slotId) => repository.keys.remove(slotId),
      async (bed, failure, slotId) => {
        const repository = await openAt(bed.store, { key });
        if (failure === undefined) expect(bed.store.objects.has(`keys/${slotId}`)).toBe(false);
        await repository.keys.remove(slotId).catch((error: unknown) => {
          expect(error).toMatchObject({ code: "KeySlotNotFound" });
        });
        expect(await codeOf(openAt(bed.store, { key: otherKey }))).toBe("WrongKey");
        // What a failed call left behind hinders nobody.
        expect(bed.slotNames).toHaveLength(1);
        const { id } = await repository.keys.add({ key: third });
        await repository.keys.remove(idOf(bed.slotNames.find((name) => idOf(name) !== id)));
        expect(bed.slotNames).toEqual([`keys/${id}`]);
      },
    );
    expect(failures).toBeGreaterThan(8);
  });

  it("a rotation loses neither the old nor the new", async () => {
    await withFaults(
      (repository, slotId) => repository.keys.rotate(slotId, { key: third }),
      async (bed, failure) => {
        await openAt(bed.store, { key });
        const [old, young] = await Promise.all([codeOf(openAt(bed.store, { key: otherKey })), codeOf(openAt(bed.store, { key: third }))]);
        expect(old === "none" || young === "none").toBe(true);
        if (failure === undefined) expect([old, young]).toEqual(["WrongKey", "none"]);
        if (HoldfastError.isInstance(failure) && failure.code === "OldKeySlotRemains") expect(young).toBe("none");
      },
    );
  });

  it("a damaged write is noticed before the key is reported to open", async () => {
    const bed = await KeyBed.open();
    const store = new FaultInjectingObjectStore(bed.store);
    const repository = await openAt(store, { key });
    store.inject({ kind: "corrupt", operation: "put" });
    expect(await codeOf(repository.keys.add({ key: third }))).toBe("KeySlotUnproven");
    expect(bed.slotNames).toHaveLength(1);
  });
});

describe("keys that are changed by several at the same time", () => {
  /** Runs the calls with their steps on the store in every order that a seed makes. */
  function shuffled(store: ObjectStore, seed: number): ObjectStore {
    let state = seed;
    const pause = async (): Promise<void> => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      for (let turns = state >>> 29; turns > 0; turns -= 1) await new Promise((resolve) => setImmediate(resolve));
    };
    const slow = <T>(work: () => Promise<T>): Promise<T> => pause().then(work).then(async (result) => { await pause(); return result; });
    return storeWith(store, {
      put: (...args: Parameters<ObjectStore["put"]>) => slow(() => store.put(...args)),
      get: (...args: Parameters<ObjectStore["get"]>) => slow(() => store.get(...args)),
      head: (...args: Parameters<ObjectStore["head"]>) => slow(() => store.head(...args)),
      delete: (...args: Parameters<ObjectStore["delete"]>) => slow(() => store.delete(...args)),
      list: async function* (...args: Parameters<ObjectStore["list"]>) {
        await pause();
        for await (const info of store.list(...args)) {
          yield info;
          await pause();
        }
      },
    });
  }

  it("two removals never take the last two owner's slots", async () => {
    const outcomes = new Set<string>();
    for (let seed = 1; seed <= 150; seed += 1) {
      const bed = await KeyBed.open();
      const other = idOf(await bed.plant({ kind: "raw", key: otherKey }));
      const first = idOf(bed.slotNames.find((name) => idOf(name) !== other));
      const store = shuffled(bed.store, seed);
      const [a, b] = [await openAt(store, { key }), await openAt(store, { key: otherKey })];
      const results = await Promise.all([codeOf(a.keys.remove(first)), codeOf(b.keys.remove(other))]);
      outcomes.add([...results].sort().join(" "));
      const opens = [await codeOf(openAt(bed.store, { key })), await codeOf(openAt(bed.store, { key: otherKey }))];
      expect(opens).toContain("none");
      expect(opens.map((code) => (code === "none" ? "LastOwnerSlot" : "none"))).toEqual(results);
    }
    expect(outcomes).toContain("LastOwnerSlot none");
  });

  it("a removal that is done between another's two looks is noticed by one of them", async () => {
    const bed = await KeyBed.open();
    const other = idOf(await bed.plant({ kind: "raw", key: otherKey }));
    const first = idOf(bed.slotNames.find((name) => idOf(name) !== other));
    const reachesDeletion = gate();
    const mayDelete = gate();
    const slow = storeWith(bed.store, {
      delete: async (...args: Parameters<ObjectStore["delete"]>) => {
        reachesDeletion.open();
        await mayDelete.opened;
        await bed.store.delete(...args);
      },
    });
    const slowly = codeOf((await openAt(slow, { key })).keys.remove(first));
    await reachesDeletion.opened;
    let looks = 0;
    const between = storeWith(bed.store, {
      list: async function* (...args: Parameters<ObjectStore["list"]>) {
        looks += 1;
        if (looks === 2) {
          mayDelete.open();
          await slowly;
        }
        yield* bed.store.list(...args);
      },
    });
    const repository = await openAt(between, { key: otherKey });
    looks = 0;
    expect([await codeOf(repository.keys.remove(other)), await slowly, looks]).toEqual(["LastOwnerSlot", "none", 2]);
    await openAt(bed.store, { key: otherKey });
  });

  it("two removals of the same slot and an addition all come out right", async () => {
    for (let seed = 1; seed <= 40; seed += 1) {
      const bed = await KeyBed.open();
      const other = idOf(await bed.plant({ kind: "raw", key: otherKey }));
      const store = shuffled(bed.store, seed);
      const [a, b] = [await openAt(store, { key }), await openAt(store, { key })];
      const third = Buffer.alloc(32, 3);
      const results = await Promise.all([codeOf(a.keys.remove(other)), codeOf(b.keys.remove(other)), codeOf(a.keys.add({ key: third })), codeOf(b.keys.add({ key: third }))]);
      for (const result of results) expect(["none", "KeySlotNotFound"]).toContain(result);
      expect(results.slice(2)).toEqual(["none", "none"]);
      expect(await bed.list()).toEqual(["raw owner genuine", "raw owner genuine", "raw owner genuine"]);
      expect(bed.slotNames).toHaveLength(3);
      await openAt(bed.store, { key: third });
      expect(await codeOf(openAt(bed.store, { key: otherKey }))).toBe("WrongKey");
    }
  });
});
