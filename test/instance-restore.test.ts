import * as ec2 from "@aws-sdk/client-ec2";
import { RecoveryPlan, Restore, type AwsAccount, type RecoveryPlanDocument, type RecoveryRecord, type RestoreEvent } from "holdfast";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { inspect } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { recover } from "../examples/recovery-plan/recover.js";
import { FaultyAccount } from "./support/faulty-account.js";
import { away, home, leftovers, openInstanceWorld, otherAccount, secret, type InstanceWorld } from "./support/instance-world.js";

const blockBytes = 524_288;
let world: InstanceWorld;
beforeAll(async () => {
  world = await openInstanceWorld();
});
afterAll(async () => {
  await world.close();
});

/** What cannot be the same of two instances, or is not of the instance itself. */
const ownFacts = new Set(["InstanceId", "ImageId", "LaunchTime", "ClientToken", "UsageOperationUpdateTime", "AttachTime", "AttachmentId", "VolumeId", "NetworkInterfaceId", "MacAddress", "AssociationId", "StateReason", "StateTransitionReason"]);

function comparable(value: unknown, without: ReadonlySet<string>): unknown {
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return value.map((one) => comparable(one, without));
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).filter(([name, part]) => !without.has(name) && part !== undefined);
  return Object.fromEntries(entries.map(([name, part]) => [name, name === "Tags" || name === "TagSet" ? ownTagsOf(part as ec2.Tag[]) : comparable(part, without)]));
}

function ownTagsOf(tags: readonly ec2.Tag[]): Record<string, string> {
  return Object.fromEntries(tags.filter(({ Key }) => Key?.startsWith("holdfast:") !== true).map(({ Key = "", Value = "" }) => [Key, Value]));
}

/** Everything that EC2 tells of an instance, its attributes, its interfaces and its volumes. */
async function factsOf(account: AwsAccount, region: string, instanceId: string, without: readonly string[] = []): Promise<unknown> {
  const client = account.ec2(region);
  const { Reservations } = await client.send(new ec2.DescribeInstancesCommand({ InstanceIds: [instanceId] }));
  const attributes: unknown[] = [];
  for (const Attribute of ["userData", "disableApiTermination", "disableApiStop", "instanceInitiatedShutdownBehavior"] as const) {
    const { InstanceId: _id, ...answer } = await client.send(new ec2.DescribeInstanceAttributeCommand({ InstanceId: instanceId, Attribute }));
    attributes.push({ ...answer, $metadata: undefined });
  }
  const { NetworkInterfaces = [] } = await client.send(new ec2.DescribeNetworkInterfacesCommand({ Filters: [{ Name: "attachment.instance-id", Values: [instanceId] }] }));
  const { Volumes = [] } = await client.send(new ec2.DescribeVolumesCommand({ Filters: [{ Name: "attachment.instance-id", Values: [instanceId] }] }));
  const credits = await client.send(new ec2.DescribeInstanceCreditSpecificationsCommand({ InstanceIds: [instanceId] })).catch(() => ({ InstanceCreditSpecifications: [] }));
  const facts = {
    instance: Reservations?.[0]?.Instances?.[0],
    attributes,
    interfaces: NetworkInterfaces.sort((a, b) => (a.Attachment?.DeviceIndex ?? 0) - (b.Attachment?.DeviceIndex ?? 0)),
    volumes: Volumes.map(({ SnapshotId: _snapshot, CreateTime: _time, ...volume }) => volume).sort((a, b) => ((a.Attachments?.[0]?.Device ?? "") < (b.Attachments?.[0]?.Device ?? "") ? -1 : 1)),
    credits: credits.InstanceCreditSpecifications,
  };
  return comparable(facts, new Set([...ownFacts, ...without]));
}

async function expectContent(account: AwsAccount, region: string, instanceId: string, { cloud, content } = world): Promise<void> {
  const now = await account.instanceCompute(region).find(instanceId);
  for (const { deviceName, volumeId } of now?.volumes ?? []) {
    const bytes = await cloud.volumes.read(volumeId, { offset: 3 * blockBytes, length: blockBytes });
    expect(bytes.equals(content.get(deviceName) ?? Buffer.alloc(0)), deviceName).toBe(true);
  }
  expect(now?.volumes).toHaveLength(content.size);
}

async function subnetOf(account: AwsAccount, region: string): Promise<{ readonly subnetId: string; readonly groupId: string }> {
  const { Subnets = [] } = await account.ec2(region).send(new ec2.DescribeSubnetsCommand({}));
  const { SecurityGroups = [] } = await account.ec2(region).send(new ec2.DescribeSecurityGroupsCommand({}));
  return { subnetId: Subnets[0]?.SubnetId ?? "", groupId: SecurityGroups[0]?.GroupId ?? "" };
}

const mutating = /^(?!Describe|Get|List|Simulate|Assume)/;

describe("an instance's restore", () => {
  it("plans in JSON what it makes and what is missing, and changes nothing", async () => {
    const restore = new Restore({ repository: world.repository, account: world.account });
    world.cloud.calls.clear();
    const plan = await restore.planInstance(world.point, { to: "original" });
    expect(JSON.parse(JSON.stringify(plan))).toEqual(plan);
    expect(plan).toMatchObject({ kind: "instance", region: home, captureVersion: 2, inPlace: { instanceId: world.instanceId, state: "running", replaced: "keep" }, findings: [] });
    expect(plan.volumes).toMatchObject([{ deviceName: "/dev/sdf", volumeType: "gp2", deleteOnTermination: false }, { deviceName: "/dev/xvda", volumeType: "gp3", iops: 4000, throughputMiBps: 250, deleteOnTermination: true }]);
    expect(plan.actions).toContain("ec2:StopInstances");
    expect(plan.estimate.seconds).toBeGreaterThan(0);
    const elsewhere = await restore.planInstance(world.point, { to: { region: away, instanceType: "m7g.large", kmsKeyId: `arn:aws:kms:${home}:111122223333:key/1` } });
    expect(elsewhere.findings.filter(({ severity }) => severity === "error").map(({ code, path }) => `${path} ${code}`)).toEqual([
      "to.subnetId SubnetMissing",
      "to.securityGroupIds SecurityGroupMissing",
      "to.instanceType OtherArchitecture",
      "to.keyName KeyPairMissing",
      "to.kmsKeyId KeyElsewhere",
    ]);
    expect(world.cloud.calls.list().filter(({ operation, service }) => mutating.test(operation) && service !== "sts")).toEqual([]);
    const shown = JSON.stringify([plan, elsewhere]) + inspect(world.point) + JSON.stringify(world.point);
    expect(shown).not.toContain("hush-hush");
    expect(shown).not.toContain(Buffer.from(secret).toString("base64").slice(0, 24));
  });

  it("refuses wrong options by their path, and targets that lack something, before anything is made", async () => {
    const restore = new Restore({ repository: world.repository, account: world.account });
    world.cloud.calls.clear();
    const wrong = (to: unknown): unknown => restore.instance(world.point, { to } as never);
    expect(() => wrong("elsewhere")).toThrow(/^to: /);
    expect(() => wrong({ userdata: "hush-hush" })).toThrow(/^(?!.*hush)to\.userdata: is not known in to/);
    expect(() => wrong({ privateIp: "10.0.0" })).toThrow("to.privateIp: must be an IPv4 address.");
    expect(() => wrong({ userData: "hush-hush".repeat(2_000) })).toThrow(/^(?!.*hush)to\.userData: must be a text/);
    expect(() => restore.instance(world.point, { to: "original", id: "A" })).toThrow("id: must be 8 to 32");
    await expect(restore.instance(world.point, { to: { keyName: "nobody" } })).rejects.toMatchObject({ code: "NotRestorable", context: { path: "to.keyName" } });
    expect(world.cloud.calls.list().filter(({ operation, service }) => mutating.test(operation) && service !== "sts")).toEqual([]);
  });

  it("makes an instance in another region and account that is the same in everything but its place", async () => {
    const account = world.client({ region: away, accountId: otherAccount });
    await account.ec2(away).send(new ec2.ImportKeyPairCommand({ KeyName: "admin", PublicKeyMaterial: Buffer.from("ssh-ed25519 AAAA") }));
    const { subnetId, groupId } = await subnetOf(account, away);
    const { AllocationId: elasticIp = "" } = await account.ec2(away).send(new ec2.AllocateAddressCommand({}));
    const session = new Restore({ repository: world.repository, account }).instance(world.point, { to: { region: away, subnetId, securityGroupIds: [groupId], iamInstanceProfile: null, elasticIp } });
    const events: RestoreEvent[] = [];
    for await (const event of session) events.push(event);
    const restored = await session;
    expect(restored).toMatchObject({ isInPlace: false, region: away, accountId: otherAccount, state: "running" });
    await expectContent(account, away, restored.instanceId);
    // of another account: profile, reservation; of another network: names, addresses
    const place = ["IamInstanceProfile", "CapacityReservationSpecification", "OwnerId", "IpOwnerId", "VpcId", "SubnetId", "Groups", "SecurityGroups", "GroupId", "PrivateIpAddress", "PrivateDnsName", "PublicDnsName", "PublicIp", "PublicIpAddress", "AvailabilityZone", "AvailabilityZoneId", "AllocationId"];
    expect(await factsOf(account, away, restored.instanceId, place)).toEqual(await factsOf(world.account, home, world.instanceId, place));
    expect(await leftovers(account, away)).toEqual([]);
    expect(JSON.stringify(events)).not.toContain("hush-hush");
    expect(events.map(({ type }) => type).filter((type) => type !== "restore:progress")).toEqual([
      ...["session:started", "instance:restoring", "restore:started", "restore:started", "snapshot:completed", "snapshot:completed", "image:registered", "instance:launched", "instance:running"],
      ...["image:removed", "snapshot:removed", "snapshot:removed", "session:ended"],
    ]);
  });

  it("gives the original its volumes back, and keeps those that it had", async () => {
    const before = await world.account.instanceCompute(home).find(world.instanceId);
    const facts = await factsOf(world.account, home, world.instanceId);
    for (const { volumeId } of before?.volumes ?? []) await world.cloud.volumes.write(volumeId, 3 * blockBytes, Buffer.alloc(blockBytes, 7));
    const restored = await new Restore({ repository: world.repository, account: world.account }).instance(world.point, { to: "original" });
    expect(restored).toMatchObject({ isInPlace: true, instanceId: world.instanceId, state: "running" });
    expect([...restored.replacedVolumes].sort()).toEqual((before?.volumes ?? []).map(({ volumeId }) => volumeId).sort());
    expect(await factsOf(world.account, home, world.instanceId)).toEqual(facts);
    await expectContent(world.account, home, world.instanceId);
    expect(await leftovers(world.account, home)).toEqual([]);
  });

  it("makes the original anew where it is gone, with its addresses", async () => {
    // a world of its own, for its instance does not come back
    const lost = await openInstanceWorld();
    try {
      const { account, instanceId, point } = lost;
      const restore = new Restore({ repository: lost.repository, account });
      const facts = await factsOf(account, home, instanceId, ["AllocationId"]);
      await account.instanceCompute(home).setProtection(instanceId, { termination: false });
      await account.instanceCompute(home).terminate(instanceId);
      const restored = await restore.instance(point, { to: "original", id: "goneandback" });
      expect(restored).toMatchObject({ isInPlace: false, sourceInstance: instanceId, warnings: [] });
      expect(await factsOf(account, home, restored.instanceId, ["AllocationId"])).toEqual(facts);
      await expectContent(account, home, restored.instanceId, lost);
      expect(await leftovers(account, home)).toEqual([]);
      // the same once more finds it done, and an undo leaves it alone
      expect(await restore.instance(point, { to: "original", id: "goneandback" })).toMatchObject({ instanceId: restored.instanceId, blocks: 0 });
      expect(await restore.undoInstance("goneandback")).toMatchObject({ outcome: "done", removed: [], left: [] });
      await expect(restore.instance(point, { to: { name: "other" }, id: "goneandback" })).rejects.toMatchObject({ code: "RestoreDiffers" });
    } finally {
      await lost.close();
    }
  });
});

/** The example's plan with the ids of this cloud. */
async function documentHere(): Promise<RecoveryPlanDocument> {
  const account = world.client({ region: away, accountId: otherAccount });
  const { Subnets = [] } = await account.ec2(away).send(new ec2.DescribeSubnetsCommand({}));
  const { SecurityGroups = [] } = await account.ec2(away).send(new ec2.DescribeSecurityGroupsCommand({}));
  const [original] = world.account.instanceCompute(home).readCaptured(world.point.instance ?? {}).interfaces;
  const ids: Readonly<Record<string, string>> = {
    "subnet-of-the-shop": original?.subnetId ?? "",
    "subnet-of-the-refuge": Subnets[0]?.SubnetId ?? "",
    "sg-of-the-shop": original?.securityGroupIds[0] ?? "",
    "sg-of-the-refuge": SecurityGroups[0]?.GroupId ?? "",
    "i-database": world.instanceId,
    "i-web": world.instanceId,
  };
  const text = Object.entries(ids).reduce((json, [name, id]) => json.replaceAll(name, id), await readFile(new URL("../examples/recovery-plan/plan.json", import.meta.url), "utf8"));
  return JSON.parse(text) as RecoveryPlanDocument;
}

describe("a recovery plan", () => {
  it("restores in its order, in the target's terms, and goes on by its record after a death", async () => {
    const account = world.client({ region: away, accountId: otherAccount });
    const document = await documentHere();
    const lines: string[] = [];
    const order: string[] = [];
    const recordPath = join(world.cloud.directory, "..", "record.json");
    const answers = ({ step }: { readonly step: string }): boolean => order.push(step) > 1;
    const dying = new FaultyAccount(account, 12, "death after");
    const plan = new RecoveryPlan(document, { restore: new Restore({ repository: world.repository, account: dying }), repository: world.repository, account: dying, checks: { answers } });
    world.cloud.calls.clear();
    const dryRun = await plan.plan({ region: away });
    expect(JSON.parse(JSON.stringify(dryRun))).toEqual(dryRun);
    expect(dryRun).toMatchObject({ isPossible: true, steps: [{ name: "database", restore: { instance: { instanceType: "t3.medium" } } }, { name: "web", after: ["database"], restore: { instance: { tags: { Name: "web of the refuge" } } } }] });
    expect(dying.calls).toEqual([]);
    let record: RecoveryRecord | undefined;
    await expect(plan.run({ region: away, onRecord: (changed) => void (record = changed) })).rejects.toMatchObject({ code: "RecoveryIncomplete" });
    expect(record?.steps.map(({ state }) => state)).toEqual(["failed", "skipped"]);
    await writeFile(recordPath, JSON.stringify(record));
    const done = await recover({ document, repository: world.repository, account, region: away, recordPath, answers: ({ step }) => order.push(step) > 0, print: (line) => lines.push(line) });
    expect(done.steps.map(({ state }) => state)).toEqual(["ready", "ready"]);
    expect(JSON.parse(await readFile(recordPath, "utf8"))).toEqual(done);
    expect(order).toEqual(["web"]);
    expect(lines.map((line) => line.split(" ").slice(0, 2).join(" "))).toEqual(["recovery:started", "step:started database", "step:restored database", "step:ready database", "step:started web", "step:restored web", "step:ready web", "recovery:ended"]);
    const names = [];
    for (const { instanceId } of done.steps) names.push((await account.instanceCompute(away).find(instanceId ?? ""))?.tags["Name"]);
    expect(names).toEqual(["web", "web of the refuge"]);
    expect(await leftovers(account, away)).toEqual([]);
    // all is done: once more changes nothing
    expect(await recover({ document, repository: world.repository, account, region: away, recordPath, print: () => undefined })).toEqual(done);
  });
});
