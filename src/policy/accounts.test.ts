import { beforeEach, describe, expect, it } from "vitest";
import { key, noiseBlock, storageOf } from "../../test/support/backup-world.js";
import { ManualClock } from "../../test/support/manual-clock.js";
import { MemoryCloud } from "../../test/support/memory-cloud.js";
import { MemoryObjectStore } from "../../test/support/memory-object-store.js";
import { ProviderError } from "../errors/index.js";
import type { SessionRecord } from "../repository/history/session-record.js";
import { Repository } from "../repository/repository.js";
import type { PolicyOptions } from "./policy-options.js";
import { Policy } from "./policy.js";

const dayMs = 86_400_000;
let clock: ManualClock;
let first: MemoryCloud;
let second: MemoryCloud;
let third: MemoryCloud;
let repository: Repository;

function newCloud(accountId: string): MemoryCloud {
  const cloud = new MemoryCloud(clock);
  cloud.accountId = () => Promise.resolve(accountId);
  return cloud;
}

beforeEach(async () => {
  clock = new ManualClock();
  first = newCloud("111111111111");
  second = newCloud("222222222222");
  third = newCloud("333333333333");
  third.accountId = () => Promise.reject(new ProviderError("sts:AssumeRole is denied.", { code: "AccessDenied", service: "sts", operation: "AssumeRole", retryable: false }));
  Object.assign(third, { role: { roleArn: "arn:aws:iam::333333333333:role/backup" } });
  repository = await Repository.create({ storage: storageOf(new MemoryObjectStore()), encryption: { key } }, { clock });
  first.addVolume("vol-a1").blocks.set(0, noiseBlock());
  first.addInstance("i-a", ["vol-a1"], { tags: { backup: "gold" } });
  // the same ids in another account are other resources
  second.addVolume("vol-a1").blocks.set(0, noiseBlock());
  second.addInstance("i-a", ["vol-a1"], { tags: { backup: "gold" } });
  second.addVolume("vol-b1");
});

function newPolicy(options: Partial<PolicyOptions> = {}): Policy {
  return new Policy({ name: "gold", accounts: [{ account: first }, { account: second }], include: [{ tag: { backup: "gold" } }], backup: { repository, auditBlocks: 0 }, retries: 0, ...options }, { clock });
}

const a = "111111111111/eu-west-1/i-a";
const b = "222222222222/eu-west-1/i-a";

describe("a policy of several accounts", () => {
  it("selects, plans and backs up in each of them, with replicas in each one's own other region", async () => {
    const policy = newPolicy({ replicas: [{ region: "eu-north-1", keep: 1 }] });
    expect((await policy.plan()).resources.map(({ resource }) => resource)).toEqual([a, b]);
    const { resources } = await policy.run();
    expect(resources).toMatchObject([
      { resource: a, outcome: "succeeded", replicas: [{ region: "eu-north-1", accountId: "111111111111" }] },
      { resource: b, outcome: "succeeded", replicas: [{ region: "eu-north-1", accountId: "222222222222" }] },
    ]);
    for (const cloud of [first, second]) expect([cloud.snapshotIds().length, cloud.snapshotIds("eu-north-1").length, cloud.count("shareSnapshot")]).toEqual([1, 1, 0]);
    expect(await policy.unprotected()).toMatchObject([{ resource: "222222222222/eu-west-1/vol-b1" }]);
    expect((await policy.compliance({ controls: { copyInOtherRegionWithinHours: 1 } })).findings).toMatchObject([{ subject: a, isMet: true }, { subject: b, isMet: true }]);
    second.in("eu-west-1").instances.delete("i-a");
    expect(await policy.orphans()).toMatchObject([{ resource: b, reason: "resource gone" }]);
  });

  it("takes each one's own regions, and what is named by its id or its account from the one that has it", async () => {
    second.addVolume("vol-c1", { region: "eu-south-1" });
    const accounts = [{ account: first }, { account: second, regions: ["eu-south-1"] }];
    const named = async (include: PolicyOptions["include"]): Promise<unknown> => (await newPolicy({ accounts, include }).plan()).resources.map(({ resource }) => resource);
    expect(await named([{ all: true }])).toEqual([a, "222222222222/eu-south-1/vol-c1"]);
    expect(await named([{ volume: "vol-c1" }])).toEqual(["222222222222/eu-south-1/vol-c1"]);
    expect(await named([{ account: "111111111111" }])).toEqual([a]);
    expect((await newPolicy({ include: [{ volume: "vol-d1" }] }).plan()).failures).toMatchObject([{ resource: "*/eu-west-1/vol-d1", error: { code: "VolumeNotFound" } }]);
  });

  it("copies from one of its accounts to another, shared while it is copied", async () => {
    second.regions.set("eu-west-1", first.in("eu-west-1"));
    const { resources } = await newPolicy({ accounts: [{ account: first }, { account: second, regions: ["eu-south-1"] }], replicas: [{ region: "eu-north-1", keep: 1, account: second }] }).run();
    expect(resources).toMatchObject([{ resource: a, outcome: "succeeded", replicas: [{ accountId: "222222222222" }] }]);
    expect(first.count("shareSnapshot")).toBe(2);
  });

  it("names an account that cannot be reached as a failure of its own, and backs up the others", async () => {
    const policy = newPolicy({ accounts: [{ account: third }, { account: first }, { account: second }] });
    expect((await policy.plan()).failures).toMatchObject([{ resource: "333333333333/*/*", error: { code: "AccessDenied" } }]);
    await expect(policy.run()).rejects.toMatchObject({
      code: "ResourcesFailed",
      completed: [a, b],
      failures: [{ resource: "333333333333/*/*", error: { code: "AccessDenied" } }],
      result: { resources: [{ resource: "333333333333/*/*", outcome: "failed" }, { outcome: "succeeded" }, { outcome: "succeeded" }] },
    });
    for (const asked of [policy.unprotected(), policy.orphans(), policy.compliance({ controls: { newestPointWithinHours: 1 } }), policy.estimate()]) await expect(asked).rejects.toMatchObject({ code: "AccessDenied" });
    // it may be there, where nobody could look
    await expect(newPolicy({ accounts: [{ account: first }, { account: third }], include: [{ volume: "vol-e1" }] }).run()).rejects.toMatchObject({ failures: [{ resource: "333333333333/*/*" }, { resource: "*/*/vol-e1", error: { code: "AccessDenied" } }] });
    await expect(newPolicy({ accounts: [{ account: third }] }).run()).rejects.toMatchObject({ code: "AccessDenied" });
  });

  it("ages the snapshots and replicas of each, and says of which account it could not", async () => {
    const options = { snapshots: { keep: 5 }, replicas: [{ region: "eu-north-1", keep: 5 }], backup: { repository, retention: { age: { days: 1 } }, auditBlocks: 0 } };
    for (let day = 0; day < 2; day++) {
      await newPolicy({ ...options, backup: { repository, auditBlocks: 0 } }).run();
      clock.advance(dayMs);
    }
    clock.advance(2 * dayMs);
    const withThird = newPolicy({ ...options, accounts: [{ account: third }, { account: first }, { account: second }] });
    await expect(withThird.retain()).rejects.toMatchObject({ code: "PointsNotRemoved", failures: [{ resource: "333333333333/*/*" }] });
    const records: SessionRecord[] = [];
    for await (const record of repository.sessions({ kind: "retention" })) records.push(record);
    expect(records[0]).toMatchObject({ state: "failed", result: { left: 1, repositories: [{ snapshots: { removed: { length: 4 }, left: [{ account: "333333333333", error: { code: "AccessDenied" } }] } }] } });
    for (const cloud of [first, second]) expect([cloud.snapshotIds().length, cloud.snapshotIds("eu-north-1").length]).toEqual([1, 1]);
    expect((await newPolicy(options).retain())[0]?.snapshots).toMatchObject({ remove: [], left: [] });
  });

  it("refuses two that are the same", async () => {
    second.accountId = () => Promise.resolve("111111111111");
    await expect(newPolicy().run()).rejects.toThrow("accounts[1].account: is account 111111111111, which is among the accounts already. Name each once, with all of its regions.");
  });
});
