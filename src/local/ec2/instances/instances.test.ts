import * as ec2 from "@aws-sdk/client-ec2";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Ec2Bed, OTHER_ACCOUNT } from "../testing/ec2-bed.js";

let bed: Ec2Bed;
let client: ec2.EC2Client;
let imageId: string;

beforeEach(async () => {
  bed = await Ec2Bed.open();
  client = bed.client();
  imageId = await findImage("x86_64");
});

afterEach(async () => {
  await bed.close();
});

async function findImage(architecture: string): Promise<string> {
  const Filters = [{ Name: "architecture", Values: [architecture] }, { Name: "name", Values: ["al2023-ami-2023.*"] }];
  const { Images } = await client.send(new ec2.DescribeImagesCommand({ Owners: ["amazon"], Filters }));
  return Images?.[0]?.ImageId ?? "";
}

async function launch(input: Partial<ec2.RunInstancesCommandInput> = {}): Promise<ec2.Instance[]> {
  const { Instances } = await client.send(new ec2.RunInstancesCommand({ ImageId: imageId, MinCount: 1, MaxCount: 1, ...input }));
  return Instances ?? [];
}

async function launchOne(input: Partial<ec2.RunInstancesCommandInput> = {}): Promise<string> {
  const [instance] = await launch(input);
  return instance?.InstanceId ?? "";
}

async function describeOne(instanceId: string): Promise<ec2.Instance> {
  const { Reservations } = await client.send(new ec2.DescribeInstancesCommand({ InstanceIds: [instanceId] }));
  return Reservations?.[0]?.Instances?.[0] ?? {};
}

async function volumesOf(instanceId: string): Promise<Record<string, string>> {
  const { BlockDeviceMappings = [] } = await describeOne(instanceId);
  return Object.fromEntries(BlockDeviceMappings.map((device) => [device.DeviceName ?? "", device.Ebs?.VolumeId ?? ""]));
}

const dataDisk = (DeviceName: string, ebs: ec2.EbsBlockDevice = {}): ec2.BlockDeviceMapping => ({ DeviceName, Ebs: { VolumeSize: 1, ...ebs } });

describe("an instance that is launched", () => {
  it("runs after a while, with the volumes that were asked for", async () => {
    const instanceId = await launchOne({
      InstanceType: "t3.small",
      BlockDeviceMappings: [dataDisk("/dev/xvda", { VolumeSize: 10 }), dataDisk("/dev/sdf", { DeleteOnTermination: false })],
      TagSpecifications: [
        { ResourceType: "instance", Tags: [{ Key: "Name", Value: "web" }] },
        { ResourceType: "volume", Tags: [{ Key: "of", Value: "web" }] },
      ],
    });
    expect(await describeOne(instanceId)).toMatchObject({ State: { Name: "pending", Code: 0 } });
    bed.settle();
    expect(await describeOne(instanceId)).toMatchObject({
      State: { Name: "running", Code: 16 },
      InstanceType: "t3.small",
      Architecture: "x86_64",
      RootDeviceName: "/dev/xvda",
      RootDeviceType: "ebs",
      PrivateIpAddress: "172.31.0.4",
      PrivateDnsName: "ip-172-31-0-4.eu-west-1.compute.internal",
      Placement: { AvailabilityZone: "eu-west-1a" },
      SecurityGroups: [{ GroupName: "default" }],
      Tags: [{ Key: "Name", Value: "web" }],
    });
    const volumes = await volumesOf(instanceId);
    const { Volumes = [] } = await client.send(new ec2.DescribeVolumesCommand({ Filters: [{ Name: "attachment.instance-id", Values: [instanceId] }] }));
    const byId = new Map(Volumes.map((volume) => [volume.VolumeId, volume]));
    expect(byId.get(volumes["/dev/xvda"])).toMatchObject({
      Size: 10,
      VolumeType: "gp3",
      State: "in-use",
      Attachments: [{ Device: "/dev/xvda", State: "attached", DeleteOnTermination: true }],
      Tags: [{ Key: "of", Value: "web" }],
    });
    expect(byId.get(volumes["/dev/sdf"])).toMatchObject({ Size: 1, VolumeType: "gp2", Attachments: [{ DeleteOnTermination: false }] });
  });

  it("gives back what it was launched with", async () => {
    const UserData = Buffer.from("#!/bin/sh\necho hello\n").toString("base64");
    await expect(launchOne({ KeyName: "mine" })).rejects.toMatchObject({ name: "InvalidKeyPair.NotFound" });
    await client.send(new ec2.ImportKeyPairCommand({ KeyName: "mine", PublicKeyMaterial: Buffer.from("ssh-ed25519 AAAA") }));
    const instanceId = await launchOne({
      UserData,
      KeyName: "mine",
      IamInstanceProfile: { Name: "worker" },
      Placement: { AvailabilityZone: "eu-west-1b" },
      MetadataOptions: { HttpTokens: "optional", HttpPutResponseHopLimit: 3 },
      InstanceMarketOptions: { MarketType: "spot" },
      InstanceInitiatedShutdownBehavior: "terminate",
    });
    expect(await describeOne(instanceId)).toMatchObject({
      KeyName: "mine",
      IamInstanceProfile: { Arn: "arn:aws:iam::111122223333:instance-profile/worker" },
      Placement: { AvailabilityZone: "eu-west-1b" },
      MetadataOptions: { State: "applied", HttpTokens: "optional", HttpPutResponseHopLimit: 3 },
      InstanceLifecycle: "spot",
    });
    const attribute = async (Attribute: ec2.InstanceAttributeName): Promise<ec2.InstanceAttribute> =>
      client.send(new ec2.DescribeInstanceAttributeCommand({ InstanceId: instanceId, Attribute }));
    expect((await attribute("userData")).UserData?.Value).toBe(UserData);
    expect((await attribute("instanceInitiatedShutdownBehavior")).InstanceInitiatedShutdownBehavior?.Value).toBe("terminate");
  });

  it("is one of as many as were asked for, each with its own address", async () => {
    const instances = await launch({ MinCount: 2, MaxCount: 3 });
    expect(instances.map((instance) => instance.AmiLaunchIndex)).toEqual([0, 1, 2]);
    expect(new Set(instances.map((instance) => instance.PrivateIpAddress)).size).toBe(3);
    const { Reservations } = await client.send(new ec2.DescribeInstancesCommand({}));
    expect(Reservations).toHaveLength(1);
    expect(Reservations?.[0]?.Instances).toHaveLength(3);
  });

  it("is the same for the same client token, until it is terminated", async () => {
    const instanceId = await launchOne({ ClientToken: "a" });
    expect(await launchOne({ ClientToken: "a" })).toBe(instanceId);
    await expect(launchOne({ ClientToken: "a", MaxCount: 2 })).rejects.toMatchObject({ name: "IdempotentParameterMismatch" });
    await client.send(new ec2.TerminateInstancesCommand({ InstanceIds: [instanceId] }));
    await expect(launchOne({ ClientToken: "a" })).rejects.toMatchObject({ name: "IdempotentInstanceTerminated" });
  });

  it.each([
    ["of no image that there is", { ImageId: "ami-0123456789abcdef0" }, "InvalidAMIID.NotFound"],
    ["of what is no image's id", { ImageId: "image" }, "InvalidAMIID.Malformed"],
    ["of an unknown type", { InstanceType: "z9.huge" as ec2._InstanceType }, "InvalidParameterValue"],
    ["of a type with another architecture", { InstanceType: "t4g.small" }, "InvalidParameterValue"],
    ["none at all", { MinCount: 0 }, "InvalidParameterValue"],
    ["fewer than the least", { MinCount: 2 }, "InvalidParameterValue"],
    ["with user data that is not base64", { UserData: "#!/bin/sh" }, "InvalidParameterValue"],
    ["with user data that is too long", { UserData: Buffer.alloc(16_385).toString("base64") }, "InvalidParameterValue"],
    ["in an unknown subnet", { SubnetId: "subnet-0123456789abcdef0" }, "InvalidSubnetID.NotFound"],
    ["in an unknown group", { SecurityGroupIds: ["sg-0123456789abcdef0"] }, "InvalidGroup.NotFound"],
    ["in an unknown zone", { Placement: { AvailabilityZone: "eu-west-1z" } }, "InvalidZone.NotFound"],
    ["with an address from elsewhere", { PrivateIpAddress: "10.0.0.4" }, "InvalidParameterValue"],
    ["without its root device", { BlockDeviceMappings: [{ DeviceName: "/dev/xvda", NoDevice: "" }] }, "InvalidBlockDeviceMapping"],
    ["with a device twice", { BlockDeviceMappings: [dataDisk("/dev/sdf"), dataDisk("/dev/sdf")] }, "InvalidBlockDeviceMapping"],
    ["with what is no device's name", { BlockDeviceMappings: [dataDisk("disk2")] }, "InvalidParameterValue"],
    ["with a volume that cannot be", { BlockDeviceMappings: [dataDisk("/dev/sdf", { VolumeType: "st1" })] }, "InvalidParameterValue"],
    ["with tags for a snapshot", { TagSpecifications: [{ ResourceType: "snapshot", Tags: [{ Key: "a", Value: "b" }] }] }, "InvalidParameterValue"],
    ["from a launch template", { LaunchTemplate: { LaunchTemplateName: "x" } }, "UnsupportedOperation"],
  ] satisfies [string, Partial<ec2.RunInstancesCommandInput>, string][])("is refused %s, and leaves nothing", async (_how, input, name) => {
    await expect(launch(input)).rejects.toMatchObject({ name });
    expect((await client.send(new ec2.DescribeInstancesCommand({}))).Reservations).toEqual([]);
    expect((await client.send(new ec2.DescribeVolumesCommand({}))).Volumes).toEqual([]);
  });

  it("is seen by its account alone", async () => {
    const instanceId = await launchOne();
    const stranger = bed.client({ accountId: OTHER_ACCOUNT });
    expect((await stranger.send(new ec2.DescribeInstancesCommand({}))).Reservations).toEqual([]);
    const terminate = new ec2.TerminateInstancesCommand({ InstanceIds: [instanceId] });
    await expect(stranger.send(terminate)).rejects.toMatchObject({ name: "InvalidInstanceID.NotFound" });
  });

  it("is found by tag and state, and comes in pages", async () => {
    await launch({ MinCount: 6, MaxCount: 6 });
    const tagged = await launchOne({ TagSpecifications: [{ ResourceType: "instance", Tags: [{ Key: "backup", Value: "daily" }] }] });
    bed.settle();
    await client.send(new ec2.StopInstancesCommand({ InstanceIds: [tagged] }));
    bed.settle();
    const Filters = [{ Name: "tag:backup", Values: ["*"] }, { Name: "instance-state-name", Values: ["running", "stopped"] }];
    const { Reservations } = await client.send(new ec2.DescribeInstancesCommand({ Filters }));
    expect(Reservations?.flatMap((reservation) => reservation.Instances ?? []).map((instance) => instance.InstanceId)).toEqual([tagged]);
    const seen = new Set<string | undefined>();
    for await (const page of ec2.paginateDescribeInstances({ client, pageSize: 5 }, {})) {
      for (const reservation of page.Reservations ?? []) for (const instance of reservation.Instances ?? []) seen.add(instance.InstanceId);
    }
    expect(seen.size).toBe(7);
  });
});

describe("an instance that is stopped, started and terminated", () => {
  it("keeps its volumes until it is terminated, and loses those that go with it", async () => {
    const instanceId = await launchOne({ BlockDeviceMappings: [dataDisk("/dev/sdf", { DeleteOnTermination: false })] });
    const before = await volumesOf(instanceId);
    const InstanceIds = [instanceId];
    await expect(client.send(new ec2.StopInstancesCommand({ InstanceIds }))).rejects.toMatchObject({ name: "IncorrectInstanceState" });
    bed.settle();
    const { StoppingInstances } = await client.send(new ec2.StopInstancesCommand({ InstanceIds }));
    expect(StoppingInstances).toEqual([
      { InstanceId: instanceId, PreviousState: { Code: 16, Name: "running" }, CurrentState: { Code: 64, Name: "stopping" } },
    ]);
    await expect(client.send(new ec2.StartInstancesCommand({ InstanceIds }))).rejects.toMatchObject({ name: "IncorrectInstanceState" });
    bed.settle();
    expect(await describeOne(instanceId)).toMatchObject({ State: { Name: "stopped" }, StateReason: { Code: "Client.UserInitiatedShutdown" } });
    await client.send(new ec2.StartInstancesCommand({ InstanceIds }));
    bed.settle();
    expect(await volumesOf(instanceId)).toEqual(before);
    await client.send(new ec2.TerminateInstancesCommand({ InstanceIds }));
    expect(await describeOne(instanceId)).toMatchObject({ State: { Name: "shutting-down" }, BlockDeviceMappings: [] });
    const { Volumes } = await client.send(new ec2.DescribeVolumesCommand({}));
    expect(Volumes).toMatchObject([{ VolumeId: before["/dev/sdf"], State: "available", Attachments: [] }]);
    bed.settle();
    expect(await describeOne(instanceId)).toMatchObject({ State: { Name: "terminated", Code: 48 } });
  });

  it("is forgotten an hour after its end", async () => {
    const instanceId = await launchOne();
    await client.send(new ec2.TerminateInstancesCommand({ InstanceIds: [instanceId] }));
    bed.clock.advance(2 * 3_600_000);
    await expect(describeOne(instanceId)).rejects.toMatchObject({ name: "InvalidInstanceID.NotFound" });
    await launchOne();
    expect((await client.send(new ec2.DescribeInstancesCommand({}))).Reservations).toHaveLength(1);
    expect(bed.instanceCount).toBe(1);
  });

  it("is as it was after a restart", async () => {
    const instanceId = await launchOne({ BlockDeviceMappings: [dataDisk("/dev/sdf")] });
    bed.settle();
    const before = await describeOne(instanceId);
    await bed.restart();
    client = bed.client();
    expect(await describeOne(instanceId)).toEqual(before);
  });

  it("is protected where it was asked for, and nothing else of the request is done", async () => {
    const [free, kept] = [await launchOne(), await launchOne({ DisableApiTermination: true })];
    const terminate = new ec2.TerminateInstancesCommand({ InstanceIds: [free, kept] });
    await expect(client.send(terminate)).rejects.toMatchObject({ name: "OperationNotPermitted" });
    expect(await describeOne(free)).toMatchObject({ State: { Name: "pending" } });
    await client.send(new ec2.ModifyInstanceAttributeCommand({ InstanceId: kept, DisableApiTermination: { Value: false } }));
    await client.send(terminate);
  });
});

describe("an instance's attributes", () => {
  it("say which volumes go with it", async () => {
    const InstanceId = await launchOne();
    const BlockDeviceMappings = [{ DeviceName: "/dev/xvda", Ebs: { DeleteOnTermination: false } }];
    await client.send(new ec2.ModifyInstanceAttributeCommand({ InstanceId, BlockDeviceMappings }));
    await client.send(new ec2.TerminateInstancesCommand({ InstanceIds: [InstanceId] }));
    expect((await client.send(new ec2.DescribeVolumesCommand({}))).Volumes).toHaveLength(1);
  });

  it("change one at a time, and user data only while it is stopped", async () => {
    const InstanceId = await launchOne();
    const change = async (input: Partial<ec2.ModifyInstanceAttributeCommandInput>): Promise<unknown> =>
      client.send(new ec2.ModifyInstanceAttributeCommand({ InstanceId, ...input }));
    const UserData = { Value: Buffer.from("#!/bin/sh\n") };
    bed.settle();
    await expect(change({ UserData })).rejects.toMatchObject({ name: "IncorrectInstanceState" });
    await expect(change({})).rejects.toMatchObject({ name: "MissingParameter" });
    await client.send(new ec2.StopInstancesCommand({ InstanceIds: [InstanceId] }));
    bed.settle();
    await expect(change({ UserData, SourceDestCheck: { Value: false } })).rejects.toMatchObject({ name: "InvalidParameterCombination" });
    await change({ UserData });
    await change({ Attribute: "instanceType", Value: "m5.large" });
    await expect(change({ InstanceType: { Value: "t4g.small" } })).rejects.toMatchObject({ name: "InvalidParameterValue" });
    expect(await describeOne(InstanceId)).toMatchObject({ InstanceType: "m5.large" });
    const { UserData: told } = await client.send(new ec2.DescribeInstanceAttributeCommand({ InstanceId, Attribute: "userData" }));
    expect(Buffer.from(told?.Value ?? "", "base64").toString()).toBe("#!/bin/sh\n");
  });
});

describe("a volume at an instance", () => {
  const createVolume = async (AvailabilityZone: string): Promise<string> =>
    (await client.send(new ec2.CreateVolumeCommand({ AvailabilityZone, Size: 1 }))).VolumeId ?? "";

  it("is attached and detached", async () => {
    const InstanceId = await launchOne();
    bed.settle();
    const VolumeId = await createVolume("eu-west-1a");
    const attach = new ec2.AttachVolumeCommand({ InstanceId, VolumeId, Device: "/dev/sdf" });
    expect(await client.send(attach)).toMatchObject({ State: "attaching", Device: "/dev/sdf", InstanceId, VolumeId });
    expect(await volumesOf(InstanceId)).toMatchObject({ "/dev/sdf": VolumeId });
    await expect(client.send(attach)).rejects.toMatchObject({ name: "VolumeInUse" });
    await expect(client.send(new ec2.DeleteVolumeCommand({ VolumeId }))).rejects.toMatchObject({ name: "VolumeInUse" });
    const second = new ec2.AttachVolumeCommand({ InstanceId, VolumeId: await createVolume("eu-west-1a"), Device: "/dev/sdf" });
    await expect(client.send(second)).rejects.toMatchObject({ name: "InvalidParameterValue" });
    await expect(client.send(new ec2.DetachVolumeCommand({ VolumeId, Device: "/dev/sdg" }))).rejects.toMatchObject({ name: "InvalidAttachment.NotFound" });
    expect(await client.send(new ec2.DetachVolumeCommand({ VolumeId, InstanceId }))).toMatchObject({ State: "detaching" });
    await expect(client.send(new ec2.DetachVolumeCommand({ VolumeId }))).rejects.toMatchObject({ name: "IncorrectState" });
    await client.send(new ec2.DeleteVolumeCommand({ VolumeId }));
  });

  it("is refused where it cannot be", async () => {
    const InstanceId = await launchOne();
    const VolumeId = await createVolume("eu-west-1a");
    const attach = new ec2.AttachVolumeCommand({ InstanceId, VolumeId, Device: "/dev/sdf" });
    await expect(client.send(attach)).rejects.toMatchObject({ name: "IncorrectState" });
    bed.settle();
    const elsewhere = new ec2.AttachVolumeCommand({ InstanceId, VolumeId: await createVolume("eu-west-1b"), Device: "/dev/sdf" });
    await expect(client.send(elsewhere)).rejects.toMatchObject({ name: "InvalidVolume.ZoneMismatch" });
    const root = (await volumesOf(InstanceId))["/dev/xvda"];
    await expect(client.send(new ec2.DetachVolumeCommand({ VolumeId: root }))).rejects.toMatchObject({ name: "OperationNotPermitted" });
  });
});

describe("snapshots of an instance", () => {
  const tagged = (value: string): ec2.TagSpecification[] => [{ ResourceType: "volume", Tags: [{ Key: "of", Value: value }] }];

  async function snapshotAll(specification: Partial<ec2.InstanceSpecification>, input: Partial<ec2.CreateSnapshotsCommandInput> = {}): Promise<ec2.SnapshotInfo[]> {
    const InstanceSpecification = { InstanceId: undefined, ...specification };
    return (await client.send(new ec2.CreateSnapshotsCommand({ InstanceSpecification, ...input }))).Snapshots ?? [];
  }

  it("are of one moment, one for each volume but those left out", async () => {
    const InstanceId = await launchOne({ BlockDeviceMappings: [dataDisk("/dev/sdf"), dataDisk("/dev/sdg")] });
    const volumes = await volumesOf(InstanceId);
    const ids = (snapshots: ec2.SnapshotInfo[]): (string | undefined)[] => snapshots.map((snapshot) => snapshot.VolumeId).sort();
    const all = await snapshotAll({ InstanceId }, { Description: "all" });
    expect(ids(all)).toEqual(Object.values(volumes).sort());
    expect(new Set(all.map((snapshot) => snapshot.StartTime?.getTime())).size).toBe(1);
    expect(all.every((snapshot) => snapshot.State === "pending" && snapshot.Description === "all")).toBe(true);
    expect(ids(await snapshotAll({ InstanceId, ExcludeBootVolume: true }))).toEqual([volumes["/dev/sdf"], volumes["/dev/sdg"]].sort());
    const ExcludeDataVolumeIds = [volumes["/dev/sdf"] ?? ""];
    expect(ids(await snapshotAll({ InstanceId, ExcludeDataVolumeIds }))).toEqual([volumes["/dev/xvda"], volumes["/dev/sdg"]].sort());
  });

  it("carry their volumes' tags where that is asked for", async () => {
    const InstanceId = await launchOne({ TagSpecifications: tagged("web") });
    const TagSpecifications: ec2.TagSpecification[] = [{ ResourceType: "snapshot", Tags: [{ Key: "plan", Value: "daily" }] }];
    const [plain] = await snapshotAll({ InstanceId }, { TagSpecifications });
    expect(plain?.Tags).toEqual([{ Key: "plan", Value: "daily" }]);
    const [copied] = await snapshotAll({ InstanceId }, { TagSpecifications, CopyTagsFromSource: "volume" });
    expect(copied?.Tags).toEqual(
      expect.arrayContaining([
        { Key: "of", Value: "web" },
        { Key: "plan", Value: "daily" },
      ]),
    );
  });

  it("are refused where nothing is left, or something is left out that is not there", async () => {
    const InstanceId = await launchOne();
    await expect(snapshotAll({ InstanceId, ExcludeBootVolume: true })).rejects.toMatchObject({ name: "InvalidParameterValue" });
    const root = (await volumesOf(InstanceId))["/dev/xvda"] ?? "";
    await expect(snapshotAll({ InstanceId, ExcludeDataVolumeIds: [root] })).rejects.toMatchObject({ name: "InvalidParameterValue" });
    await expect(snapshotAll({ InstanceId: "i-0123456789abcdef0" })).rejects.toMatchObject({ name: "InvalidInstanceID.NotFound" });
    await expect(snapshotAll({ InstanceId: "web" })).rejects.toMatchObject({ name: "InvalidInstanceID.Malformed" });
    await client.send(new ec2.TerminateInstancesCommand({ InstanceIds: [InstanceId] }));
    await expect(snapshotAll({ InstanceId })).rejects.toMatchObject({ name: "IncorrectInstanceState" });
  });
});
