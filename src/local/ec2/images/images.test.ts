import * as ec2 from "@aws-sdk/client-ec2";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { BED_ACCOUNT, Ec2Bed, OTHER_ACCOUNT } from "../testing/ec2-bed.js";

let bed: Ec2Bed;
let client: ec2.EC2Client;

beforeEach(async () => {
  bed = await Ec2Bed.open();
  client = bed.client();
});

afterEach(async () => {
  await bed.close();
});

async function createSnapshot(): Promise<string> {
  const { VolumeId } = await client.send(new ec2.CreateVolumeCommand({ AvailabilityZone: "eu-west-1a", Size: 4 }));
  const { SnapshotId } = await client.send(new ec2.CreateSnapshotCommand({ VolumeId }));
  return SnapshotId ?? "";
}

const imageOf = (SnapshotId: string, input: Partial<ec2.RegisterImageCommandInput> = {}): ec2.RegisterImageCommand =>
  new ec2.RegisterImageCommand({
    Name: "restored",
    Architecture: "arm64",
    RootDeviceName: "/dev/xvda",
    VirtualizationType: "hvm",
    BlockDeviceMappings: [{ DeviceName: "/dev/xvda", Ebs: { SnapshotId, VolumeType: "gp3" } }],
    ...input,
  });

describe("the images of Amazon", () => {
  it("are there for everyone, the same each time", async () => {
    const list = async (accountId: string): Promise<ec2.Image[]> =>
      (await bed.client({ accountId }).send(new ec2.DescribeImagesCommand({ Owners: ["amazon"] }))).Images ?? [];
    const images = await list(BED_ACCOUNT);
    expect(images.length).toBeGreaterThanOrEqual(2);
    expect(images.map((image) => image.Architecture)).toEqual(expect.arrayContaining(["x86_64", "arm64"]));
    expect(images.every((image) => image.State === "available" && image.ImageOwnerAlias === "amazon")).toBe(true);
    expect(await list(OTHER_ACCOUNT)).toEqual(images);
    const ImageId = images[0]?.ImageId;
    await expect(client.send(new ec2.DeregisterImageCommand({ ImageId }))).rejects.toMatchObject({ name: "AuthFailure" });
  });
});

describe("an image that is registered", () => {
  it("can be launched, and keeps its snapshot from being deleted", async () => {
    const SnapshotId = await createSnapshot();
    await expect(client.send(imageOf(SnapshotId))).rejects.toMatchObject({ name: "IncorrectState" });
    bed.settle();
    const { ImageId } = await client.send(imageOf(SnapshotId));
    await expect(client.send(imageOf(SnapshotId))).rejects.toMatchObject({ name: "InvalidAMIName.Duplicate" });
    await expect(client.send(new ec2.DeleteSnapshotCommand({ SnapshotId }))).rejects.toMatchObject({ name: "InvalidSnapshot.InUse" });
    const { Images } = await client.send(new ec2.DescribeImagesCommand({ Owners: ["self"] }));
    expect(Images).toMatchObject([{ ImageId, Name: "restored", OwnerId: BED_ACCOUNT, Public: false, BlockDeviceMappings: [{ Ebs: { SnapshotId, VolumeSize: 4 } }] }]);
    const run = new ec2.RunInstancesCommand({ ImageId, InstanceType: "t4g.small", MinCount: 1, MaxCount: 1 });
    const { Instances } = await client.send(run);
    const VolumeIds = [Instances?.[0]?.BlockDeviceMappings?.[0]?.Ebs?.VolumeId ?? ""];
    const { Volumes } = await client.send(new ec2.DescribeVolumesCommand({ VolumeIds }));
    expect(Volumes?.[0]).toMatchObject({ SnapshotId, Size: 4, VolumeType: "gp3" });
    await expect(bed.client({ accountId: OTHER_ACCOUNT }).send(run)).rejects.toMatchObject({ name: "InvalidAMIID.NotFound" });
    await client.send(new ec2.DeregisterImageCommand({ ImageId }));
    await expect(client.send(run)).rejects.toMatchObject({ name: "InvalidAMIID.NotFound" });
    await client.send(new ec2.DeleteSnapshotCommand({ SnapshotId }));
  });

  it("takes its snapshots with it where that is asked for", async () => {
    const SnapshotId = await createSnapshot();
    bed.settle();
    const { ImageId } = await client.send(imageOf(SnapshotId));
    const { DeleteSnapshotResults } = await client.send(new ec2.DeregisterImageCommand({ ImageId, DeleteAssociatedSnapshots: true }));
    expect(DeleteSnapshotResults).toEqual([{ SnapshotId, ReturnCode: "success" }]);
    expect((await client.send(new ec2.DescribeSnapshotsCommand({ OwnerIds: ["self"] }))).Snapshots).toEqual([]);
  });

  it.each([
    ["without a root device", { RootDeviceName: "/dev/sdb" }, "InvalidBlockDeviceMapping"],
    ["with a short name", { Name: "x" }, "InvalidAMIName.Malformed"],
    ["of another architecture", { Architecture: "i386" }, "InvalidParameterValue"],
    ["of another virtualization", { VirtualizationType: "paravirtual" }, "InvalidParameterValue"],
  ] satisfies [string, Partial<ec2.RegisterImageCommandInput>, string][])("is refused %s", async (_how, input, name) => {
    const SnapshotId = await createSnapshot();
    bed.settle();
    await expect(client.send(imageOf(SnapshotId, input))).rejects.toMatchObject({ name });
  });

  it("is refused where its root is smaller than its snapshot", async () => {
    const SnapshotId = await createSnapshot();
    bed.settle();
    const BlockDeviceMappings = [{ DeviceName: "/dev/xvda", Ebs: { SnapshotId, VolumeSize: 3 } }];
    await expect(client.send(imageOf(SnapshotId, { BlockDeviceMappings }))).rejects.toMatchObject({ name: "InvalidBlockDeviceMapping" });
  });
});
