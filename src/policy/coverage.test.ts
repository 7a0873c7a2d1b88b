import { beforeEach, describe, expect, it } from "vitest";
import { textBlock } from "../../test/support/backup-world.js";
import type { ManualClock } from "../../test/support/manual-clock.js";
import type { MemoryCloud } from "../../test/support/memory-cloud.js";
import { makePolicyBed } from "../../test/support/policy-bed.js";
import type { Repository } from "../repository/repository.js";
import type { PolicyOptions } from "./policy-options.js";
import { Policy } from "./policy.js";

let clock: ManualClock;
let cloud: MemoryCloud;
let repository: Repository;
const place = "111122223333/eu-west-1";

beforeEach(async () => {
  ({ clock, cloud, repository } = await makePolicyBed());
  for (const id of ["a", "b", "c"]) {
    cloud.addVolume(`vol-${id}1`, { tags: { letter: id } }).blocks.set(0, textBlock(id));
    cloud.addInstance(`i-${id}`, [`vol-${id}1`], { tags: { backup: id === "c" ? "none" : "gold", Name: `server ${id}`, letter: id } });
  }
  cloud.addVolume("vol-d");
  cloud.addVolume("vol-e", { region: "eu-north-1" });
});

function newPolicy(options: Partial<PolicyOptions> = {}): Policy {
  return new Policy({ name: "gold", account: cloud, include: [{ tag: { backup: "gold" } }], backup: { repository }, ...options }, { clock });
}
const selected = async (options: Partial<PolicyOptions>): Promise<string[]> => (await newPolicy(options).plan()).resources.map(({ resource }) => resource.slice(resource.indexOf("/") + 1));

describe("selection", () => {
  it("takes all, a region, an account, and any of several tags", async () => {
    const regions = ["eu-west-1", "eu-north-1"];
    const all = ["eu-west-1/i-a", "eu-west-1/i-b", "eu-west-1/i-c", "eu-west-1/vol-d", "eu-north-1/vol-e"];
    expect(await selected({ regions, include: [{ all: true }] })).toEqual(all);
    expect(await selected({ regions, include: [{ account: "111122223333" }] })).toEqual(all);
    expect(await selected({ regions, include: [{ account: "999900001111" }] })).toEqual([]);
    expect(await selected({ regions, include: [{ region: "eu-north-1" }] })).toEqual(["eu-north-1/vol-e"]);
    expect(await selected({ include: [{ anyTag: { letter: "a", backup: "none" } }] })).toEqual(["eu-west-1/i-a", "eu-west-1/i-c"]);
    expect(await selected({ include: [{ tag: { letter: "a", backup: "none" } }] })).toEqual([]);
  });

  it("leaves out by the same, and finds a new resource at the next run", async () => {
    const regions = ["eu-west-1", "eu-north-1"];
    expect(await selected({ regions, include: [{ all: true }], exclude: [{ region: "eu-north-1" }, { anyTag: { letter: "a", backup: "none" } }] })).toEqual(["eu-west-1/i-b", "eu-west-1/vol-d"]);
    expect(await selected({ regions, include: [{ all: true }], exclude: [{ account: "111122223333" }] })).toEqual([]);
    const policy = newPolicy();
    await policy.run();
    cloud.addVolume("vol-f1");
    cloud.addInstance("i-f", ["vol-f1"], { tags: { backup: "gold" } });
    expect((await policy.run()).resources.map(({ resource }) => resource)).toContain(`${place}/i-f`);
  });
});

describe("the report of what no policy protects", () => {
  it("names each instance and volume, with the reason", async () => {
    const policy = newPolicy({ exclude: [{ instance: "i-b" }] });
    expect(await policy.unprotected()).toEqual([
      { resource: `${place}/i-b`, kind: "instance", name: "server b", reason: 'excluded by exclude[0] {"instance":"i-b"} of policy gold' },
      { resource: `${place}/i-c`, kind: "instance", name: "server c", reason: "no policy selects it" },
      { resource: `${place}/vol-b1`, kind: "volume", reason: "no policy selects it" },
      { resource: `${place}/vol-c1`, kind: "volume", reason: "no policy selects it" },
      { resource: `${place}/vol-d`, kind: "volume", reason: "no policy selects it" },
    ]);
    const others = [newPolicy({ name: "silver", include: [{ all: true }], exclude: [{ volume: "vol-c1" }] })];
    expect(await policy.unprotected({ others })).toEqual([{ resource: `${place}/vol-c1`, kind: "volume", reason: 'excluded by exclude[0] {"volume":"vol-c1"} of policy silver' }]);
  });
});

describe("the report of orphaned points", () => {
  it("names those whose policy or resource is gone", async () => {
    const gold = newPolicy();
    const silver = newPolicy({ name: "silver", include: [{ instance: "i-c" }] });
    await gold.run();
    clock.advance(3_600_000);
    await gold.run();
    await silver.run();
    expect(await gold.orphans({ others: [silver] })).toEqual([]);
    cloud.in("eu-west-1").instances.delete("i-a");
    const orphans = await gold.orphans();
    expect(orphans.map(({ resource, policy, points, reason }) => [resource, policy, points, reason]).sort()).toEqual([
      [`${place}/i-a`, "gold", 2, "resource gone"],
      [`${place}/i-c`, "silver", 1, "policy gone"],
    ]);
    expect(orphans.every(({ newestAt }) => newestAt === "2026-11-24T03:00:00.000Z")).toBe(true);
  });
});
