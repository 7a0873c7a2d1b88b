import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { key, storageOf, textBlock } from "../../test/support/backup-world.js";
import { MemoryCloud } from "../../test/support/memory-cloud.js";
import { MemoryObjectStore } from "../../test/support/memory-object-store.js";
import type { Clock } from "../ports/index.js";
import { Repository } from "../repository/repository.js";
import { FakeClock } from "../testing/fake-clock.js";
import type { PolicyOptions } from "./policy-options.js";
import { Policy } from "./policy.js";

const hourMs = 3_600_000;
const yearsMs = 10 * 365 * 24 * hourMs;

/** A clock that can be wrong, on a machine whose time goes by all the same. */
class WrongClock implements Clock {
  readonly real = new FakeClock({ startAt: new Date("2026-03-01T12:00:00Z") });
  aheadMs = 0;

  now(): Date {
    return new Date(this.real.now().getTime() + this.aheadMs);
  }

  monotonicMs(): number {
    return this.real.monotonicMs();
  }

  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    await this.real.sleep(ms, signal);
  }
}

let clock: WrongClock;
let cloud: MemoryCloud;
let store: MemoryObjectStore;
let repository: Repository;
let started: Policy[];
let starts: string[];
let running: number;

beforeEach(async () => {
  clock = new WrongClock();
  cloud = new MemoryCloud(clock);
  started = [];
  starts = [];
  running = 0;
  store = new MemoryObjectStore();
  repository = await Repository.create({ storage: storageOf(store), encryption: { key } }, { clock });
  cloud.addVolume("vol-a", { tags: { backup: "gold" } }).blocks.set(0, textBlock("a"));
});
afterEach(async () => {
  for (const policy of started) await policy.stop({ abort: true });
});

function newPolicy(options: Partial<PolicyOptions> = {}): Policy {
  return new Policy({ name: "gold", account: cloud, include: [{ tag: { backup: "gold" } }], schedule: { daily: { hours: [2] } }, backup: { repository, auditBlocks: 0 }, retries: 0, ...options }, { clock });
}

/** Runs a policy while the clock is ten years ahead. */
async function runAhead(policy: Policy): Promise<void> {
  clock.aheadMs = yearsMs;
  await policy.run();
  clock.aheadMs = 0;
}

function start(policy: Policy): void {
  started.push(policy);
  policy.start({
    onSession: (session) => {
      starts.push(session.startedAt.toISOString().slice(0, 13));
      running++;
      const end = (): void => {
        running--;
      };
      session.then(end, end);
    },
  });
}

async function pass(ms: number): Promise<void> {
  for (let left = ms; left > 0; left -= hourMs / 2) {
    await clock.real.advance(Math.min(hourMs / 2, left));
    for (let turn = 0; turn < 3 || running > 0; turn++) await new Promise((resolve) => setTimeout(resolve, 0));
  }
}

describe("a clock that was years ahead and is right again", () => {
  it("keeps no policy that is started then from its runs", async () => {
    await runAhead(newPolicy());
    start(newPolicy());
    await pass(40 * hourMs);
    expect(starts).toEqual(["2026-03-02T02", "2026-03-03T02"]);
  });

  it("keeps no policy that was started before from its runs", async () => {
    start(newPolicy());
    await pass(2 * hourMs);
    clock.aheadMs = yearsMs;
    await pass(2 * hourMs);
    clock.aheadMs = 0;
    await pass(36 * hourMs);
    expect(starts).toEqual([expect.stringMatching(/^2036/) as string, "2026-03-02T02", "2026-03-03T02"]);
  });

  it("leaves no lease that outlasts its process by years", async () => {
    clock.aheadMs = yearsMs;
    const crashed = await repository.history.beginRun({ policy: "gold", session: "0".repeat(32), startedAt: clock.now() });
    clock.aheadMs = 0;
    await expect(newPolicy().run()).resolves.toMatchObject({ resources: [{ outcome: "succeeded" }] });
    await crashed.end({ state: "failed", events: [] }, { keepDays: 1 });
  });

  it("hides neither that runs are missed nor that points grow old", async () => {
    const policy = newPolicy({ alerts: { pointOlderThanHours: 24 }, compliance: { newestPointWithinHours: 24, pointEveryHours: 24 } });
    await runAhead(policy);
    await policy.run();
    await pass(60 * hourMs);
    const { standing } = await policy.checkAlerts();
    expect(standing.map(({ condition }) => condition).sort()).toEqual(["not-compliant", "not-compliant", "point-too-old", "run-missed"]);
  });

  it("hides no damage that a verification finds", async () => {
    const policy = newPolicy();
    await policy.run();
    clock.aheadMs = yearsMs;
    expect((await repository.verify({ level: "presence" })).isHealthy).toBe(true);
    clock.aheadMs = 0;
    for (const name of [...store.objects.keys()]) if (name.startsWith("packs/")) store.objects.delete(name);
    expect((await repository.verify({ level: "presence" })).isHealthy).toBe(false);
    expect((await repository.history.newestOfKind("verification"))?.result).toMatchObject({ isHealthy: false });
  });
});
