import * as ec2 from "@aws-sdk/client-ec2";
import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { mockClient } from "aws-sdk-client-mock";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { createEc2Service } from "../../../local/ec2/create-ec2-service.js";
import { PlainBlocks } from "../../../local/ec2/testing/plain-blocks.js";
import { LocalClock } from "../../../local/local-clock.js";
import { startTestServer, TEST_CREDENTIALS, TEST_REGION, type TestServer } from "../../../local/wire/wire-server.fixture.js";
import type { CreateVolumeRequest } from "../../../ports/index.js";
import { SystemClock, systemRandom } from "../../../system/index.js";
import { AwsAccount, clientsOf } from "../aws-account.js";
import { Ec2Compute } from "./ec2-compute.js";

const gib = 2 ** 30;
let folder: string;
let cloudClock: LocalClock;
let bed: TestServer;
let client: ec2.EC2Client;
let account: AwsAccount;
let compute: Ec2Compute;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "holdfast-ec2-compute-"));
  cloudClock = new LocalClock();
  bed = await startTestServer([createEc2Service({ blocks: new PlainBlocks(join(folder, "records"), cloudClock, 60), clock: cloudClock, transitionMs: 20 })]);
  const connection = { region: TEST_REGION, endpoint: bed.server.endpoint, credentials: TEST_CREDENTIALS };
  client = new ec2.EC2Client({ ...connection, maxAttempts: 1 });
  account = new AwsAccount({ ...connection, limits: { baseDelayMs: 1, maxDelayMs: 20 } });
  compute = new Ec2Compute({ ec2: clientsOf(account).ec2.lazy(TEST_REGION), region: TEST_REGION, accountId: async () => "111122223333", calls: account.calls, clock: new SystemClock(), random: systemRandom });
});
afterEach(() => {
  bed.faults.removeAll();
});
afterAll(async () => {
  client.destroy();
  await account.close();
  await bed.server.close();
  await rm(folder, { recursive: true, force: true });
});

interface Launched {
  readonly instanceId: string;
  readonly rootVolumeId: string;
  readonly dataVolumeIds: readonly string[];
}

async function launch(tags: Readonly<Record<string, string>>, input: Partial<ec2.RunInstancesCommandInput> = {}): Promise<Launched> {
  const { Images } = await client.send(new ec2.DescribeImagesCommand({ Owners: ["amazon"], Filters: [{ Name: "architecture", Values: ["x86_64"] }] }));
  const { Instances } = await client.send(
    new ec2.RunInstancesCommand({
      ImageId: Images?.[0]?.ImageId,
      MinCount: 1,
      MaxCount: 1,
      BlockDeviceMappings: ["/dev/sdf", "/dev/sdg"].map((DeviceName) => ({ DeviceName, Ebs: { VolumeSize: 2 } })),
      TagSpecifications: [{ ResourceType: "instance", Tags: Object.entries({ made: "here", ...tags }).map(([Key, Value]) => ({ Key, Value })) }],
      ...input,
    }),
  );
  const instanceId = Instances?.[0]?.InstanceId ?? "";
  const { volumes, rootDeviceName } = await compute.instance(instanceId);
  const isRoot = ({ deviceName }: { readonly deviceName: string }): boolean => deviceName === rootDeviceName;
  return { instanceId, rootVolumeId: volumes.find(isRoot)?.volumeId ?? "", dataVolumeIds: volumes.filter((volume) => !isRoot(volume)).map(({ volumeId }) => volumeId) };
}

async function newVolume(tags: Readonly<Record<string, string>> = {}): Promise<string> {
  const list = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
  const { VolumeId = "" } = await client.send(new ec2.CreateVolumeCommand({ AvailabilityZone: "eu-west-1a", Size: 8, VolumeType: "gp3", ...(list.length === 0 ? {} : { TagSpecifications: [{ ResourceType: "volume", Tags: list }] }) }));
  return VolumeId;
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}

describe("instances of EC2", () => {
  it("are found by all of their tags, with characters that mean something in filters", async () => {
    const value = `gold*? \\ ${randomUUID()}`;
    const { instanceId } = await launch({ backup: value, Name: "web" });
    await launch({ backup: value });
    await launch({ backup: `goldXX \\ ${value.slice(9)}`, Name: "web" });
    const found = await collect(compute.instancesByTags({ backup: value, Name: "web" }));
    expect(found).toMatchObject([{ instanceId, name: "web", tags: { backup: value, Name: "web" } }]);
    expect((await collect(compute.instancesByTags({ backup: value }))).length).toBe(2);
  });

  it("are told with their volumes and all that a restore needs, as JSON", async () => {
    const { instanceId, rootVolumeId, dataVolumeIds } = await launch({ Name: "db" }, { UserData: Buffer.from("#!/bin/sh").toString("base64"), InstanceType: "t3.small" });
    const instance = await compute.instance(instanceId);
    expect(instance).toMatchObject({ instanceId, name: "db", rootDeviceName: "/dev/xvda" });
    expect(instance.volumes.map(({ volumeId }) => volumeId).sort()).toEqual([rootVolumeId, ...dataVolumeIds].sort());
    expect(instance.attributes).toMatchObject({ InstanceType: "t3.small", UserData: Buffer.from("#!/bin/sh").toString("base64"), DisableApiTermination: false, InstanceInitiatedShutdownBehavior: "stop" });
    expect(instance.attributes["LaunchTime"]).toMatch(/^\d{4}-\d\d-\d\dT/);
    expect(JSON.parse(JSON.stringify(instance.attributes))).toEqual(instance.attributes);
  });

  it("name the attributes that may not be read", async () => {
    const { instanceId } = await launch({});
    const allow = bed.authorizer.deny({ action: "ec2:DescribeInstanceAttribute" });
    try {
      const { attributes } = await compute.instance(instanceId);
      expect(attributes["UnreadableAttributes"]).toEqual(["UserData", "DisableApiTermination", "InstanceInitiatedShutdownBehavior", "DisableApiStop"]);
      expect("UserData" in attributes).toBe(false);
    } finally {
      allow();
    }
  });

  it("are not found where they are missing, misnamed or terminated", async () => {
    const expected = { name: "NotFoundError", code: "InstanceNotFound" };
    await expect(compute.instance("i-0123456789abcdef0")).rejects.toMatchObject(expected);
    await expect(compute.instance("instance")).rejects.toMatchObject(expected);
    const run = randomUUID();
    const { instanceId } = await launch({ run });
    await client.send(new ec2.TerminateInstancesCommand({ InstanceIds: [instanceId] }));
    await expect(compute.instance(instanceId)).rejects.toMatchObject({ ...expected, context: { resource: instanceId, region: TEST_REGION } });
    expect(await collect(compute.instancesByTags({ run }))).toEqual([]);
  });

  it("name the action that is denied", async () => {
    const allow = bed.authorizer.deny({ action: "ec2:DescribeInstances" });
    try {
      await expect(collect(compute.instancesByTags({}))).rejects.toMatchObject({ name: "ProviderError", code: "AccessDenied", message: expect.stringContaining("ec2:DescribeInstances") as string });
    } finally {
      allow();
    }
  });
});

describe("volumes of EC2", () => {
  it("are described with where they are attached", async () => {
    const { instanceId, dataVolumeIds } = await launch({});
    expect(await compute.volume(dataVolumeIds[0] ?? "")).toMatchObject({ sizeBytes: 2 * gib, availabilityZone: "eu-west-1a", encrypted: false, attachment: { instanceId, deviceName: "/dev/sdf" } });
    await expect(compute.volume("vol-0123456789abcdef0")).rejects.toMatchObject({ name: "NotFoundError", code: "VolumeNotFound" });
  });

  it("are found by tags over all pages", async () => {
    const run = randomUUID();
    const ids = await Promise.all(Array.from({ length: 5 }, async () => await newVolume({ run })));
    await newVolume({ run: "another" });
    expect((await collect(compute.volumesByTags({ run }))).map(({ volumeId }) => volumeId).sort()).toEqual(ids.sort());
  });

  it("are made of a snapshot, once for a client token, and waited for", async () => {
    const { snapshotId } = await compute.waitForSnapshot((await compute.snapshotVolume(await newVolume(), { description: "", tags: {} })).snapshotId);
    const request: CreateVolumeRequest = { snapshotId, availabilityZone: "eu-west-1b", volumeType: "gp3", iops: 3500, throughputMiBps: 200, tags: { restored: "yes" }, clientToken: randomUUID() };
    bed.faults.inject({ kind: "lost-response", operation: "CreateVolume", times: 1 });
    const { volumeId } = await compute.createVolume(request);
    expect((await compute.createVolume(request)).volumeId).toBe(volumeId);
    expect(await compute.waitForVolume(volumeId)).toMatchObject({ volumeId, sizeBytes: 8 * gib, availabilityZone: "eu-west-1b", volumeType: "gp3", iops: 3500, throughputMiBps: 200, tags: { restored: "yes" }, attachment: undefined });
    await expect(compute.createVolume({ ...request, volumeType: "gp2", iops: undefined, throughputMiBps: undefined })).rejects.toMatchObject({ name: "ConflictError", code: "ClientTokenConflict" });
  });

  it("are not made of a snapshot that is missing or not completed", async () => {
    const request = { availabilityZone: "eu-west-1a", tags: {} };
    await expect(compute.createVolume({ ...request, snapshotId: "snap-0123456789abcdef0", clientToken: randomUUID() })).rejects.toMatchObject({ name: "NotFoundError", code: "SnapshotNotFound" });
    const { snapshotId } = await compute.snapshotVolume(await newVolume(), { description: "", tags: {} });
    // so it takes a minute more
    cloudClock.advance(-60_000);
    await expect(compute.createVolume({ ...request, snapshotId, clientToken: randomUUID() })).rejects.toMatchObject({ name: "ConflictError", code: "SnapshotNotCompleted", retryable: true });
    cloudClock.advance(60_000);
  });

  it("are removed, also where the answer got lost", async () => {
    const volumeId = await newVolume();
    bed.faults.inject({ kind: "lost-response", operation: "DeleteVolume", times: 1 });
    await compute.deleteVolume(volumeId);
    await expect(compute.deleteVolume(volumeId)).rejects.toMatchObject({ name: "NotFoundError", code: "VolumeNotFound" });
  });
});

describe("snapshots of EC2", () => {
  it("are taken of all volumes of an instance together", async () => {
    const { instanceId, rootVolumeId, dataVolumeIds } = await launch({});
    bed.calls.clear();
    const snapshots = await compute.snapshotInstance(instanceId, { excludeVolumeIds: [], description: "nightly", tags: { policy: "gold" } });
    expect(snapshots.map(({ volumeId }) => volumeId).sort()).toEqual([rootVolumeId, ...dataVolumeIds].sort());
    expect(snapshots[0]).toMatchObject({ state: "pending", tags: { policy: "gold" } });
    expect(snapshots[0]?.startedAt).toBeInstanceOf(Date);
    expect(bed.calls.count({ service: "ec2" })).toBe(1);
    for (const { snapshotId } of snapshots) expect((await compute.waitForSnapshot(snapshotId)).state).toBe("completed");
  });

  it("leave out the root volume, data volumes, and what is not attached", async () => {
    const { instanceId, rootVolumeId, dataVolumeIds } = await launch({});
    const [first = "", second = ""] = dataVolumeIds;
    const take = async (request: { readonly excludeVolumeIds: readonly string[]; readonly excludeRootVolume?: boolean }): Promise<string[]> =>
      (await compute.snapshotInstance(instanceId, { ...request, description: "", tags: {} })).map(({ volumeId }) => volumeId).sort();
    expect(await take({ excludeVolumeIds: [first] })).toEqual([rootVolumeId, second].sort());
    expect(await take({ excludeVolumeIds: [rootVolumeId, "vol-0123456789abcdef0"] })).toEqual([first, second].sort());
    expect(await take({ excludeVolumeIds: [first], excludeRootVolume: true })).toEqual([second]);
    expect(await take({ excludeVolumeIds: dataVolumeIds, excludeRootVolume: true })).toEqual([]);
  });

  it("are not taken twice where the answer got lost", async () => {
    const { instanceId } = await launch({});
    const run = randomUUID();
    for (const kind of ["lost-response", "reset"] as const) {
      bed.faults.inject({ kind, operation: "CreateSnapshots", times: 1 });
      const made = await compute.snapshotInstance(instanceId, { excludeVolumeIds: [], description: "", tags: { run, kind } });
      expect((await collect(compute.snapshotsByTags({ run, kind }))).map(({ snapshotId }) => snapshotId).sort()).toEqual(made.map(({ snapshotId }) => snapshotId).sort());
      expect(made.length).toBe(3);
    }
    bed.faults.inject({ kind: "lost-response", operation: "CreateSnapshot", times: 1 });
    const { snapshotId } = await compute.snapshotVolume(await newVolume(), { description: "", tags: { run, kind: "one" } });
    expect((await collect(compute.snapshotsByTags({ run, kind: "one" }))).map((snapshot) => snapshot.snapshotId)).toEqual([snapshotId]);
  });

  it("are not tried again with an unknown outcome where all tags are the caller's", async () => {
    const tags = Object.fromEntries(Array.from({ length: 50 }, (_, position) => [`tag${position}`, "x"]));
    const volumeId = await newVolume();
    bed.faults.inject({ kind: "lost-response", operation: "CreateSnapshot", times: 1 });
    await expect(compute.snapshotVolume(volumeId, { description: "", tags })).rejects.toMatchObject({ name: "ProviderError", code: "Unreachable", retryable: true });
    expect(await collect(compute.snapshotsByTags(tags))).toMatchObject([{ volumeId }]);
  });

  it("are not found where they are missing; deleting nothing is nothing", async () => {
    await expect(compute.snapshot("snap-0123456789abcdef0")).rejects.toMatchObject({ name: "NotFoundError", code: "SnapshotNotFound" });
    await compute.deleteSnapshot("snap-0123456789abcdef0");
    const { snapshotId } = await compute.snapshotVolume(await newVolume(), { description: "", tags: {} });
    await compute.waitForSnapshot(snapshotId);
    await compute.deleteSnapshot(snapshotId);
    await compute.deleteSnapshot(snapshotId);
    await expect(compute.snapshot(snapshotId)).rejects.toMatchObject({ code: "SnapshotNotFound" });
    await expect(compute.snapshotVolume("vol-0123456789abcdef0", { description: "", tags: {} })).rejects.toMatchObject({ name: "NotFoundError", code: "VolumeNotFound" });
  });

  it("end the wait with the signal's reason", async () => {
    const { snapshotId } = await compute.snapshotVolume(await newVolume(), { description: "", tags: {} });
    const reason = new Error("enough");
    const controller = new AbortController();
    const wait = compute.waitForSnapshot(snapshotId, { signal: controller.signal });
    controller.abort(reason);
    await expect(wait).rejects.toBe(reason);
  });
});

it("knows the region's zones in which volumes can be made", async () => {
  expect(await compute.availabilityZones()).toEqual(["eu-west-1a", "eu-west-1b", "eu-west-1c"]);
  expect(await compute.accountId()).toBe("111122223333");
});

it("works through bursts of throttling", async () => {
  bed.faults.inject({ kind: "throttle", service: "ec2", times: 4 });
  expect((await compute.availabilityZones()).length).toBe(3);
});

describe("what EC2 says late, or wrong", () => {
  const mocked = new ec2.EC2Client({ region: TEST_REGION, credentials: TEST_CREDENTIALS });
  const mock = mockClient(mocked);
  let nowMs = 0;
  const clock = {
    now: () => new Date(nowMs),
    monotonicMs: () => nowMs,
    sleep: async (ms: number, signal?: AbortSignal): Promise<void> => {
      await new Promise((resolve) => setImmediate(resolve));
      signal?.throwIfAborted();
      nowMs += ms;
    },
  };
  const notFound = Object.assign(new ec2.EC2ServiceException({ name: "InvalidSnapshot.NotFound", $fault: "client", $metadata: { httpStatusCode: 400 } }), { Code: "InvalidSnapshot.NotFound" });
  const snapshot = { SnapshotId: "snap-0abc", VolumeId: "vol-0abc", VolumeSize: 1, StartTime: new Date(0) };

  function open(): Ec2Compute {
    // The account's calls use the machine's clock, so that no time limit passes where only the mocked one goes on.
    const mockedAccount = new AwsAccount({ region: TEST_REGION, clients: { ec2: mocked }, limits: { maxAttempts: 1 } });
    return new Ec2Compute({ ec2: clientsOf(mockedAccount).ec2.lazy(TEST_REGION), region: TEST_REGION, accountId: async () => "111122223333", calls: mockedAccount.calls, clock, random: systemRandom });
  }
  afterEach(() => {
    mock.reset();
    nowMs = 0;
  });

  it("waits for a snapshot that is not listed yet, and then for its completion, at a slackening pace", async () => {
    mock.on(ec2.DescribeSnapshotsCommand).callsFake(() => {
      if (nowMs < 60_000) throw notFound;
      return { Snapshots: [{ ...snapshot, State: nowMs < 3_600_000 ? "pending" : "completed" }] };
    });
    expect(await open().waitForSnapshot("snap-0abc")).toMatchObject({ state: "completed" });
    expect(nowMs).toBeLessThan(3_610_001);
    expect(mock.calls().length).toBeLessThan(450);
  });

  it("does not wait for ever for a snapshot that never was, nor at all for one that vanished", async () => {
    mock.on(ec2.DescribeSnapshotsCommand).rejects(notFound);
    await expect(open().waitForSnapshot("snap-0abc")).rejects.toMatchObject({ name: "NotFoundError" });
    expect(nowMs).toBeGreaterThanOrEqual(120_000);
    nowMs = 0;
    mock.reset();
    mock.on(ec2.DescribeSnapshotsCommand).resolvesOnce({ Snapshots: [{ ...snapshot, State: "pending" }] }).rejects(notFound);
    await expect(open().waitForSnapshot("snap-0abc")).rejects.toMatchObject({ name: "NotFoundError" });
    expect(nowMs).toBeLessThan(1000);
  });

  it("ends the wait for a snapshot that fails with what AWS says", async () => {
    mock.on(ec2.DescribeSnapshotsCommand).resolvesOnce({ Snapshots: [{ ...snapshot, State: "pending" }] }).resolves({ Snapshots: [{ ...snapshot, State: "error", StateMessage: "the key is disabled" }] });
    await expect(open().waitForSnapshot("snap-0abc")).rejects.toMatchObject({ name: "ProviderError", code: "SnapshotFailed", message: expect.stringContaining("the key is disabled") as string });
  });

  it("says that a volume failed that ends in error, or vanishes for want of a key", async () => {
    const volume = { VolumeId: "vol-0abc", Size: 1, AvailabilityZone: "eu-west-1a", VolumeType: "gp3" as const };
    mock.on(ec2.DescribeVolumesCommand).resolvesOnce({ Volumes: [{ ...volume, State: "creating" }] }).resolves({ Volumes: [] });
    await expect(open().waitForVolume("vol-0abc")).rejects.toMatchObject({ name: "ProviderError", code: "VolumeFailed", context: { state: "deleted" } });
    mock.on(ec2.DescribeVolumesCommand).resolves({ Volumes: [{ ...volume, State: "error" }] });
    await expect(open().waitForVolume("vol-0abc")).rejects.toMatchObject({ name: "ProviderError", code: "VolumeFailed", context: { state: "error" } });
  });

  it("refuses answers without what EC2 always says, and pages that go round in circles", async () => {
    mock.on(ec2.DescribeSnapshotsCommand).resolves({ Snapshots: [{ SnapshotId: "snap-0abc" }] });
    await expect(open().snapshot("snap-0abc")).rejects.toMatchObject({ name: "ProviderError", code: "InvalidAnswer" });
    mock.on(ec2.DescribeVolumesCommand).resolves({ Volumes: [], NextToken: "round" });
    await expect(collect(open().volumesByTags({}))).rejects.toMatchObject({ name: "ProviderError", code: "InvalidListing" });
  });

  it("goes through all pages, also empty ones", async () => {
    mock.on(ec2.DescribeSnapshotsCommand).callsFake(({ NextToken: token }: { readonly NextToken?: string }) => {
      if (token === undefined) return { Snapshots: [{ ...snapshot, State: "completed" }], NextToken: "second" };
      return token === "second" ? { NextToken: "third" } : { Snapshots: [{ ...snapshot, SnapshotId: "snap-0def", State: "recoverable" }], NextToken: "" };
    });
    expect((await collect(open().snapshotsByTags({}))).map(({ snapshotId, state }) => [snapshotId, state])).toEqual([["snap-0abc", "completed"], ["snap-0def", "error"]]);
  });
});

describe("copies of snapshots", () => {
  it("carry their tags, are made once where an answer got lost, and are told by their id", async () => {
    const { rootVolumeId } = await launch({});
    const { snapshotId } = await compute.snapshotVolume(rootVolumeId, { description: "source", tags: {} });
    await compute.waitForSnapshot(snapshotId);
    bed.faults.inject({ kind: "lost-response", operation: "CopySnapshot", times: 1 });
    const copy = await compute.copySnapshot({ snapshotId, sourceRegion: TEST_REGION, description: "a copy", tags: { copied: snapshotId } });
    expect(copy).not.toBe(snapshotId);
    expect(await compute.waitForSnapshot(copy)).toMatchObject({ snapshotId: copy, state: "completed", tags: { copied: snapshotId } });
    const copies: string[] = [];
    for await (const found of compute.snapshotsByTags({ copied: snapshotId })) copies.push(found.snapshotId);
    expect(copies).toEqual([copy]);
    await expect(compute.copySnapshot({ snapshotId: "snap-0123456789abcdef0", sourceRegion: TEST_REGION, description: "", tags: {} })).rejects.toMatchObject({ code: "SnapshotNotFound" });
  });

  it("are shared with an account, and no longer", async () => {
    const { rootVolumeId } = await launch({});
    const { snapshotId } = await compute.snapshotVolume(rootVolumeId, { description: "shared", tags: {} });
    const sharedWith = async (): Promise<unknown> => (await client.send(new ec2.DescribeSnapshotAttributeCommand({ SnapshotId: snapshotId, Attribute: "createVolumePermission" }))).CreateVolumePermissions;
    await compute.shareSnapshot(snapshotId, "444455556666", true);
    await compute.shareSnapshot(snapshotId, "444455556666", true);
    expect(await sharedWith()).toEqual([{ UserId: "444455556666" }]);
    const shared = async (account: string): Promise<string[]> => (await collect(compute.snapshotsByTags({}, { sharedWith: account }))).map((snapshot) => snapshot.snapshotId);
    expect([await shared("444455556666"), await shared("999900001111")]).toEqual([[snapshotId], []]);
    await compute.shareSnapshot(snapshotId, "444455556666", false);
    expect(await sharedWith()).toEqual([]);
  });

  it("are locked against deletion, also where an answer got lost; locks are told of many, also where some are gone", async () => {
    const { rootVolumeId } = await launch({});
    const ids: string[] = [];
    for (let made = 0; made < 3; made++) ids.push((await compute.snapshotVolume(rootVolumeId, { description: "locked", tags: {} })).snapshotId);
    const [locked = "", sealed = "", free = ""] = ids;
    for (const snapshotId of ids) await compute.waitForSnapshot(snapshotId);
    bed.faults.inject({ kind: "lost-response", operation: "LockSnapshot", times: 1 });
    const begunMs = Date.now();
    const lock = await compute.lockSnapshot(locked, { mode: "governance", days: 2 });
    expect(lock).toMatchObject({ snapshotId: locked, mode: "governance" });
    expect(Math.abs(lock.lockedUntil.getTime() - begunMs - 2 * 86_400_000)).toBeLessThan(60_000);
    await compute.lockSnapshot(sealed, { mode: "compliance", days: 1, coolOffHours: 2 });
    await expect(compute.deleteSnapshot(locked)).rejects.toThrow(/is locked/);
    const many = [...ids, ...Array.from({ length: 99 }, () => free)];
    expect((await compute.snapshotLocks(many)).map(({ snapshotId, mode }) => [snapshotId, mode]).sort()).toEqual([[locked, "governance"], [sealed, "compliance"]].sort());
    await compute.deleteSnapshot(free);
    expect((await compute.snapshotLocks([free, locked])).map(({ snapshotId }) => snapshotId)).toEqual([locked]);
    expect(await compute.snapshotLocks([])).toEqual([]);
    await expect(compute.lockSnapshot(free, { mode: "governance", days: 2 })).rejects.toMatchObject({ code: "SnapshotNotFound" });
    await client.send(new ec2.UnlockSnapshotCommand({ SnapshotId: locked }));
    expect(await compute.snapshotLocks([locked])).toEqual([]);
  });
});
