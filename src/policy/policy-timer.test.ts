import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { key, storageOf, textBlock } from "../../test/support/backup-world.js";
import { MemoryCloud } from "../../test/support/memory-cloud.js";
import { MemoryObjectStore } from "../../test/support/memory-object-store.js";
import { ProviderError } from "../errors/index.js";
import { Repository } from "../repository/repository.js";
import { FakeClock } from "../testing/fake-clock.js";
import type { PolicyOptions } from "./policy-options.js";
import { Policy } from "./policy.js";

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
let clock: FakeClock;
let cloud: MemoryCloud;
let store: MemoryObjectStore;
let started: Policy[];
let starts: string[];
let errors: unknown[];
/** Runs that work on: the time stands still meanwhile, unless a run itself waits for it. */
let running: number;
let doesRunSleep: boolean;

beforeEach(async () => {
  clock = new FakeClock({ startAt: new Date("2026-03-01T12:00:00Z") });
  cloud = new MemoryCloud(clock);
  store = new MemoryObjectStore();
  started = [];
  starts = [];
  errors = [];
  running = 0;
  doesRunSleep = false;
  await Repository.create({ storage: storageOf(store), encryption: { key } }, { clock });
  for (const id of ["a", "b"]) {
    cloud.addVolume(`vol-${id}1`, { tags: { backup: "gold" } }).blocks.set(0, textBlock(id));
  }
});
afterEach(async () => {
  for (const policy of started) await policy.stop({ abort: true });
});

async function newPolicy(options: Partial<PolicyOptions> = {}): Promise<Policy> {
  const repository = await Repository.open({ storage: storageOf(store), encryption: { key } }, { clock });
  return new Policy({ name: "gold", account: cloud, include: [{ tag: { backup: "gold" } }], schedule: { daily: { hours: [2] } }, backup: { repository, auditBlocks: 0 }, retries: 0, ...options }, { clock });
}

function start(policy: Policy): void {
  started.push(policy);
  const onSession = (session: ReturnType<Policy["run"]>): void => {
    starts.push(session.startedAt.toISOString().slice(0, 13));
    running++;
    // how it ended, onError is told
    const end = (): void => {
      running--;
    };
    session.then(end, end);
  };
  policy.start({ onSession, onError: (error) => errors.push(error) });
}

async function settle(): Promise<void> {
  for (let turn = 0; turn < 3 || (running > 0 && !doesRunSleep); turn++) await new Promise((resolve) => setTimeout(resolve, 0));
}

/** Moves the time on in small steps, and lets everything that waits for real turns go on between them. */
async function pass(ms: number, stepMs = 10 * minuteMs): Promise<void> {
  for (let left = ms; left > 0; left -= stepMs) {
    await clock.advance(Math.min(stepMs, left));
    await settle();
  }
}

describe("a policy that is started", () => {
  it("runs when its schedule says, until it is stopped", async () => {
    const policy = await newPolicy();
    start(policy);
    await pass(62 * hourMs);
    expect(starts).toEqual(["2026-03-02T02", "2026-03-03T02", "2026-03-04T02"]);
    expect(errors).toEqual([]);
    await policy.stop();
    await pass(24 * hourMs, hourMs);
    expect(starts).toHaveLength(3);
    expect(clock.sleepers).toBe(0);
  });

  it("runs once what was missed while no process did", async () => {
    await (await newPolicy()).run();
    await pass(60 * hourMs, hourMs);
    start(await newPolicy());
    // the repository is asked for the last run first
    while (starts.length === 0) await settle();
    await pass(hourMs);
    expect(starts).toEqual(["2026-03-04T00"]);
    await pass(2 * hourMs);
    expect(starts).toEqual(["2026-03-04T00", "2026-03-04T02"]);
  });

  it("is run by one of two processes alone", async () => {
    start(await newPolicy());
    start(await newPolicy());
    await pass(40 * hourMs);
    expect(cloud.count("snapshotVolume")).toBe(2 * 2);
    for (const error of errors) expect(error).toMatchObject({ code: "PolicyRunning" });
  });

  it("keeps to its retention for the points of resources that are gone, too", async () => {
    const policy = await newPolicy({ backup: { repository: await Repository.open({ storage: storageOf(store), encryption: { key } }, { clock }), retention: { count: 1 }, auditBlocks: 0 } });
    const plain = await newPolicy();
    for (let run = 0; run < 3; run++) {
      await clock.advance(hourMs);
      await plain.run();
    }
    cloud.in("eu-west-1").volumes.delete("vol-b1");
    start(policy);
    await pass(14 * hourMs);
    const points: string[] = [];
    const repository = await Repository.open({ storage: storageOf(store), encryption: { key } }, { clock });
    for await (const { resource, createdAt } of repository.restorePoints()) points.push(`${resource.split("/")[2] ?? ""} ${createdAt.toISOString().slice(0, 13)}`);
    expect(points.sort()).toEqual(["vol-a1 2026-03-02T02", "vol-b1 2026-03-01T15"]);
    expect(errors).toEqual([]);
  });

  it("goes on after a run that failed", async () => {
    cloud.onCall = (operation) => {
      if (operation === "snapshotVolume" && clock.now() < new Date("2026-03-02T12:00:00Z")) throw new ProviderError("CreateSnapshot is denied.", { code: "AccessDenied", service: "ec2", operation });
    };
    start(await newPolicy());
    await pass(40 * hourMs);
    expect(starts).toEqual(["2026-03-02T02", "2026-03-03T02"]);
    expect(errors).toMatchObject([{ code: "ResourcesFailed" }]);
  });

  it("is stopped when its window closes, and goes on with the rest when it opens again", async () => {
    doesRunSleep = true;
    let slow = 0;
    cloud.onCall = async (operation, id) => {
      // the second volume's snapshot is not done on the first night
      if (operation === "waitForSnapshot" && ++slow === 2) await clock.sleep(10 * hourMs);
      if (operation === "snapshotVolume") starts.push(id);
    };
    start(await newPolicy({ schedule: { daily: { hours: [2] }, window: { from: "01:00", to: "04:00" } }, parallel: 1 }));
    await pass(38 * hourMs);
    expect(errors).toMatchObject([{ code: "WindowClosed" }]);
    expect(starts.slice(0, 5)).toEqual(["2026-03-02T02", "vol-a1", "vol-b1", "2026-03-03T01", "vol-b1"]);
  });

  it("goes on with the rest when its window opens again also where another process has taken over, and with all of it where that comes too late", async () => {
    doesRunSleep = true;
    let isSlow = true;
    cloud.onCall = async (operation, id) => {
      if (isSlow && operation === "waitForSnapshot" && cloud.count("waitForSnapshot") === 2) await clock.sleep(10 * hourMs);
      if (operation === "snapshotVolume") starts.push(id);
    };
    const options: Partial<PolicyOptions> = { schedule: { daily: { hours: [2] }, window: { from: "01:00", to: "04:00" } }, parallel: 1 };
    const first = await newPolicy(options);
    start(first);
    await pass(26 * hourMs);
    await first.stop({ abort: true });
    isSlow = false;
    expect(starts).toEqual(["2026-03-02T02", "vol-a1", "vol-b1"]);
    const second = await newPolicy(options);
    start(second);
    await pass(11.5 * hourMs);
    expect(starts.slice(3)).toEqual(["2026-03-03T01", "vol-b1"]);
    await second.stop({ abort: true });

    // the same once more; then nobody runs it for two days
    const third = await newPolicy(options);
    cloud.calls.length = 0;
    isSlow = true;
    start(third);
    await pass(12 * hourMs);
    await third.stop({ abort: true });
    isSlow = false;
    await pass(48 * hourMs, hourMs);
    starts.length = 0;
    start(await newPolicy(options));
    await pass(14 * hourMs);
    expect(starts.slice(1, 3)).toEqual(["vol-a1", "vol-b1"]);
  });

  it("without a schedule, or twice, is refused", async () => {
    const policy = await newPolicy({ schedule: undefined });
    expect(() => policy.start()).toThrow("schedule: policy gold has none");
    expect(policy.next(3)).toEqual([]);
    const scheduled = await newPolicy();
    start(scheduled);
    expect(() => scheduled.start()).toThrow("started already");
    expect(scheduled.next(2).map(({ at }) => at.toISOString())).toEqual(["2026-03-02T02:00:00.000Z", "2026-03-03T02:00:00.000Z"]);
  });
});
