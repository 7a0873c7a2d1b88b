import { beforeEach, describe, expect, it } from "vitest";
import { key, storageOf, textBlock } from "../../test/support/backup-world.js";
import type { ManualClock } from "../../test/support/manual-clock.js";
import type { MemoryCloud } from "../../test/support/memory-cloud.js";
import type { MemoryObjectStore } from "../../test/support/memory-object-store.js";
import { makePolicyBed } from "../../test/support/policy-bed.js";
import { ProviderError } from "../errors/index.js";
import type { SessionRecord } from "../repository/history/session-record.js";
import { Repository } from "../repository/repository.js";
import type { PolicyOptions } from "./policy-options.js";
import { Policy } from "./policy.js";

let clock: ManualClock;
let cloud: MemoryCloud;
let store: MemoryObjectStore;
const hourMs = 3_600_000;

beforeEach(async () => {
  ({ clock, cloud, store } = await makePolicyBed());
  cloud.addVolume("vol-a1").blocks.set(0, textBlock("boot"));
  cloud.addInstance("i-a", ["vol-a1"], { tags: { backup: "gold" } });
});

/** The policy as a process of its own has it. */
async function process(options: Partial<PolicyOptions> = {}): Promise<{ policy: Policy; repository: Repository }> {
  const repository = await Repository.open({ storage: storageOf(store), encryption: { key } }, { clock });
  return { repository, policy: new Policy({ name: "gold", account: cloud, include: [{ tag: { backup: "gold" } }], backup: { repository }, retries: 0, ...options }, { clock }) };
}

async function all(records: AsyncIterable<SessionRecord>): Promise<SessionRecord[]> {
  const found: SessionRecord[] = [];
  for await (const record of records) found.push(record);
  return found;
}

describe("the record of a run", () => {
  it("holds the result and the events, sealed, under the session's id, for every process", async () => {
    const { policy } = await process();
    const result = await policy.run();
    const { policy: other, repository } = await process();
    const [record, ...more] = await all(other.sessions());
    expect(more).toEqual([]);
    expect(record).toMatchObject({ session: result.session, policy: "gold", state: "succeeded", startedAt: result.startedAt });
    expect(record?.result).toEqual(result);
    expect(record?.events.map(({ type }) => type)).toEqual(expect.arrayContaining(["session:started", "selection:resolved", "snapshot:started", "point:committed", "resource:completed", "session:ended"]));
    expect(await all(repository.sessions())).toEqual([record]);
    for (const name of store.objects.keys()) expect((await store.get(name)).body.includes("i-a")).toBe(false);
  });

  it("says why a run failed, and which resources did", async () => {
    cloud.onCall = (operation) => {
      if (operation === "snapshotInstance") throw new ProviderError("CreateSnapshots is denied.", { code: "AccessDenied", service: "ec2", operation });
    };
    const { policy } = await process();
    await expect(policy.run()).rejects.toMatchObject({ code: "ResourcesFailed" });
    const [record] = await all(policy.sessions());
    expect(record).toMatchObject({ state: "failed", error: { name: "PartialFailureError", code: "ResourcesFailed" }, result: { resources: [{ outcome: "failed", error: { code: "AccessDenied" } }] } });
  });

  it("is closed as aborted where the run was", async () => {
    const stop = new AbortController();
    cloud.onCall = (operation) => {
      if (operation === "waitForSnapshot") stop.abort(new Error("enough"));
    };
    const { policy } = await process();
    await expect(policy.run({ signal: stop.signal })).rejects.toThrow("enough");
    expect(await all(policy.sessions())).toMatchObject([{ state: "aborted", error: { message: "enough" } }]);
    cloud.onCall = () => undefined;
    // the lease is given back: the next run need not wait for it to lapse
    await policy.run();
  });

  it("that cannot be closed is told as an event, and hinders no later run of the same process", async () => {
    const { policy } = await process();
    const put = store.put.bind(store);
    store.put = (name, ...rest) => (name.startsWith("runs/") && cloud.count("waitForSnapshot") === 1 ? Promise.reject(new ProviderError("The store does not answer.", { code: "NoAnswer", service: "s3", operation: "PutObject" })) : put(name, ...rest));
    const session = policy.run();
    const types: string[] = [];
    for await (const event of session) types.push(event.type);
    expect(types.at(-1)).toBe("session:unrecorded");
    expect((await session).resources).toMatchObject([{ outcome: "succeeded" }]);
    store.put = put;
    clock.advance(1);
    await policy.run();
    expect((await all(policy.sessions())).map(({ state }) => state)).toEqual(["crashed", "succeeded"]);
  });

  it("goes after its days, and the newest stays", async () => {
    const { policy } = await process({ sessions: { keepDays: 2 } });
    for (let day = 0; day < 5; day++) {
      await policy.run();
      clock.advance(24 * hourMs);
    }
    expect((await all(policy.sessions())).map(({ startedAt }) => startedAt.slice(0, 10))).toEqual(["2026-11-26", "2026-11-27", "2026-11-28"]);
    clock.advance(100 * 24 * hourMs);
    await policy.run();
    expect(await all(policy.sessions())).toHaveLength(1);
    expect(await all(policy.sessions({ since: new Date("2027-12-01") }))).toEqual([]);
  });
});

describe("a policy that another process runs", () => {
  it("is not run a second time until that run has ended", async () => {
    const { policy: one } = await process();
    const { policy: two } = await process();
    let second: Promise<unknown> | undefined;
    cloud.onCall = async (operation) => {
      if (operation !== "waitForSnapshot" || second !== undefined) return;
      second = two.run().then(() => "ran", (error: unknown) => error);
      await second;
    };
    await one.run();
    expect(await second).toMatchObject({ code: "PolicyRunning", retryable: true });
    expect(cloud.count("snapshotInstance")).toBe(1);
    await two.run();
    expect(cloud.count("snapshotInstance")).toBe(2);
  });

  it("is run once its lease has lapsed, and the record of the run that crashed is closed", async () => {
    const { policy: dying } = await process();
    const gone = new Promise<never>(() => undefined);
    let isDead: () => void = () => undefined;
    const dead = new Promise<void>((resolve) => (isDead = resolve));
    cloud.onCall = async (operation) => {
      if (operation !== "waitForSnapshot") return;
      isDead();
      await gone;
    };
    const crashed = dying.run();
    await dead;
    cloud.onCall = () => undefined;
    // the lease as it was when its process died: what this process renews later is undone
    const lease = [...store.objects.keys()].find((name) => /^runs\/[0-9a-f]{32}\/lease$/.test(name)) ?? "";
    const { body } = await store.get(lease);
    const { policy } = await process();
    await expect(policy.run()).rejects.toMatchObject({ code: "PolicyRunning" });
    expect(await all(policy.sessions())).toMatchObject([{ session: crashed.id, state: "running" }]);
    clock.advance(16 * 60_000);
    await new Promise((resolve) => setImmediate(resolve));
    await store.put(lease, body);
    // how far it had come it had written down meanwhile
    await expect.poll(async () => (await all(policy.sessions()))[0]?.events.map(({ type }) => type)).toEqual(["session:started", "selection:resolved", "resource:started", "snapshot:started"]);
    const { session } = await policy.run();
    expect(await all(policy.sessions())).toMatchObject([{ session: crashed.id, state: "crashed", events: { length: 4 } }, { session, state: "succeeded" }]);
  });
});
