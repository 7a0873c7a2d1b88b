import * as ec2 from "@aws-sdk/client-ec2";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { BED_ACCOUNT, BED_REGION, Ec2Bed, OTHER_ACCOUNT, OTHER_REGION } from "../testing/ec2-bed.js";

const zone = { AvailabilityZone: "eu-west-1a" };

let bed: Ec2Bed;
let client: ec2.EC2Client;

beforeEach(async () => {
  bed = await Ec2Bed.open();
  client = bed.client();
});

afterEach(async () => {
  await bed.close();
});

async function createVolume(input: Partial<ec2.CreateVolumeCommandInput> = {}): Promise<string> {
  const { VolumeId } = await client.send(new ec2.CreateVolumeCommand({ ...zone, Size: 8, ...input }));
  return VolumeId ?? "";
}

async function createSnapshot(input: Partial<ec2.CreateSnapshotCommandInput> = {}): Promise<string> {
  const VolumeId = input.VolumeId ?? (await createVolume());
  const { SnapshotId } = await client.send(new ec2.CreateSnapshotCommand({ ...input, VolumeId }));
  return SnapshotId ?? "";
}

async function describeOne(snapshotId: string, from: ec2.EC2Client = client): Promise<ec2.Snapshot | undefined> {
  return (await from.send(new ec2.DescribeSnapshotsCommand({ SnapshotIds: [snapshotId] }))).Snapshots?.[0];
}

describe("a snapshot", () => {
  it("is pending at first, and completed later", async () => {
    const VolumeId = await createVolume();
    const made = await client.send(
      new ec2.CreateSnapshotCommand({
        VolumeId,
        Description: "nightly",
        TagSpecifications: [{ ResourceType: "snapshot", Tags: [{ Key: "plan", Value: "daily" }] }],
      }),
    );
    expect(made).toMatchObject({ VolumeId, State: "pending", Progress: "", VolumeSize: 8, OwnerId: BED_ACCOUNT });
    expect(await describeOne(made.SnapshotId ?? "")).toMatchObject({ State: "pending" });
    bed.settle();
    expect(await describeOne(made.SnapshotId ?? "")).toMatchObject({
      State: "completed",
      Progress: "100%",
      Description: "nightly",
      StorageTier: "standard",
      Tags: [{ Key: "plan", Value: "daily" }],
    });
  });

  it("is one of at most five that a volume has pending", async () => {
    const VolumeId = await createVolume();
    for (let count = 0; count < 5; count += 1) await createSnapshot({ VolumeId });
    await expect(createSnapshot({ VolumeId })).rejects.toMatchObject({ name: "ConcurrentSnapshotLimitExceeded" });
    bed.settle();
    await expect(createSnapshot({ VolumeId })).resolves.toMatch(/^snap-/);
  });

  it("is found by owner, filter and tag, after a restart too", async () => {
    const snapshotId = await createSnapshot({ TagSpecifications: [{ ResourceType: "snapshot", Tags: [{ Key: "plan", Value: "daily" }] }] });
    await createSnapshot();
    await bed.restart();
    client = bed.client();
    const list = async (input: ec2.DescribeSnapshotsCommandInput): Promise<number> =>
      (await client.send(new ec2.DescribeSnapshotsCommand(input))).Snapshots?.length ?? -1;
    expect(await list({ OwnerIds: ["self"] })).toBe(2);
    expect(await list({ OwnerIds: [BED_ACCOUNT] })).toBe(2);
    expect(await list({ OwnerIds: [OTHER_ACCOUNT] })).toBe(0);
    expect(await list({ OwnerIds: ["amazon"] })).toBe(0);
    expect(await list({ OwnerIds: ["self"], Filters: [{ Name: "tag:plan", Values: ["daily"] }] })).toBe(1);
    expect(await list({ Filters: [{ Name: "status", Values: ["pending"] }, { Name: "snapshot-id", Values: [snapshotId] }] })).toBe(1);
    await expect(list({ OwnerIds: ["me"] })).rejects.toMatchObject({ name: "InvalidParameterValue" });
    await expect(list({ SnapshotIds: [snapshotId], MaxResults: 5 })).rejects.toMatchObject({ name: "InvalidParameterCombination" });
    await expect(list({ SnapshotIds: ["snap-0123456789abcdef0"] })).rejects.toMatchObject({ name: "InvalidSnapshot.NotFound" });
  });

  it("can be deleted while it is pending, and is then gone", async () => {
    const SnapshotId = await createSnapshot();
    await client.send(new ec2.DeleteSnapshotCommand({ SnapshotId }));
    await expect(describeOne(SnapshotId)).rejects.toMatchObject({ name: "InvalidSnapshot.NotFound" });
  });
});

describe("a shared snapshot", () => {
  const permit = (change: ec2.CreateVolumePermissionModifications) => async (SnapshotId: string): Promise<void> => {
    await client.send(new ec2.ModifySnapshotAttributeCommand({ SnapshotId, Attribute: "createVolumePermission", CreateVolumePermission: change }));
  };

  it("is seen and used by those it is shared with, and changed by its owner alone", async () => {
    const snapshotId = await createSnapshot({ TagSpecifications: [{ ResourceType: "snapshot", Tags: [{ Key: "secret", Value: "yes" }] }] });
    bed.settle();
    const other = bed.client({ accountId: OTHER_ACCOUNT });
    await expect(describeOne(snapshotId, other)).rejects.toMatchObject({ name: "InvalidSnapshot.NotFound" });
    await permit({ Add: [{ UserId: OTHER_ACCOUNT }] })(snapshotId);
    expect(await describeOne(snapshotId, other)).toMatchObject({ OwnerId: BED_ACCOUNT, Tags: [] });
    expect((await other.send(new ec2.DescribeSnapshotsCommand({ OwnerIds: ["self"] }))).Snapshots).toEqual([]);
    await other.send(new ec2.CreateVolumeCommand({ ...zone, SnapshotId: snapshotId }));
    await expect(other.send(new ec2.DeleteSnapshotCommand({ SnapshotId: snapshotId }))).rejects.toMatchObject({ name: "AuthFailure" });
    const attribute = new ec2.DescribeSnapshotAttributeCommand({ SnapshotId: snapshotId, Attribute: "createVolumePermission" });
    expect((await client.send(attribute)).CreateVolumePermissions).toEqual([{ UserId: OTHER_ACCOUNT }]);
    await permit({ Remove: [{ UserId: OTHER_ACCOUNT }] })(snapshotId);
    await expect(describeOne(snapshotId, other)).rejects.toMatchObject({ name: "InvalidSnapshot.NotFound" });
  });

  it("is everybody's where it is public, which an encrypted one cannot be", async () => {
    const open = await createSnapshot();
    await client.send(
      new ec2.ModifySnapshotAttributeCommand({ SnapshotId: open, Attribute: "createVolumePermission", OperationType: "add", GroupNames: ["all"] }),
    );
    const other = bed.client({ accountId: OTHER_ACCOUNT });
    expect(await describeOne(open, other)).toMatchObject({ SnapshotId: open });
    expect((await other.send(new ec2.DescribeSnapshotsCommand({ RestorableByUserIds: ["all"] }))).Snapshots).toHaveLength(1);
    await client.send(new ec2.ResetSnapshotAttributeCommand({ SnapshotId: open, Attribute: "createVolumePermission" }));
    await expect(describeOne(open, other)).rejects.toMatchObject({ name: "InvalidSnapshot.NotFound" });
    const sealed = await createSnapshot({ VolumeId: await createVolume({ Encrypted: true, KmsKeyId: "alias/backup" }) });
    await expect(permit({ Add: [{ Group: "all" }] })(sealed)).rejects.toMatchObject({ name: "OperationNotPermitted" });
    await permit({ Add: [{ UserId: OTHER_ACCOUNT }] })(sealed);
  });
});

describe("a copy of a snapshot", () => {
  it("is a snapshot of its own in the other region", async () => {
    const SourceSnapshotId = await createSnapshot();
    const away = bed.client({ region: OTHER_REGION });
    const copy = new ec2.CopySnapshotCommand({ SourceRegion: BED_REGION, SourceSnapshotId, Description: "copy", Encrypted: true });
    await expect(away.send(copy)).rejects.toMatchObject({ name: "IncorrectState" });
    bed.settle();
    const { SnapshotId = "" } = await away.send(copy);
    expect(await describeOne(SnapshotId, away)).toMatchObject({
      VolumeId: "vol-ffffffff",
      VolumeSize: 8,
      Description: "copy",
      OwnerId: BED_ACCOUNT,
      Encrypted: true,
      KmsKeyId: expect.stringContaining(`arn:aws:kms:${OTHER_REGION}:`) as string,
    });
    expect((await away.send(new ec2.DescribeVolumesCommand({}))).Volumes).toEqual([]);
    expect(bed.volumeCount).toBe(1);
    await client.send(new ec2.DeleteSnapshotCommand({ SnapshotId: SourceSnapshotId }));
    bed.settle();
    await away.send(new ec2.CreateVolumeCommand({ AvailabilityZone: `${OTHER_REGION}a`, SnapshotId }));
  });

  it("is refused where there is no source", async () => {
    const away = bed.client({ region: OTHER_REGION });
    const SourceSnapshotId = await createSnapshot();
    const copy = async (SourceRegion: string): Promise<unknown> => away.send(new ec2.CopySnapshotCommand({ SourceRegion, SourceSnapshotId }));
    await expect(copy(OTHER_REGION)).rejects.toMatchObject({ name: "InvalidSnapshot.NotFound" });
    await expect(copy("mars-west-1")).rejects.toMatchObject({ name: "InvalidParameterValue" });
  });
});

describe("a locked snapshot", () => {
  const DAY_MS = 86_400_000;
  const locked = async () => (await client.send(new ec2.DescribeLockedSnapshotsCommand({}))).Snapshots?.map((info) => info.LockState);

  it("is not deleted before its lock is taken away or over", async () => {
    const SnapshotId = await createSnapshot();
    bed.settle();
    await client.send(new ec2.LockSnapshotCommand({ SnapshotId, LockMode: "governance", LockDuration: 2 }));
    expect(await locked()).toEqual(["governance"]);
    await expect(client.send(new ec2.DeleteSnapshotCommand({ SnapshotId }))).rejects.toMatchObject({ name: "OperationNotPermitted" });
    await client.send(new ec2.UnlockSnapshotCommand({ SnapshotId }));
    await client.send(new ec2.LockSnapshotCommand({ SnapshotId, LockMode: "governance", LockDuration: 2 }));
    bed.clock.advance(2 * DAY_MS + 60_000);
    expect(await locked()).toEqual(["expired"]);
    await client.send(new ec2.DeleteSnapshotCommand({ SnapshotId }));
    expect(await locked()).toEqual([]);
  });

  it("in compliance mode is given back by nobody once the time to think is over, and locked for longer only", async () => {
    const SnapshotId = await createSnapshot();
    bed.settle();
    const lock = (LockDuration: number, LockMode: ec2.LockMode = "compliance") => client.send(new ec2.LockSnapshotCommand({ SnapshotId, LockMode, LockDuration, CoolOffPeriod: LockMode === "compliance" ? 1 : undefined }));
    expect(await lock(2)).toMatchObject({ LockState: "compliance-cooloff", LockDuration: 2 });
    bed.clock.advance(2 * 3_600_000);
    expect(await locked()).toEqual(["compliance"]);
    await expect(client.send(new ec2.UnlockSnapshotCommand({ SnapshotId }))).rejects.toMatchObject({ name: "OperationNotPermitted" });
    await expect(lock(1)).rejects.toMatchObject({ name: "OperationNotPermitted" });
    await expect(lock(5, "governance")).rejects.toMatchObject({ name: "OperationNotPermitted" });
    await bed.restart();
    client = bed.client();
    await lock(5);
  });
});
