import { beforeEach, describe, expect, it } from "vitest";
import { key, storageOf, textBlock } from "../../../test/support/backup-world.js";
import { ManualClock } from "../../../test/support/manual-clock.js";
import { MemoryCloud } from "../../../test/support/memory-cloud.js";
import { MemoryObjectStore } from "../../../test/support/memory-object-store.js";
import { Repository } from "../../repository/repository.js";
import type { PolicyOptions } from "../policy-options.js";
import { Policy } from "../policy.js";
import type { ComplianceOptions } from "./compliance-options.js";

let clock: ManualClock;
let cloud: MemoryCloud;
let repository: Repository;
const hourMs = 3_600_000;
const resource = "111122223333/eu-west-1/i-a";

beforeEach(async () => {
  clock = new ManualClock();
  cloud = new MemoryCloud(clock);
  repository = await Repository.create({ storage: storageOf(new MemoryObjectStore({ versions: true, locks: true, clock })), encryption: { key }, immutability: { mode: "GOVERNANCE", periodDays: 20 } }, { clock });
  cloud.addVolume("vol-a").blocks.set(0, textBlock("a"));
  cloud.addInstance("i-a", ["vol-a"], { tags: { backup: "gold" } });
});

function policyOf(options: Partial<PolicyOptions> = {}): Policy {
  return new Policy({ name: "gold", account: cloud, include: [{ tag: { backup: "gold" } }], backup: { repository }, retries: 0, ...options }, { clock });
}

/** Which controls are met, by subject. */
async function met(policy: Policy, controls: ComplianceOptions): Promise<Record<string, boolean>> {
  const { findings, isCompliant } = await policy.compliance({ controls });
  expect(isCompliant).toBe(findings.every(({ isMet }) => isMet));
  for (const { isMet, evidence, remedy } of findings) expect([evidence.length > 10, remedy !== undefined]).toEqual([true, !isMet]);
  return Object.fromEntries(findings.map(({ control, subject, isMet }) => [`${control} ${subject}`, isMet]));
}

describe("compliance", () => {
  it("knows what no policy protects, and what another one does", async () => {
    cloud.addVolume("vol-b");
    const gold = policyOf();
    expect(await met(gold, { protectEverything: true })).toEqual({ "protectEverything 111122223333/eu-west-1/vol-b": false });
    const silver = policyOf({ name: "silver", include: [{ volume: "vol-b" }] });
    expect((await gold.compliance({ controls: { protectEverything: true }, others: [silver] })).isCompliant).toBe(true);
  });

  it("judges points by their age and the gaps between them", async () => {
    const policy = policyOf();
    const controls = { newestPointWithinHours: 24, pointEveryHours: 24 };
    expect(await met(policy, controls)).toEqual({ [`newestPointWithinHours ${resource}`]: false, [`pointEveryHours ${resource}`]: false });
    for (let day = 0; day < 3; day++) {
      await policy.run();
      clock.advance(24 * hourMs);
    }
    expect(await met(policy, controls)).toEqual({ [`newestPointWithinHours ${resource}`]: true, [`pointEveryHours ${resource}`]: true });
    clock.advance(24 * hourMs);
    await policy.run();
    expect(await met(policy, controls)).toEqual({ [`newestPointWithinHours ${resource}`]: true, [`pointEveryHours ${resource}`]: false });
    const [, gap] = (await policy.compliance({ controls })).findings;
    expect(gap?.evidence).toContain("48.0 hours, from 2026-11-26T02:00:00.000Z");
    // a gap of long ago is over
    for (let day = 0; day < 31; day++) {
      clock.advance(24 * hourMs);
      await policy.run();
    }
    expect(await met(policy, controls)).toEqual({ [`newestPointWithinHours ${resource}`]: true, [`pointEveryHours ${resource}`]: true });
  });

  it("judges how long points are kept by what is there and by the rules, not by the newest's privilege", async () => {
    const byRules = async (retention: PolicyOptions["backup"]["retention"], keepDays: number): Promise<boolean> => (await policyOf({ backup: { repository, retention } }).compliance({ controls: { keepDays } })).isCompliant;
    await policyOf().run();
    expect(await byRules(undefined, 3_650)).toBe(true);
    expect(await byRules({ yearly: 1 }, 300)).toBe(true);
    expect(await byRules({ daily: 7 }, 30)).toBe(false);
    expect(await byRules({ count: 3 }, 30)).toBe(false);
    clock.advance(30 * 24 * hourMs);
    expect(await byRules({ count: 3 }, 30)).toBe(true);
  });

  it("judges encryption and immutability by what the repository is", async () => {
    await policyOf().run();
    expect(await met(policyOf(), { encrypted: true, immutableDays: 20 })).toEqual({ "encrypted memory": true, [`immutableDays ${resource}`]: true });
    expect(await met(policyOf(), { immutableDays: 60 })).toEqual({ [`immutableDays ${resource}`]: false });
    const open = await Repository.create({ storage: storageOf(new MemoryObjectStore()), encryption: "none" }, { clock });
    const policy = policyOf({ backup: { repository: open } });
    await policy.run();
    expect(await met(policy, { encrypted: true, immutableDays: 1 })).toEqual({ "encrypted memory": false, [`immutableDays ${resource}`]: false });
  });

  it("counts whole replicas in other regions, and verified restores, and says where there are none", async () => {
    const policy = policyOf({ replicas: [{ region: "eu-north-1", keep: 1 }] });
    const controls = { copyInOtherRegionWithinHours: 24, verifiedRestoreWithinDays: 30 };
    await policy.run();
    expect(await met(policy, controls)).toEqual({ [`copyInOtherRegionWithinHours ${resource}`]: true, [`verifiedRestoreWithinDays ${resource}`]: false });
    clock.advance(25 * hourMs);
    expect(await met(policy, { copyInOtherRegionWithinHours: 24 })).toEqual({ [`copyInOtherRegionWithinHours ${resource}`]: false });
    expect((await policy.compliance({ controls })).findings[1]?.evidence).toBe("No verified restore is recorded.");
    expect((await policyOf().compliance({ controls: { copyInOtherRegionWithinHours: 24 } })).findings[0]?.remedy).toContain("replicas");
  });

  it("is told as events and an alert after each run, and stands in the report of coverage", async () => {
    const policy = policyOf({ compliance: { immutableDays: 60, encrypted: true } });
    const events: string[] = [];
    for await (const event of policy.run()) if (event.type.startsWith("compliance:") || event.type.startsWith("alert:")) events.push(event.type);
    expect(events).toEqual(["compliance:broken", "compliance:evaluated", "alert:raised"]);
    expect(await policy.alerts()).toMatchObject([{ condition: "not-compliant", subject: `immutableDays: ${resource}` }]);
    const report = await policy.coverageReport();
    expect(report).toContain("not all controls are met");
    expect(report.indexOf("Immutable")).toBeLessThan(report.indexOf("Encrypted"));
  });

  it("judges nothing where no control is named, and says so: neither here, nor after a run of which only others can judge the control", async () => {
    await expect(policyOf().compliance()).rejects.toMatchObject({ code: "InvalidOption", message: expect.stringMatching(/^controls: is needed: policy gold has no option compliance/) as string });
    await expect(policyOf().compliance({ controls: {} })).rejects.toThrow("controls: must name a control, one or more of protectEverything, pointEveryHours,");
    expect(() => policyOf({ compliance: { encrypted: undefined } })).toThrow("compliance: must name a control,");
    const types: string[] = [];
    for await (const { type } of policyOf({ compliance: { protectEverything: true } }).run()) types.push(type);
    expect(types.filter((type) => type.startsWith("compliance:"))).toEqual([]);
  });

  it("is not met where the policy selects nothing that is there", async () => {
    expect(await met(policyOf({ include: [{ tag: { backup: "silver" } }] }), { newestPointWithinHours: 24, encrypted: true })).toEqual({ "encrypted memory": true, "newestPointWithinHours gold": false });
  });

  it("refuses controls that are none, by path", async () => {
    expect(() => policyOf({ compliance: { immutableDays: 0 } })).toThrow("compliance.immutableDays: must be a whole number from 1 to 36500. It is 0.");
    await expect(policyOf().compliance({ controls: { immutable: true } as object })).rejects.toThrow("controls.immutable: is not known in controls; the options are protectEverything, pointEveryHours,");
  });
});
