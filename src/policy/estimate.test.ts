import { beforeEach, describe, expect, it } from "vitest";
import { inspect } from "node:util";
import { key, noiseBlock, storageOf } from "../../test/support/backup-world.js";
import { ManualClock } from "../../test/support/manual-clock.js";
import { MemoryCloud } from "../../test/support/memory-cloud.js";
import { MemoryObjectStore } from "../../test/support/memory-object-store.js";
import type { ObjectPlace, ObjectStorage } from "../ports/index.js";
import { awsListPrices, type AwsPrices } from "../prices/aws-prices.js";
import { Repository } from "../repository/repository.js";
import { WorkerPool, type Workers } from "../workers/index.js";
import type { CostItem, PolicyEstimate } from "./estimate/policy-estimate.js";
import type { PolicyOptions } from "./policy-options.js";
import { Policy } from "./policy.js";

const dayMs = 86_400_000;
const gib = 2 ** 30;
let clock: ManualClock;
let cloud: MemoryCloud;
let repository: Repository;

beforeEach(async () => {
  clock = new ManualClock();
  cloud = new MemoryCloud(clock);
  repository = await Repository.create({ storage: inRegion("eu-west-1"), encryption: { key } }, { clock });
});

/** In memory, as if it lay in a bucket of a region. */
function inRegion(region: string): ObjectStorage {
  return { ...storageOf(new MemoryObjectStore()), place: { region } as ObjectPlace };
}

function newPolicy(options: Partial<PolicyOptions> = {}): Policy {
  return new Policy({ name: "gold", account: cloud, include: [{ all: true }], backup: { repository, auditBlocks: 0 }, workers: WorkerPool.inProcess({ threads: 0 }), schedule: { daily: { hours: [2] } }, ...options }, { clock });
}

function quantity({ months }: PolicyEstimate, item: CostItem, month = 0): number {
  return (months[month]?.lines ?? []).filter((line) => line.item === item).reduce((sum, line) => sum + line.quantity, 0);
}

describe("the estimate of a policy that has never run", () => {
  it("goes by what is assumed or given, says so, and adds up by hand", async () => {
    cloud.addVolume("vol-a1", { sizeGib: 100 });
    const estimate = await newPolicy({ snapshots: { keep: 3 }, replicas: [{ region: "eu-north-1", keep: 1 }] }).estimate({ months: 2, assumptions: { dataShare: 0.5, dailyChange: 0.1, storedShare: 0.4, freedShare: 1 } });
    // from 24 November, 02:00: 30 runs up to 24 December, 02:00, of which the first reads 50 GiB and each other one 5
    expect(estimate.months.map(({ from, to, runs }) => [from, to, runs])).toEqual([
      ["2026-11-24T02:00:00.000Z", "2026-12-24T02:00:00.000Z", 30],
      ["2026-12-24T02:00:00.000Z", "2027-01-24T02:00:00.000Z", 31],
    ]);
    expect(quantity(estimate, "ebs-gets")).toBeCloseTo((50 + 29 * 5) * 2_048, 6);
    expect(quantity(estimate, "ebs-gets", 1)).toBeCloseTo(31 * 5 * 2_048, 6);
    expect(quantity(estimate, "transfer")).toBeCloseTo(50 + 29 * 5, 6);
    // the first run is after a day: 50 GiB, then 5 more from the second on, 10 from the third
    expect(quantity(estimate, "snapshot-storage")).toBeCloseTo((29 * 50 + 28 * 5 + 27 * 5) / 30, 6);
    expect(quantity(estimate, "replica-storage")).toBeCloseTo((29 * 50) / 30, 6);
    const data = (29 * 20 + ((28 * 29) / 2) * 2) / 30;
    expect(quantity(estimate, "repository-storage")).toBeGreaterThan(data);
    expect(quantity(estimate, "repository-storage")).toBeLessThan(data * 1.001);
    for (const { lines, usd } of estimate.months) {
      for (const line of lines) expect(line.usd).toBe(Math.round(line.quantity * (line.usdPerUnit ?? 0) * 1e6) / 1e6);
      expect(usd).toBeCloseTo(lines.reduce((sum, line) => sum + line.usd, 0), 9);
    }
    expect(Object.fromEntries(estimate.assumptions.map(({ name, source }) => [name, source.split(":")[0]]))).toMatchObject({ dataShare: "given", dailyChange: "given", freedShare: "given", requests: "assumed" });
    expect(estimate.prices).toEqual([
      { region: "us-east-1", asOf: "2025-01", standsFor: "eu-north-1" },
      { region: "eu-west-1", asOf: "2025-01" },
    ]);
    expect(JSON.parse(JSON.stringify(estimate))).toEqual(estimate);
    expect(inspect(estimate)).toMatch(/^Estimate of policy gold.*1 resources, \$.* in 2 months\n {2}first month/);
  });

  it("counts snapshots and replicas that wait for the end of their locks", async () => {
    cloud.addVolume("vol-a1", { sizeGib: 100 });
    const lock = { mode: "governance", days: 4 } as const;
    const estimate = await newPolicy({ snapshots: { keep: 1, lock }, replicas: [{ region: "eu-north-1", keep: 2, lock: { ...lock, days: 1 } }] }).estimate({ months: 1, assumptions: { dataShare: 0.5, dailyChange: 0.1 } });
    // after the first run, a day from now, 50 GiB, then 5 more for each further one, up to five of snapshots and two of replicas
    expect(quantity(estimate, "snapshot-storage")).toBeCloseTo((29 * 50 + (1 + 2 + 3 + 25 * 4) * 5) / 30, 6);
    expect(quantity(estimate, "replica-storage")).toBeCloseTo((29 * 50 + 28 * 5) / 30, 6);
  });

  it("takes worker hours by the type of each profile, endpoints by the hour, and names what has no price", async () => {
    cloud.addVolume("vol-a1", { sizeGib: 100 });
    const machineFor: Workers["machineFor"] = () => ({ instanceType: "c9.huge", endpoints: 4, hasEndpoints: true, usesKms: true });
    const workers: Workers = Object.assign(WorkerPool.inProcess(), { machineFor });
    const policy = newPolicy({ workers });
    const given = { months: 1, assumptions: { dataShare: 0.5, dailyChange: 0.1, workerMibPerSecond: 100, workerStartMinutes: 3 } };
    const estimate = await policy.estimate(given);
    expect(quantity(estimate, "worker-hours")).toBeCloseTo((30 * 3) / 60 + ((50 + 29 * 5) * 1_024) / 100 / 3_600, 6);
    expect(quantity(estimate, "endpoint-hours")).toBe(4 * 30 * 24);
    expect(quantity(estimate, "endpoint-data")).toBeCloseTo(50 + 29 * 5, 6);
    expect(quantity(estimate, "kms-requests")).toBe(60);
    expect(estimate.unpriced).toEqual(["worker-hours eu-west-1 c9.huge"]);
    const [ireland] = awsListPrices.filter(({ region }) => region === "eu-west-1");
    const prices: AwsPrices[] = [{ ...(ireland as AwsPrices), asOf: "2026-11", instances: { "c9.huge": 2 } }];
    const priced = await policy.estimate({ ...given, prices });
    expect(priced.unpriced).toEqual([]);
    expect(priced.prices).toEqual([{ region: "eu-west-1", asOf: "2026-11" }]);
    expect(priced.months[0]?.lines.find(({ item }) => item === "worker-hours")).toMatchObject({ usdPerUnit: 2, detail: "c9.huge" });
  });

  it.each([
    [{ months: 0 }, "months"],
    [{ assumptions: { dataShare: 2 } }, "assumptions.dataShare"],
    [{ assumptions: { speed: 2 } }, "assumptions"],
    [{ prices: [{ region: "eu-west-1" }] }, "prices[0]"],
    [{ year: 1 }, "year"],
  ])("refuses %j", async (options, path) => {
    await expect(newPolicy().estimate(options as never)).rejects.toMatchObject({ name: "ConfigurationError", message: expect.stringContaining(path) as string });
  });
});

describe("the estimate of a policy that has run", () => {
  it("goes by what its runs measured, and says beside it what they cost", async () => {
    const { blocks } = cloud.addVolume("vol-a1");
    for (let block = 0; block < 10; block++) blocks.set(block, noiseBlock());
    const policy = newPolicy({ backup: { repository, auditBlocks: 0, retention: { daily: 3 } } });
    for (let day = 0; day < 5; day++) {
      blocks.set(day, noiseBlock()).set(day + 1, noiseBlock());
      await policy.run();
      clock.advance(dayMs);
    }
    const estimate = await policy.estimate({ months: 1 });
    expect(quantity(estimate, "ebs-gets")).toBe(estimate.months[0]!.runs * 2);
    expect(estimate.lastRuns.map(({ lines }) => lines.find(({ item }) => item === "ebs-gets")?.quantity)).toEqual([10, 2, 2, 2, 2]);
    const puts = (lines: PolicyEstimate["lastRuns"][number]["lines"]): number => lines.filter(({ item }) => item === "s3-puts").reduce((sum, line) => sum + line.quantity, 0);
    expect(quantity(estimate, "s3-puts") / estimate.months[0]!.runs).toBeCloseTo(puts(estimate.lastRuns.at(-1)!.lines), 6);
    expect(estimate.assumptions.find(({ name }) => name === "storedShare")?.source).toMatch(/^measured/);
    expect(quantity(estimate, "snapshot-storage")).toBeCloseTo((10 * 524_288) / gib, 9);
  });
});
