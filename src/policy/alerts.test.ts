import { beforeEach, describe, expect, it } from "vitest";
import { key, storageOf } from "../../test/support/backup-world.js";
import type { ManualClock } from "../../test/support/manual-clock.js";
import type { MemoryCloud } from "../../test/support/memory-cloud.js";
import type { MemoryObjectStore } from "../../test/support/memory-object-store.js";
import { addGoldInstance, makePolicyBed } from "../../test/support/policy-bed.js";
import { ProviderError } from "../errors/index.js";
import type { Notification, Notifier } from "../ports/index.js";
import { Repository } from "../repository/repository.js";
import type { PolicyOptions } from "./policy-options.js";
import { Policy } from "./policy.js";

let clock: ManualClock;
let cloud: MemoryCloud;
let store: MemoryObjectStore;
let heard: Notification[];
let isReachable: boolean;
const hourMs = 3_600_000;
const pager: Notifier = {
  destination: "the pager",
  notify: async (notification) => {
    if (!isReachable) throw new ProviderError("nobody there", { code: "Unreachable", service: "webhook", operation: "POST" });
    heard.push(notification);
  },
};

beforeEach(async () => {
  ({ clock, cloud, store } = await makePolicyBed());
  heard = [];
  isReachable = true;
  for (const name of ["a", "b"]) addGoldInstance(cloud, name);
});

/** The policy as a process of its own has it. */
async function newProcess(options: Partial<PolicyOptions> = {}): Promise<Policy> {
  const repository = await Repository.open({ storage: storageOf(store), encryption: { key } }, { clock });
  return new Policy({ name: "gold", account: cloud, include: [{ tag: { backup: "gold" } }], backup: { repository }, retries: 0, notify: [{ notifier: pager }], schedule: { daily: { hours: [2] } }, ...options }, { clock });
}

function breaking(...ids: string[]): void {
  cloud.onCall = (operation, id) => {
    if (operation === "snapshotInstance" && ids.includes(id)) throw new ProviderError("broken on purpose", { code: "ProviderFailed", service: "ec2", operation: "CreateSnapshots" });
  };
}

/** Runs in a new process, whatever comes of it, and gives what was heard since the last time. */
async function night(options: Partial<PolicyOptions> = {}): Promise<string[]> {
  const policy = await newProcess(options);
  await policy.run().catch(() => undefined);
  return take();
}

function take(): string[] {
  return heard.splice(0).map(({ type, subject }) => `${type} ${subject}`);
}

describe("the alerts of a policy", () => {
  it("are raised once, by whichever process, not repeated while they last, and resolved at the end", async () => {
    expect(await night()).toEqual([]);
    breaking("i-a", "i-b");
    expect(await night()).toEqual(["alert:raised [holdfast] gold: the run failed"]);
    expect(await night()).toEqual([]);
    expect((await (await newProcess()).alerts()).map(({ condition, text }) => [condition, text.includes("broken on purpose")])).toEqual([["run-failed", true]]);
    breaking("i-a");
    expect(await night()).toEqual(["alert:resolved [holdfast] gold: resolved: the run failed", "alert:raised [holdfast] gold: some resources failed"]);
    breaking();
    expect(await night()).toEqual(["alert:resolved [holdfast] gold: resolved: some resources failed"]);
    expect(await (await newProcess()).alerts()).toEqual([]);
  });

  it("wait for who could not be told, and never tell an end without its beginning", async () => {
    isReachable = false;
    breaking("i-a", "i-b");
    const policy = await newProcess();
    await policy.run().catch(() => undefined);
    isReachable = true;
    expect(take()).toEqual([]);
    const { raised, standing } = await policy.checkAlerts();
    expect([raised, standing.length]).toEqual([[], 1]);
    expect(take()).toEqual(["alert:raised [holdfast] gold: the run failed"]);
    isReachable = false;
    breaking();
    await policy.run();
    isReachable = true;
    expect(await night()).toEqual(["alert:resolved [holdfast] gold: resolved: the run failed"]);
  });

  it("say that a run was missed, which another process sees, until one begins", async () => {
    await night();
    clock.advance(24 * hourMs + 30 * 60_000);
    const watcher = await newProcess({ alerts: { missedAfterMinutes: 60 } });
    expect((await watcher.checkAlerts()).standing).toEqual([]);
    clock.advance(hourMs);
    expect((await watcher.checkAlerts()).raised).toMatchObject([{ condition: "run-missed", text: expect.stringContaining("2026-11-25T02:00:00.000Z") as string }]);
    expect((await (await newProcess()).checkAlerts()).raised).toEqual([]);
    take();
    expect(await night()).toEqual(["alert:resolved [holdfast] gold: resolved: a run was missed"]);
  });

  it("say that nothing is protected, and that points grow old, resource by resource", async () => {
    expect(await night({ include: [{ tag: { backup: "platinum" } }] })).toEqual(["alert:raised [holdfast] gold: nothing is protected"]);
    const alerts = { pointOlderThanHours: 30 };
    expect(await night({ alerts })).toEqual(["alert:resolved [holdfast] gold: resolved: nothing is protected"]);
    breaking("i-b");
    clock.advance(31 * hourMs);
    expect(await night({ alerts })).toEqual(["alert:raised [holdfast] gold: some resources failed", "alert:raised [holdfast] gold: the newest restore point is too old (111122223333/eu-west-1/i-b)"]);
    // what is selected no more is nobody's trouble
    expect(await night({ alerts, exclude: [{ instance: "i-b" }] })).toHaveLength(2);
  });

  it("say that the repository is damaged as long as packs are in quarantine", async () => {
    await night();
    const policy = await newProcess();
    const [pack = ""] = [...store.objects.keys()].filter((name) => name.startsWith("packs/"));
    const object = store.objects.get(pack);
    const damaged = Buffer.from(object ?? "");
    damaged.writeUInt8(damaged.readUInt8(100) ^ 1, 100);
    store.objects.set(pack, damaged);
    const repository = await Repository.open({ storage: storageOf(store), encryption: { key } }, { clock });
    expect((await repository.verify({ level: "data" })).isHealthy).toBe(false);
    expect((await policy.checkAlerts()).raised).toMatchObject([{ condition: "repository-damaged", severity: "error" }]);
    expect(take()).toEqual(["alert:raised [holdfast] gold: the repository is damaged (memory)"]);
  });

  it("cost no run anything where they cannot be looked at", async () => {
    const policy = await newProcess();
    store.onPut = (name) => {
      if (name.endsWith("/alerts")) throw new ProviderError("no", { code: "AccessDenied", service: "s3", operation: "PutObject" });
    };
    breaking("i-a");
    const types: string[] = [];
    try {
      for await (const event of policy.run()) types.push(event.type);
    } catch (error) {
      expect(error).toMatchObject({ code: "ResourcesFailed" });
    }
    expect(types).toContain("alert:unchecked");
  });
});
