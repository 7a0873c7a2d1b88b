import { beforeEach, describe, expect, it } from "vitest";
import { key, storageOf, textBlock } from "../../../test/support/backup-world.js";
import { MemoryCloud } from "../../../test/support/memory-cloud.js";
import { MemoryObjectStore } from "../../../test/support/memory-object-store.js";
import { Repository } from "../../repository/repository.js";
import { FakeClock } from "../../testing/fake-clock.js";
import type { PolicyOptions } from "../policy-options.js";
import { Policy } from "../policy.js";
import type { PolicyVerification } from "./verify-policy.js";

const hourMs = 3_600_000;
let clock: FakeClock;
let cloud: MemoryCloud;
let store: MemoryObjectStore;
let repository: Repository;

beforeEach(async () => {
  clock = new FakeClock({ startAt: new Date("2026-03-01T12:00:00Z") });
  cloud = new MemoryCloud(clock);
  store = new MemoryObjectStore();
  for (const id of ["a", "b"]) cloud.addVolume(`vol-${id}1`, { tags: { backup: "gold" } }).blocks.set(0, textBlock(id));
  repository = await Repository.create({ storage: storageOf(store), encryption: { key } }, { clock });
});

function newPolicy(options: Partial<PolicyOptions> = {}): Policy {
  return new Policy({ name: "gold", account: cloud, include: [{ tag: { backup: "gold" } }], backup: { repository, auditBlocks: 0 }, verify: {}, retries: 0, ...options }, { clock });
}

async function verificationsOf(): Promise<number[]> {
  const counts: number[] = [];
  for await (const point of repository.restorePoints()) {
    let count = 0;
    for await (const { isVerified } of point.verifications()) count += isVerified ? 1 : 100;
    counts.push(count);
  }
  return counts.sort();
}

describe("a policy's verified restores", () => {
  it("try out the newest point of each resource, and are recorded beside the policy's runs", async () => {
    const policy = newPolicy();
    await policy.run();
    await clock.advance(hourMs);
    await policy.run();
    const { points } = await policy.verify();
    expect(points.map(({ isVerified }) => isVerified)).toEqual([true, true]);
    expect(await verificationsOf()).toEqual([0, 0, 1, 1]);
    const records = [];
    for await (const record of repository.sessions({ policy: "gold#verify" })) records.push(record);
    expect(records).toMatchObject([{ state: "succeeded", result: { policy: "gold" } }]);
    expect(records[0]!.events.map(({ type }) => type)).toEqual(["session:started", "point:started", "point:verified", "point:started", "point:verified", "session:ended"]);
  });

  it("tell which points did not stand the test, and try the others all the same", async () => {
    const policy = newPolicy();
    await policy.run();
    const [name, body] = [...store.objects].find(([object]) => object.startsWith("packs/"))!;
    expect(name).toBeTruthy();
    body.writeUInt8(body.readUInt8(100) ^ 1, 100);
    const error: unknown = await policy.verify().catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ name: "PartialFailureError", code: "PointsNotVerified", failures: [{ error: { message: expect.stringContaining("damaged") as string } }], completed: [expect.any(String)] });
  });

  it("run by a schedule of their own, with or without one of the policy's", async () => {
    await newPolicy().run();
    const policy = newPolicy({ verify: { schedule: { weekly: { on: "sunday", at: "04:00" } }, blocks: "all" } });
    const found: Promise<PolicyVerification>[] = [];
    policy.start({ onVerification: (session) => found.push(session.then((result) => result)) });
    await clock.advance(6 * 24 * hourMs);
    expect(found).toHaveLength(0);
    for (let hour = 0; hour < 30 && found.length === 0; hour++) {
      await clock.advance(hourMs);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect((await found[0])!.startedAt.slice(0, 13)).toBe("2026-03-08T04");
    await policy.stop();
    expect(await verificationsOf()).toEqual([1, 1]);
  });

  it("are part of the policy's JSON, and checked by their path", async () => {
    const policy = newPolicy({ verify: { schedule: { monthly: { on: 1, at: "03:00" } }, boot: { console: "login:", timeoutSeconds: 60 } } });
    const document = policy.toJSON({ accounts: { main: cloud }, repositories: { store: repository } });
    expect(document.verify).toEqual({ schedule: { monthly: { on: 1, at: "03:00" } }, boot: { console: "login:", timeoutSeconds: 60 } });
    expect(Policy.fromJSON(document, { accounts: { main: cloud }, repositories: { store: repository } }).toJSON({ accounts: { main: cloud }, repositories: { store: repository } })).toEqual(document);
    expect(() => newPolicy({ verify: { ...({ files: [] } as object) } })).toThrow("verify.files");
    expect(() => newPolicy({ verify: undefined }).verify()).toThrow(expect.objectContaining({ context: { path: "verify" } }));
    expect(() => newPolicy().start()).toThrow(expect.objectContaining({ context: { path: "schedule" } }));
    await Promise.resolve();
  });
});
