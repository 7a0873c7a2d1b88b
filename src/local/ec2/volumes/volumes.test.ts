import * as ec2 from "@aws-sdk/client-ec2";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Ec2Bed, OTHER_ACCOUNT, OTHER_REGION } from "../testing/ec2-bed.js";

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

async function completedSnapshot(volumeId: string): Promise<string> {
  const { SnapshotId } = await client.send(new ec2.CreateSnapshotCommand({ VolumeId: volumeId }));
  bed.settle();
  return SnapshotId ?? "";
}

describe("a volume that is made", () => {
  it("is initialised at a rate only where it is of a snapshot, and the rate is EC2's", async () => {
    const SnapshotId = await completedSnapshot(await createVolume());
    const made = await client.send(new ec2.CreateVolumeCommand({ ...zone, SnapshotId, VolumeInitializationRate: 300 }));
    const { Volumes } = await client.send(new ec2.DescribeVolumesCommand({ VolumeIds: [made.VolumeId ?? ""] }));
    expect(Volumes?.[0]?.VolumeInitializationRate).toBe(300);
    await expect(createVolume({ SnapshotId, VolumeInitializationRate: 301 })).rejects.toMatchObject({ name: "InvalidParameterValue" });
    await expect(createVolume({ VolumeInitializationRate: 100 })).rejects.toMatchObject({ name: "InvalidParameterCombination" });
  });

  it("is what was asked for", async () => {
    const made = await client.send(
      new ec2.CreateVolumeCommand({
        ...zone,
        Size: 100,
        VolumeType: "gp3",
        Iops: 4000,
        Throughput: 250,
        TagSpecifications: [{ ResourceType: "volume", Tags: [{ Key: "Name", Value: "data & <logs>" }] }],
      }),
    );
    const { Volumes } = await client.send(new ec2.DescribeVolumesCommand({ VolumeIds: [made.VolumeId ?? ""] }));
    expect(Volumes).toHaveLength(1);
    expect(Volumes?.[0]).toMatchObject({
      VolumeId: made.VolumeId,
      AvailabilityZone: "eu-west-1a",
      AvailabilityZoneId: "euw1-az1",
      Size: 100,
      VolumeType: "gp3",
      Iops: 4000,
      Throughput: 250,
      Encrypted: false,
      State: "available",
      SnapshotId: "",
      Tags: [{ Key: "Name", Value: "data & <logs>" }],
    });
    expect(made.VolumeId).toMatch(/^vol-[0-9a-f]{17}$/);
  });

  it.each([
    ["a gp2 volume with IOPS", { Size: 8, VolumeType: "gp2", Iops: 3000 }, "InvalidParameterCombination"],
    ["an io2 volume without IOPS", { Size: 8, VolumeType: "io2" }, "MissingParameter"],
    ["a gp3 volume with few IOPS", { Size: 8, VolumeType: "gp3", Iops: 2999 }, "InvalidParameterValue"],
    ["a gp3 volume with many IOPS for its size", { Size: 8, VolumeType: "gp3", Iops: 4001 }, "InvalidParameterValue"],
    ["a gp3 volume with much throughput for its IOPS", { Size: 8, VolumeType: "gp3", Iops: 3000, Throughput: 751 }, "InvalidParameterValue"],
    ["an st1 volume that is small", { Size: 124, VolumeType: "st1" }, "InvalidParameterValue"],
    ["a gp2 volume that is large", { Size: 16_385 }, "InvalidParameterValue"],
    ["a volume of 65 TiB", { Size: 66_560, VolumeType: "gp3" }, "InvalidParameterValue"],
    ["a volume of no type that there is", { Size: 8, VolumeType: "gp9" as ec2.VolumeType }, "UnknownVolumeType"],
    ["a volume of no size", {}, "MissingParameter"],
    ["a key without encryption", { Size: 8, KmsKeyId: "alias/backup" }, "InvalidParameterDependency"],
    ["what is no key", { Size: 8, Encrypted: true, KmsKeyId: "a key" }, "InvalidParameterValue"],
    ["a snapshot that is not there", { SnapshotId: "snap-0123456789abcdef0" }, "InvalidSnapshot.NotFound"],
    ["a snapshot's id that is none", { SnapshotId: "snap-12" }, "InvalidSnapshotID.Malformed"],
    ["tags for a snapshot", { Size: 8, TagSpecifications: [{ ResourceType: "snapshot", Tags: [{ Key: "a", Value: "b" }] }] }, "InvalidParameterValue"],
    ["a parameter that is not supported", { Size: 8, MultiAttachEnabled: true }, "UnsupportedOperation"],
  ] satisfies [string, Partial<ec2.CreateVolumeCommandInput>, string][])("is refused: %s", async (_what, input, name) => {
    await expect(client.send(new ec2.CreateVolumeCommand({ ...zone, ...input }))).rejects.toMatchObject({ name });
    expect((await client.send(new ec2.DescribeVolumesCommand({}))).Volumes).toEqual([]);
  });

  it("is refused in a zone of another region", async () => {
    const command = new ec2.CreateVolumeCommand({ AvailabilityZone: "us-west-2a", Size: 8 });
    await expect(client.send(command)).rejects.toMatchObject({ name: "InvalidZone.NotFound" });
  });

  it("can be as large as 64 TiB", async () => {
    await expect(createVolume({ Size: 65_536, VolumeType: "gp3" })).resolves.toMatch(/^vol-/);
  });

  it("is the same for the same client token, also after a restart, and refused for another request", async () => {
    const first = await createVolume({ ClientToken: "token-1" });
    expect(await createVolume({ ClientToken: "token-1" })).toBe(first);
    await expect(createVolume({ ClientToken: "token-1", Size: 9 })).rejects.toMatchObject({ name: "IdempotentParameterMismatch" });
    await bed.restart();
    client = bed.client();
    expect(await createVolume({ ClientToken: "token-1" })).toBe(first);
    expect(await createVolume({ ClientToken: "token-2" })).not.toBe(first);
    await expect(createVolume({ ClientToken: "t".repeat(65) })).rejects.toMatchObject({ name: "InvalidParameterValue" });
  });

  it("waits for its snapshot to be completed, and is no smaller than that", async () => {
    const { SnapshotId = "" } = await client.send(new ec2.CreateSnapshotCommand({ VolumeId: await createVolume() }));
    await expect(client.send(new ec2.CreateVolumeCommand({ ...zone, SnapshotId }))).rejects.toMatchObject({ name: "IncorrectState" });
    bed.settle();
    await expect(client.send(new ec2.CreateVolumeCommand({ ...zone, SnapshotId, Size: 7 }))).rejects.toMatchObject({ name: "InvalidParameterValue" });
    expect(await client.send(new ec2.CreateVolumeCommand({ ...zone, SnapshotId }))).toMatchObject({ SnapshotId, Size: 8 });
    expect(await client.send(new ec2.CreateVolumeCommand({ ...zone, SnapshotId, Size: 9 }))).toMatchObject({ SnapshotId, Size: 9 });
  });

  it("is encrypted as its snapshot is, or where the account wants it", async () => {
    const encrypted = await client.send(new ec2.CreateVolumeCommand({ ...zone, Size: 1, Encrypted: true, KmsKeyId: "alias/backup" }));
    expect(encrypted.KmsKeyId).toMatch(/^arn:aws:kms:eu-west-1:111122223333:key\/[0-9a-f-]{36}$/);
    const SnapshotId = await completedSnapshot(encrypted.VolumeId ?? "");
    const copy = await client.send(new ec2.CreateVolumeCommand({ ...zone, SnapshotId }));
    expect(copy).toMatchObject({ Encrypted: true, KmsKeyId: encrypted.KmsKeyId });
    await expect(client.send(new ec2.CreateVolumeCommand({ ...zone, SnapshotId, Encrypted: false }))).rejects.toMatchObject({
      name: "InvalidParameterCombination",
    });
    await client.send(new ec2.EnableEbsEncryptionByDefaultCommand({}));
    const byDefault = await client.send(new ec2.CreateVolumeCommand({ ...zone, Size: 1 }));
    expect(byDefault.Encrypted).toBe(true);
    expect(byDefault.KmsKeyId).not.toBe(encrypted.KmsKeyId);
    expect(await bed.client({ region: OTHER_REGION }).send(new ec2.GetEbsEncryptionByDefaultCommand({}))).toMatchObject({
      EbsEncryptionByDefault: false,
    });
  });

  it("is seen by its account in its region alone", async () => {
    const VolumeIds = [await createVolume()];
    for (const stranger of [bed.client({ accountId: OTHER_ACCOUNT }), bed.client({ region: OTHER_REGION })]) {
      expect((await stranger.send(new ec2.DescribeVolumesCommand({}))).Volumes).toEqual([]);
      await expect(stranger.send(new ec2.DescribeVolumesCommand({ VolumeIds }))).rejects.toMatchObject({ name: "InvalidVolume.NotFound" });
      await expect(stranger.send(new ec2.DeleteVolumeCommand({ VolumeId: VolumeIds[0] }))).rejects.toMatchObject({ name: "InvalidVolume.NotFound" });
    }
  });

  it("is not made by a dry run", async () => {
    const command = new ec2.CreateVolumeCommand({ ...zone, Size: 8, DryRun: true });
    await expect(client.send(command)).rejects.toMatchObject({ name: "DryRunOperation", $metadata: { httpStatusCode: 412 } });
    expect((await client.send(new ec2.DescribeVolumesCommand({}))).Volumes).toEqual([]);
  });
});

describe("a list of volumes", () => {
  it("comes in pages, each volume once", async () => {
    const made = await Promise.all(Array.from({ length: 12 }, async () => createVolume()));
    const seen: string[] = [];
    const sizes: number[] = [];
    for await (const page of ec2.paginateDescribeVolumes({ client, pageSize: 5 }, {})) {
      sizes.push(page.Volumes?.length ?? 0);
      seen.push(...(page.Volumes ?? []).map((volume) => volume.VolumeId ?? ""));
    }
    expect(sizes).toEqual([5, 5, 2]);
    expect(seen.sort()).toEqual(made.sort());
  });

  it("refuses pages that are none", async () => {
    const VolumeIds = [await createVolume()];
    const list = async (input: ec2.DescribeVolumesCommandInput): Promise<unknown> => client.send(new ec2.DescribeVolumesCommand(input));
    await expect(list({ MaxResults: 4 })).rejects.toMatchObject({ name: "InvalidParameterValue" });
    await expect(list({ MaxResults: 1001 })).rejects.toMatchObject({ name: "InvalidParameterValue" });
    await expect(list({ MaxResults: 5, VolumeIds })).rejects.toMatchObject({ name: "InvalidParameterCombination" });
    await expect(list({ NextToken: "bm9uc2Vuc2U" })).rejects.toMatchObject({ name: "InvalidNextToken" });
  });

  it("goes on only with the query that it began with", async () => {
    for (let count = 0; count < 6; count += 1) await createVolume();
    const { NextToken } = await client.send(new ec2.DescribeVolumesCommand({ MaxResults: 5 }));
    const other = new ec2.DescribeVolumesCommand({ MaxResults: 5, NextToken, Filters: [{ Name: "size", Values: ["8"] }] });
    await expect(client.send(other)).rejects.toMatchObject({ name: "InvalidNextToken" });
  });

  it("holds what fits every filter, by one of its values", async () => {
    const tagged = (value: string): Partial<ec2.CreateVolumeCommandInput> => ({
      TagSpecifications: [{ ResourceType: "volume", Tags: [{ Key: "app", Value: value }] }],
    });
    const web = await createVolume({ ...tagged("web*1"), Size: 10 });
    const database = await createVolume({ ...tagged("database"), Size: 20 });
    const plain = await createVolume({ Size: 20 });
    const find = async (...filters: [string, ...string[]][]): Promise<unknown> => {
      const Filters = filters.map(([Name, ...Values]) => ({ Name, Values }));
      const { Volumes = [] } = await client.send(new ec2.DescribeVolumesCommand({ Filters }));
      return Volumes.map((volume) => volume.VolumeId).sort();
    };
    expect(await find(["tag:app", "database"])).toEqual([database]);
    expect(await find(["tag:app", "d?ta*"])).toEqual([database]);
    expect(await find(["tag:app", "DATABASE"])).toEqual([]);
    expect(await find(["tag:app", "web\\*1"])).toEqual([web]);
    expect(await find(["tag:app", "data"])).toEqual([]);
    expect(await find(["tag-key", "app"])).toEqual([web, database].sort());
    expect(await find(["size", "20"], ["tag-key", "app"])).toEqual([database]);
    expect(await find(["volume-id", web, plain])).toEqual([web, plain].sort());
    expect(await find(["status", "available"], ["size", "10", "20"])).toEqual([web, database, plain].sort());
    expect(await find(["encrypted", "false"], ["attachment.instance-id", "*"])).toEqual([]);
    await expect(find(["colour", "blue"])).rejects.toMatchObject({ name: "InvalidParameterValue" });
    await expect(find(["constructor", "x"])).rejects.toMatchObject({ name: "InvalidParameterValue" });
    await expect(find(["size"])).rejects.toMatchObject({ name: "InvalidParameterValue" });
  });

  it("names the first id that is wrong", async () => {
    const list = async (id: string): Promise<unknown> => client.send(new ec2.DescribeVolumesCommand({ VolumeIds: [id] }));
    await expect(list("vol-0123456789abcdef0")).rejects.toMatchObject({
      name: "InvalidVolume.NotFound",
      message: expect.stringContaining("vol-0123456789abcdef0") as string,
    });
    await expect(list("vol-12xy")).rejects.toMatchObject({ name: "InvalidVolumeID.Malformed" });
    await expect(list("snap-0123456789abcdef0")).rejects.toMatchObject({ name: "InvalidParameterValue" });
  });
});

describe("a volume's modification", () => {
  it("makes it larger and faster, and ends", async () => {
    const VolumeId = await createVolume({ VolumeType: "gp2" });
    const { VolumeModification } = await client.send(new ec2.ModifyVolumeCommand({ VolumeId, Size: 20, VolumeType: "gp3", Throughput: 300 }));
    expect(VolumeModification).toMatchObject({ ModificationState: "modifying", OriginalSize: 8, OriginalIops: 100, TargetSize: 20, TargetThroughput: 300 });
    bed.settle();
    const { Volumes } = await client.send(new ec2.DescribeVolumesCommand({ VolumeIds: [VolumeId] }));
    expect(Volumes?.[0]).toMatchObject({ Size: 20, VolumeType: "gp3", Iops: 3000, Throughput: 300 });
    const { VolumesModifications } = await client.send(new ec2.DescribeVolumesModificationsCommand({ VolumeIds: [VolumeId] }));
    expect(VolumesModifications?.[0]).toMatchObject({ ModificationState: "completed", Progress: 100 });
  });

  it("is refused within six hours of the one before, and never makes it smaller", async () => {
    const VolumeId = await createVolume();
    const grow = async (Size: number): Promise<unknown> => client.send(new ec2.ModifyVolumeCommand({ VolumeId, Size }));
    await expect(grow(7)).rejects.toMatchObject({ name: "InvalidParameterValue" });
    await grow(9);
    await expect(grow(10)).rejects.toMatchObject({ name: "VolumeModificationRateExceeded" });
    bed.clock.advance(6 * 3_600_000);
    await grow(10);
  });

  it("takes back what the new type does not have", async () => {
    const VolumeId = await createVolume({ VolumeType: "gp3", Iops: 4000, Throughput: 200 });
    await client.send(new ec2.ModifyVolumeCommand({ VolumeId, VolumeType: "gp2" }));
    await bed.restart();
    const { Volumes } = await bed.client().send(new ec2.DescribeVolumesCommand({ VolumeIds: [VolumeId] }));
    expect(Volumes?.[0]).toMatchObject({ VolumeType: "gp2", Iops: 100 });
    expect(Volumes?.[0]?.Throughput).toBeUndefined();
  });
});

describe("a volume that is deleted", () => {
  it("is gone", async () => {
    const VolumeId = await createVolume();
    await client.send(new ec2.DeleteVolumeCommand({ VolumeId }));
    await expect(client.send(new ec2.DeleteVolumeCommand({ VolumeId }))).rejects.toMatchObject({ name: "InvalidVolume.NotFound" });
  });
});
