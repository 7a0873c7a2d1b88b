import { beforeEach, describe, expect, it } from "vitest";
import { key, storageOf, textBlock } from "../../../test/support/backup-world.js";
import { ManualClock } from "../../../test/support/manual-clock.js";
import { MemoryCloud } from "../../../test/support/memory-cloud.js";
import { MemoryObjectStore } from "../../../test/support/memory-object-store.js";
import { ProviderError } from "../../errors/index.js";
import { Policy } from "../../policy/policy.js";
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
