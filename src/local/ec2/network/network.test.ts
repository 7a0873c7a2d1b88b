import * as ec2 from "@aws-sdk/client-ec2";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Ec2Bed, OTHER_ACCOUNT, OTHER_REGION } from "../testing/ec2-bed.js";

let bed: Ec2Bed;
let client: ec2.EC2Client;

beforeEach(async () => {
  bed = await Ec2Bed.open();
  client = bed.client();
});

afterEach(async () => {
  await bed.close();
});

describe("the default network", () => {
  it("has a subnet in each zone and one security group", async () => {
    const { AvailabilityZones } = await client.send(new ec2.DescribeAvailabilityZonesCommand({}));
    const { Vpcs } = await client.send(new ec2.DescribeVpcsCommand({ Filters: [{ Name: "is-default", Values: ["true"] }] }));
    const vpcId = Vpcs?.[0]?.VpcId ?? "";
    const { Subnets } = await client.send(new ec2.DescribeSubnetsCommand({ Filters: [{ Name: "vpc-id", Values: [vpcId] }] }));
    expect(Subnets?.map((subnet) => subnet.AvailabilityZone).sort()).toEqual(AvailabilityZones?.map((zone) => zone.ZoneName).sort());
    const { SecurityGroups } = await client.send(new ec2.DescribeSecurityGroupsCommand({ GroupNames: ["default"] }));
    expect(SecurityGroups).toMatchObject([{ VpcId: vpcId, GroupName: "default" }]);
    await expect(client.send(new ec2.DescribeSecurityGroupsCommand({ GroupNames: ["web"] }))).rejects.toMatchObject({ name: "InvalidGroup.NotFound" });
  });

  it("is each account's own in each region, and stays the same", async () => {
    const vpcOf = async (from: ec2.EC2Client): Promise<string | undefined> => (await from.send(new ec2.DescribeVpcsCommand({}))).Vpcs?.[0]?.VpcId;
    const ids = [await vpcOf(client), await vpcOf(bed.client({ accountId: OTHER_ACCOUNT })), await vpcOf(bed.client({ region: OTHER_REGION }))];
    expect(new Set(ids).size).toBe(3);
    await bed.restart();
    expect(await vpcOf(bed.client())).toBe(ids[0]);
  });

  it("gives an instance the address and the subnet that it asks for", async () => {
    const { Subnets } = await client.send(new ec2.DescribeSubnetsCommand({ Filters: [{ Name: "availability-zone", Values: ["eu-west-1c"] }] }));
    const SubnetId = Subnets?.[0]?.SubnetId;
    const { Images } = await client.send(new ec2.DescribeImagesCommand({ Filters: [{ Name: "architecture", Values: ["x86_64"] }] }));
    const run = new ec2.RunInstancesCommand({
      ImageId: Images?.[0]?.ImageId,
      MinCount: 1,
      MaxCount: 1,
      SubnetId,
      PrivateIpAddress: "172.31.32.77",
    });
    const { Instances } = await client.send(run);
    expect(Instances?.[0]).toMatchObject({ SubnetId, PrivateIpAddress: "172.31.32.77", Placement: { AvailabilityZone: "eu-west-1c" } });
    await expect(client.send(run)).rejects.toMatchObject({ name: "InvalidIPAddress.InUse" });
    const after = await client.send(new ec2.DescribeSubnetsCommand({ SubnetIds: [SubnetId ?? ""] }));
    expect(after.Subnets?.[0]?.AvailableIpAddressCount).toBe((Subnets?.[0]?.AvailableIpAddressCount ?? 0) - 1);
  });
});

describe("regions, zones and types of instances", () => {
  it("are told", async () => {
    const { Regions } = await client.send(new ec2.DescribeRegionsCommand({}));
    expect(Regions?.map((region) => region.RegionName)).toContain("eu-west-1");
    await expect(client.send(new ec2.DescribeRegionsCommand({ RegionNames: ["mars-west-1"] }))).rejects.toMatchObject({ name: "InvalidParameterValue" });
    const zones = await bed.client({ region: OTHER_REGION }).send(new ec2.DescribeAvailabilityZonesCommand({ ZoneIds: ["usw2-az2"] }));
    expect(zones.AvailabilityZones).toMatchObject([{ ZoneName: "us-west-2b", State: "available" }]);
    const types = await client.send(
      new ec2.DescribeInstanceTypesCommand({ Filters: [{ Name: "processor-info.supported-architecture", Values: ["arm64"] }] }),
    );
    expect(types.InstanceTypes?.map((type) => type.InstanceType)).toContain("c7gn.xlarge");
    expect(types.InstanceTypes?.map((type) => type.InstanceType)).not.toContain("t3.micro");
    const InstanceTypes = ["z9.huge" as ec2._InstanceType];
    await expect(client.send(new ec2.DescribeInstanceTypesCommand({ InstanceTypes }))).rejects.toMatchObject({ name: "InvalidInstanceType" });
  });
});

describe("a network interface", () => {
  it("stays behind its instance where that is asked for, with its address, until it is deleted", async () => {
    const { Images } = await client.send(new ec2.DescribeImagesCommand({ Filters: [{ Name: "architecture", Values: ["x86_64"] }] }));
    const run = new ec2.RunInstancesCommand({
      ImageId: Images?.[0]?.ImageId,
      MinCount: 1,
      MaxCount: 1,
      NetworkInterfaces: [{ DeviceIndex: 0, DeleteOnTermination: false }],
      TagSpecifications: [{ ResourceType: "network-interface", Tags: [{ Key: "left", Value: "yes" }] }],
    });
    const { Instances } = await client.send(run);
    const NetworkInterfaceId = Instances?.[0]?.NetworkInterfaces?.[0]?.NetworkInterfaceId ?? "";
    await expect(client.send(new ec2.DeleteNetworkInterfaceCommand({ NetworkInterfaceId }))).rejects.toMatchObject({ name: "InvalidParameterValue" });
    await client.send(new ec2.TerminateInstancesCommand({ InstanceIds: [Instances?.[0]?.InstanceId ?? ""] }));
    bed.settle();
    const find = () => client.send(new ec2.DescribeNetworkInterfacesCommand({ Filters: [{ Name: "tag:left", Values: ["yes"] }] }));
    expect((await find()).NetworkInterfaces).toMatchObject([{ NetworkInterfaceId, Status: "available", PrivateIpAddress: Instances?.[0]?.PrivateIpAddress }]);
    await client.send(new ec2.DeleteNetworkInterfaceCommand({ NetworkInterfaceId }));
    expect((await find()).NetworkInterfaces).toEqual([]);
  });
});
