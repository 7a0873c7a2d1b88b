import { beforeEach, describe, expect, it } from "vitest";
import { key, storageOf, textBlock } from "../../../test/support/backup-world.js";
import { ManualClock } from "../../../test/support/manual-clock.js";
import { MemoryCloud } from "../../../test/support/memory-cloud.js";
import { MemoryObjectStore } from "../../../test/support/memory-object-store.js";
import { ProviderError } from "../../errors/index.js";
import { Policy } from "../../policy/policy.js";
import type { ObjectStore } from "../../ports/index.js";
import { Restore } from "../../restore/restore.js";
import { Repository } from "../repository.js";
import type { SessionRecord } from "./session-record.js";

let clock: ManualClock;
let cloud: MemoryCloud;
let store: MemoryObjectStore;
let repository: Repository;
let policy: Policy;
let restore: Restore;
const dayMs = 86_400_000;

beforeEach(async () => {
  clock = new ManualClock();
  cloud = new MemoryCloud(clock);
  store = new MemoryObjectStore();
  repository = await Repository.create({ storage: storageOf(store), encryption: { key }, sessions: { keepDays: 10 } }, { clock });
  cloud.addVolume("vol-a").blocks.set(0, textBlock("a"));
  cloud.addInstance("i-a", ["vol-a"]);
  policy = new Policy({ name: "gold", account: cloud, include: [{ instance: "i-a" }], backup: { repository, retention: { count: 1 } }, retries: 0 }, { clock });
  restore = new Restore({ repository, account: cloud }, { clock, imageFiles: { create: () => Promise.reject(new Error("no images here")) } });
});

async function records(kind?: SessionRecord["kind"]): Promise<SessionRecord[]> {
  const found: SessionRecord[] = [];
  for await (const record of repository.sessions({ kind })) found.push(record);
  return found;
}

async function newestPoint(): Promise<string> {
  let id = "";
  for await (const point of repository.restorePoints()) id = point.id;
  return id;
}

describe("sessions of other kinds than runs", () => {
  it("leave a record each: a restore, a verification, a retention pass", async () => {
    await policy.run();
    const point = await newestPoint();
    const { session, volumeId } = await restore.volume(point, { availabilityZone: "eu-west-1a" });
    expect((await repository.verify({ level: "data" })).isHealthy).toBe(true);
    await policy.retain();
    expect((await records()).map(({ kind = "policy", state }) => `${kind} ${state}`).sort()).toEqual(["policy succeeded", "restore succeeded", "retention succeeded", "verification succeeded"]);
    const [restored] = await records("restore");
    expect(restored).toMatchObject({ session, result: { restorePoint: point, volumeId } });
    expect(restored?.events.map(({ type }) => type)).toContain("volume:available");
    expect(typeof restored?.events[0]?.["at"]).toBe("string");
    expect((await records("verification"))[0]?.result).toMatchObject({ level: "data", isHealthy: true, restorePoints: 1 });
    expect((await records("retention"))[0]).toMatchObject({ policy: "gold", result: { removed: 0 } });
    // a policy's own are its runs
    const own: SessionRecord[] = [];
    for await (const record of policy.sessions()) own.push(record);
    expect(own).toHaveLength(1);
  });

  it("leave one too where they fail, and none where nothing is to be written", async () => {
    await policy.run();
    await policy.retain({ dryRun: true });
    await repository.verify({ level: "metadata", quarantine: false });
    await expect(restore.image(await newestPoint(), { path: "x" })).rejects.toThrow("no images here");
    expect((await records()).map(({ kind, state, error }) => [kind, state, error?.message])).toEqual([
      [undefined, "succeeded", undefined],
      ["restore", "failed", "no images here"],
    ]);
  });

  it("go by the repository's own retention, runs not", async () => {
    await policy.run();
    await repository.verify({ level: "metadata" });
    clock.advance(9 * dayMs);
    await repository.verify({ level: "metadata" });
    clock.advance(2 * dayMs);
    await repository.verify({ level: "metadata" });
    expect(await records("verification")).toHaveLength(2);
    expect(await records("policy")).toHaveLength(1);
    await expect(Repository.open({ storage: storageOf(store), encryption: { key }, sessions: { keepDays: 0 } })).rejects.toThrow("sessions.keepDays: must be a whole number from 1 to 36500.");
  });

  it("are what they were where no record can be written", async () => {
    await policy.run();
    store.onPut = (name) => {
      if (name.startsWith("runs/")) throw new ProviderError("read only", { code: "AccessDenied", service: "s3", operation: "PutObject" });
    };
    const types: string[] = [];
    const session = restore.volume(await newestPoint(), { availabilityZone: "eu-west-1a" });
    for await (const event of session) types.push(event.type);
    expect((await session).volumeId).toMatch(/^vol-/);
    expect(types).toContain("session:unrecorded");
    expect((await repository.verify({ level: "metadata" })).isHealthy).toBe(true);
  });

  it.each([
    ["verification", async (other: Repository) => await other.verify({ level: "metadata" })],
    ["retention", async (other: Repository) => await new Policy({ name: "gold", account: cloud, include: [{ instance: "i-a" }], backup: { repository: other, retention: { count: 1 } } }, { clock }).retain()],
    ["restore", async (other: Repository, point: string) => await new Restore({ repository: other, account: cloud }, { clock, imageFiles: { create: () => Promise.reject(new Error("no images here")) } }).volume(point, { availabilityZone: "eu-west-1a" })],
  ] as const)("of a %s whose process dies run until 15 minutes after its last sign of life, then they are crashed, for every process", async (kind, begin) => {
    await policy.run();
    const point = await newestPoint();
    const hasBegun = (): boolean => [...store.objects.keys()].some((name) => name.startsWith(`runs/${kind}/`));
    let isDead = false;
    /** Once it is dead, nothing that it asks for is answered. */
    const alive = async <Result>(work: () => Promise<Result>): Promise<Result> => await (isDead ? new Promise<never>(() => undefined) : work());
    const dying: ObjectStore = {
      location: "memory",
      put: async (...call) => await alive(() => store.put(...call)),
      get: async (name, options) => {
        if (name.startsWith("groups/")) {
          while (!hasBegun()) await new Promise((resolve) => setImmediate(resolve));
          isDead = true;
        }
        return await alive(() => store.get(name, options));
      },
      head: async (...call) => await alive(() => store.head(...call)),
      list: (...call) => store.list(...call),
      delete: async (...call) => await alive(() => store.delete(...call)),
    };
    void begin(await Repository.open({ storage: { location: "memory", openStore: () => Promise.resolve(dying) }, encryption: { key } }, { clock }), point);
    await expect.poll(() => isDead).toBe(true);
    const startedAt = clock.now().toISOString();
    clock.advance(15 * 60_000);
    expect(await records(kind)).toMatchObject([{ state: "running", startedAt }]);
    clock.advance(1);
    expect(await records(kind)).toMatchObject([{ state: "crashed", startedAt, endedAt: startedAt, events: [] }]);
  });

  it("say that they run while they last, and what an earlier one found stands until they have found something", async () => {
    await policy.run();
    await repository.verify({ level: "metadata" });
    clock.advance(1_000);
    const open = repository.history.open({ session: "0".repeat(32), kind: "verification", startedAt: clock.now().toISOString() });
    await expect.poll(async () => (await records("verification")).map(({ state }) => state)).toEqual(["succeeded", "running"]);
    for (let minutes = 0; minutes < 60; minutes += 5) {
      clock.advance(5 * 60_000);
      await expect.poll(async () => (await records("verification")).map(({ renewedAt }) => renewedAt)).toEqual([undefined, clock.now().toISOString()]);
    }
    expect((await repository.history.newestOfKind("verification"))?.result).toMatchObject({ isHealthy: true });
    await open.end({ state: "succeeded", result: { isHealthy: false }, events: [] });
    expect((await repository.history.newestOfKind("verification"))?.result).toEqual({ isHealthy: false });
    expect(await records("verification")).toMatchObject([{ state: "succeeded" }, { state: "succeeded", endedAt: clock.now().toISOString() }]);
    expect((await records("verification"))[1]).not.toHaveProperty("renewedAt");
  });

  it("raise an alert where a verification found damage, until one finds none", async () => {
    await policy.run();
    const groups = [...store.objects].filter(([name]) => name.startsWith("groups/"));
    const [[name, bytes] = ["", Buffer.alloc(0)]] = groups;
    const damaged = Buffer.from(bytes);
    damaged.writeUInt8(damaged.readUInt8(damaged.length - 1) ^ 1, damaged.length - 1);
    store.objects.set(name, damaged);
    await repository.verify({ level: "metadata" });
    store.objects.set(name, bytes);
    clock.advance(1_000);
    expect((await policy.checkAlerts()).raised).toMatchObject([{ condition: "repository-damaged" }]);
    await repository.verify({ level: "metadata" });
    expect((await policy.checkAlerts()).resolved).toMatchObject([{ condition: "repository-damaged" }]);
  });
});
