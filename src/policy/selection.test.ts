import { beforeEach, describe, expect, it } from "vitest";
import { newRepository } from "../../test/support/backup-world.js";
import { ManualClock } from "../../test/support/manual-clock.js";
import { MemoryCloud } from "../../test/support/memory-cloud.js";
import { ProviderError } from "../errors/index.js";
import type { PolicyPlan } from "./plan-policy.js";
import type { PolicyOptions } from "./policy-options.js";
import { Policy } from "./policy.js";

const { repository } = await newRepository();
const gold = { tag: { backup: "gold" } };

let cloud: MemoryCloud;
beforeEach(() => {
  cloud = new MemoryCloud(new ManualClock());
  cloud.addVolume("vol-a1", { tags: { backup: "gold" } });
  cloud.addVolume("vol-a2", { tags: { scratch: "yes" } });
  cloud.addInstance("i-a", ["vol-a1", "vol-a2"], { tags: { backup: "gold", env: "prod", Name: "web" } });
  cloud.addVolume("vol-b1");
  cloud.addInstance("i-b", ["vol-b1"], { tags: { backup: "gold", env: "test" } });
  cloud.addVolume("vol-c1", { tags: { backup: "gold" } });
  cloud.addInstance("i-c", ["vol-c1"], { tags: { env: "prod" } });
  cloud.addVolume("vol-d", { tags: { backup: "silver" } });
  cloud.addVolume("vol-e1", { region: "us-east-1", tags: {} });
  cloud.addInstance("i-e", ["vol-e1"], { region: "us-east-1", tags: { backup: "gold" } });
});

async function plan(options: Pick<PolicyOptions, "include"> & Partial<PolicyOptions>): Promise<PolicyPlan> {
  return await new Policy({ name: "gold", account: cloud, backup: { repository }, ...options }).plan();
}

async function selected(options: Pick<PolicyOptions, "include"> & Partial<PolicyOptions>): Promise<Record<string, string[]>> {
  const { resources, failures } = await plan(options);
  expect(failures).toEqual([]);
  return Object.fromEntries(resources.map(({ resource, volumes }) => [resource.replace("111122223333/", ""), volumes.map(({ volumeId }) => volumeId)]));
}

describe("selecting", () => {
  it("by tag takes instances with all their volumes, and volumes of instances that are not taken", async () => {
    expect(await selected({ include: [gold] })).toEqual({ "eu-west-1/i-a": ["vol-a1", "vol-a2"], "eu-west-1/i-b": ["vol-b1"], "eu-west-1/vol-c1": ["vol-c1"] });
  });

  it("by several tags in one entry takes what carries all of them, in several entries what carries any", async () => {
    expect(await selected({ include: [{ tag: { backup: "gold", env: "prod" } }] })).toEqual({ "eu-west-1/i-a": ["vol-a1", "vol-a2"] });
    expect(Object.keys(await selected({ include: [{ tag: { backup: "silver" } }, { tag: { env: "test" } }] }))).toEqual(["eu-west-1/i-b", "eu-west-1/vol-d"]);
  });

  it("takes the value of a tag to the letter, wildcards too", async () => {
    expect(await selected({ include: [{ tag: { backup: "*" } }] })).toEqual({});
  });

  it("puts a volume that is named into its instance's point where the instance is taken too, once", async () => {
    expect(await selected({ include: [{ volume: "vol-a2" }, { instance: "i-a" }, gold] })).toMatchObject({ "eu-west-1/i-a": ["vol-a1", "vol-a2"] });
    expect(await selected({ include: [{ volume: "vol-a2" }] })).toEqual({ "eu-west-1/vol-a2": ["vol-a2"] });
  });

  it("looks in every region named, for ids too", async () => {
    const regions = ["eu-west-1", "us-east-1"];
    expect(Object.keys(await selected({ include: [{ tag: { backup: "gold", env: "prod" } }, { instance: "i-e" }], regions }))).toEqual(["eu-west-1/i-a", "us-east-1/i-e"]);
    expect(Object.keys(await selected({ include: [gold], regions: ["us-east-1"] }))).toEqual(["us-east-1/i-e"]);
  });

  it("names what is not there", async () => {
    const { failures } = await plan({ include: [{ instance: "i-e" }, { volume: "vol-0dead" }] });
    expect(failures.map(({ resource, error }) => [resource, error.code])).toEqual([["111122223333/eu-west-1/i-e", "InstanceNotFound"], ["111122223333/eu-west-1/vol-0dead", "VolumeNotFound"]]);
    expect(failures[0]?.error.message).toContain('There is no instance i-e in account 111122223333, region eu-west-1. Correct include[0], or name the region where it lies in "regions".');
  });
});

describe("excluding", () => {
  it("wins over including, by instance, volume and tag, with the reason", async () => {
    const { resources, skipped } = await plan({ include: [gold, { volume: "vol-d" }], exclude: [{ instance: "i-b" }, { tag: { scratch: "yes" } }, { volume: "vol-d" }] });
    expect(resources.map(({ resource }) => resource)).toEqual(["111122223333/eu-west-1/i-a", "111122223333/eu-west-1/vol-c1"]);
    expect(resources[0]).toMatchObject({ name: "web", selectedBy: "include[0]", volumes: [{ volumeId: "vol-a1", deviceName: "/dev/xvda" }], excludedVolumes: [{ volumeId: "vol-a2", reason: 'excluded by exclude[1] {"tag":{"scratch":"yes"}}' }] });
    expect(skipped).toEqual([
      { resource: "111122223333/eu-west-1/i-b", reason: 'excluded by exclude[0] {"instance":"i-b"}' },
      { resource: "111122223333/eu-west-1/vol-d", reason: 'excluded by exclude[2] {"volume":"vol-d"}' },
    ]);
  });

  it("of an instance, by id or tag, takes its volumes along", async () => {
    expect(await selected({ include: [{ volume: "vol-c1" }], exclude: [{ instance: "i-c" }] })).toEqual({});
    expect(await selected({ include: [{ volume: "vol-c1" }], exclude: [{ tag: { env: "prod" } }] })).toEqual({});
    expect(await selected({ include: [{ volume: "vol-c1" }], exclude: [{ tag: { env: "test" } }] })).toEqual({ "eu-west-1/vol-c1": ["vol-c1"] });
  });

  it("fails a volume of which it cannot be told, and no other", async () => {
    cloud.onCall = (operation) => {
      if (operation === "instancesByTags") throw new ProviderError("It is denied.", { code: "AccessDenied", service: "ec2", operation: "DescribeInstances" });
    };
    const { resources, failures } = await plan({ include: [{ volume: "vol-c1" }, { volume: "vol-d" }], exclude: [{ tag: { env: "test" } }] });
    expect(resources.map(({ resource }) => resource)).toEqual(["111122223333/eu-west-1/vol-d"]);
    expect(failures).toMatchObject([{ resource: "111122223333/eu-west-1/vol-c1", error: { code: "AccessDenied" } }]);
  });

  it("of the root volume and of data volumes leaves the other volumes in one point", async () => {
    for (const [excluded, left] of [["vol-a1", "vol-a2"], ["vol-a2", "vol-a1"]] as const) {
      const { resources } = await new Policy({ name: "gold", account: cloud, backup: { repository }, include: [{ instance: "i-a" }], exclude: [{ volume: excluded }] }).run();
      expect(resources[0]?.volumes.map(({ volumeId }) => volumeId)).toEqual([left]);
    }
  });

  it("of all volumes of an instance skips it, with the reason", async () => {
    const { resources } = await new Policy({ name: "gold", account: cloud, backup: { repository }, include: [{ instance: "i-b" }], exclude: [{ volume: "vol-b1" }] }).run();
    expect(resources).toMatchObject([{ outcome: "skipped", reason: 'all its volumes are excluded: vol-b1 excluded by exclude[0] {"volume":"vol-b1"}', volumes: [] }]);
    expect(cloud.count("snapshotInstance")).toBe(0);
  });

  it("does not hide an instance that has no volumes at all", async () => {
    cloud.addInstance("i-f", [], { tags: { backup: "gold" } });
    const { failures } = await plan({ include: [{ instance: "i-f" }] });
    expect(failures).toMatchObject([{ resource: "111122223333/eu-west-1/i-f", error: { code: "NoVolumes" } }]);
  });
});
