import { beforeEach, describe, expect, it } from "vitest";
import { key, storageOf } from "../../../test/support/backup-world.js";
import { ConflictError, ProviderError } from "../../errors/index.js";
import { FakeClock } from "../../testing/fake-clock.js";
import { MemoryObjectStore } from "../../testing/memory-object-store.js";
import { Repository } from "../repository.js";
import type { RestoreLease, RestoreWaiting } from "./restore-lease.js";

const secondMs = 1_000;
const minuteMs = 60_000;
const startedAt = new Date("2026-11-24T02:00:00Z");
const session = (digit: string): string => digit.repeat(32);

let store: MemoryObjectStore;
beforeEach(async () => {
  store = new MemoryObjectStore();
  await Repository.create({ storage: storageOf(store), encryption: { key } });
});

/** A process with a clock of its own: where that does not move, the process stands still. */
async function startProcess(clock: FakeClock): Promise<Repository> {
  return await Repository.open({ storage: storageOf(store), encryption: { key } }, { clock });
}

const take = async (repository: Repository, digit: string, id = "monday01"): Promise<RestoreLease> => await repository.history.takeRestore({ id, session: session(digit), startedAt });
const leases = (): string[] => [...store.objects.keys()].filter((name) => name.startsWith("runs/"));

describe("the lease of a restore's id", () => {
  it("is one session's at a time: another is refused at its next beat, and an other id is free", async () => {
    const clock = new FakeClock();
    const lease = await take(await startProcess(clock), "a");
    const waited: RestoreWaiting[] = [];
    const second = (await startProcess(clock)).history.takeRestore({ id: "monday01", session: session("b"), startedAt }, { onWaiting: (other) => waited.push(other) });
    const refused = expect(second).rejects.toMatchObject({ name: "ConflictError", code: "RestoreUnderway", retryable: true, context: { restore: "monday01", session: session("a") } });
    await clock.advance(20 * secondMs);
    await refused;
    expect(waited).toEqual([{ session: session("a"), atMostMs: 90 * secondMs }]);
    const other = await take(await startProcess(clock), "c", "tuesday1");
    expect(leases()).toHaveLength(2);
    expect(lease.lost.aborted).toBe(false);
    for (const one of [lease, other]) await one.end();
    expect(leases()).toEqual([]);
  });

  it("is free as soon as it is given back, also to who waits for it", async () => {
    const clock = new FakeClock();
    const standing = await take(await startProcess(new FakeClock()), "a");
    const second = take(await startProcess(clock), "b");
    await clock.advance(minuteMs);
    await standing.end();
    await clock.advance(20 * secondMs);
    const lease = await second;
    expect(lease.lost.aborted).toBe(false);
    await lease.end();
  });

  it("of a process that is gone is taken over after a minute and a half; one that wakes up knows that it is not its own any more, and leaves it alone", async () => {
    const [still, clock] = [new FakeClock(), new FakeClock()];
    const overtaken = await take(await startProcess(still), "a");
    let isTaken = false;
    const second = take(await startProcess(clock), "b").then((lease) => {
      isTaken = true;
      return lease;
    });
    await clock.advance(90 * secondMs);
    expect(isTaken).toBe(false);
    await clock.advance(10 * secondMs);
    const lease = await second;
    await still.advance(10 * secondMs);
    expect(overtaken.lost.aborted).toBe(true);
    expect(overtaken.lost.reason).toBeInstanceOf(ConflictError);
    expect(overtaken.lost.reason).toMatchObject({ code: "RestoreTakenOver", retryable: true });
    await overtaken.end();
    expect(leases()).toHaveLength(1);
    await lease.end();
    expect(leases()).toEqual([]);
  });

  it("is taken at once from a process that is said to be dead; one that lives after all has stopped before anything begins", async () => {
    const [alive, clock] = [new FakeClock(), new FakeClock()];
    const living = await take(await startProcess(alive), "a");
    const waited: RestoreWaiting[] = [];
    let isTaken = false;
    const second = (await startProcess(clock)).history.takeRestore({ id: "monday01", session: session("b"), startedAt }, { force: true, onWaiting: (waiting) => waited.push(waiting) }).then((lease) => {
      isTaken = true;
      return lease;
    });
    await clock.advance(10 * secondMs);
    expect(waited).toEqual([{ session: session("a"), atMostMs: 15 * secondMs }]);
    expect(isTaken).toBe(false);
    await alive.advance(10 * secondMs);
    expect(living.lost.reason).toMatchObject({ code: "RestoreTakenOver" });
    await clock.advance(5 * secondMs);
    const lease = await second;
    await clock.advance(5 * minuteMs);
    expect(lease.lost.aborted).toBe(false);
    await living.end();
    expect(leases()).toHaveLength(1);
    await lease.end();
    expect(leases()).toEqual([]);
  });

  it("that is taken by force is given back where the taking is aborted; where nobody has it, nothing is waited for", async () => {
    const clock = new FakeClock();
    await take(await startProcess(new FakeClock()), "a");
    const stop = new AbortController();
    const second = (await startProcess(clock)).history.takeRestore({ id: "monday01", session: session("b"), startedAt }, { force: true, signal: stop.signal });
    const refused = expect(second).rejects.toThrow("enough");
    await clock.advance(5 * secondMs);
    stop.abort(new Error("enough"));
    await refused;
    expect(leases()).toEqual([]);
    const third = await (await startProcess(clock)).history.takeRestore({ id: "monday01", session: session("c"), startedAt }, { force: true });
    await third.end();
  });

  it("tells a process that stood still, when it asks, that another has it, before its next beat does", async () => {
    const clock = new FakeClock();
    const stood = await take(await startProcess(new FakeClock()), "a");
    expect(await stood.isHeld()).toBe(true);
    const second = take(await startProcess(clock), "b");
    await clock.advance(100 * secondMs);
    const lease = await second;
    expect(stood.lost.aborted).toBe(false);
    expect(await stood.isHeld()).toBe(false);
    expect(stood.lost.reason).toMatchObject({ code: "RestoreTakenOver" });
    expect(await lease.isHeld()).toBe(true);
    const get = store.get.bind(store);
    store.get = () => Promise.reject(new ProviderError("not today.", { code: "Unavailable", retryable: true, service: "s3", operation: "GetObject" }));
    expect(await lease.isHeld()).toBe(true);
    store.get = get;
    for (const one of [stood, lease]) await one.end();
  });

  it("is given up by who could not renew it, before anybody takes it", async () => {
    const clock = new FakeClock();
    const lease = await take(await startProcess(clock), "a");
    store.onPut = () => {
      throw new ProviderError("not today.", { code: "Unavailable", retryable: true, service: "s3", operation: "PutObject" });
    };
    await clock.advance(50 * secondMs);
    expect(lease.lost.aborted).toBe(false);
    await clock.advance(30 * secondMs);
    expect(lease.lost.reason).toMatchObject({ code: "RestoreTakenOver" });
    store.onPut = () => undefined;
    await lease.end();
  });

  it("is held on to where the storage takes nothing more, until another has it: restoring needs to read alone", async () => {
    const clock = new FakeClock();
    const lease = await take(await startProcess(clock), "a");
    store.onPut = () => {
      throw new ProviderError("the disk is full.", { code: "NoSpace", retryable: false, service: "directory", operation: "put" });
    };
    await clock.advance(30 * minuteMs);
    expect(lease.lost.aborted).toBe(false);
    store.onPut = () => undefined;
    const other = new FakeClock();
    const second = take(await startProcess(other), "b");
    await other.advance(5 * minuteMs);
    const taken = await second;
    await clock.advance(minuteMs);
    expect(lease.lost.reason).toMatchObject({ code: "RestoreTakenOver" });
    for (const one of [lease, taken]) await one.end();
    expect(leases()).toEqual([]);
  });

  it("that a dead process left goes with the records of its age", async () => {
    const clock = new FakeClock();
    store = new MemoryObjectStore({ clock });
    await Repository.create({ storage: storageOf(store), encryption: { key } });
    await take(await startProcess(new FakeClock()), "a");
    await clock.advance(366 * 24 * 60 * minuteMs);
    const left = await take(await startProcess(new FakeClock()), "b", "tuesday1");
    const { history } = await startProcess(clock);
    await history.open({ session: session("c"), kind: "restore", startedAt: clock.now().toISOString() }).end({ state: "succeeded", events: [] });
    expect(leases().filter((name) => name.includes("lease-"))).toHaveLength(1);
    await left.end();
    expect(leases().filter((name) => name.includes("lease-"))).toEqual([]);
  });

  it("that is damaged counts as lapsed", async () => {
    const clock = new FakeClock();
    await take(await startProcess(new FakeClock()), "a");
    const [name = ""] = leases();
    await store.put(name, Buffer.from("damaged"));
    const lease = await take(await startProcess(clock), "b");
    await lease.end();
    expect(leases()).toEqual([]);
  });
});
