import * as ec2 from "@aws-sdk/client-ec2";
import * as iam from "@aws-sdk/client-iam";
import { createRequire } from "node:module";
import { setTimeout as delay } from "node:timers/promises";
import { afterEach, beforeEach, expect, it } from "vitest";
import { LocalCloud } from "../local-cloud.js";

const REGION = "eu-west-1";
let cloud: LocalCloud;
let client: ec2.EC2Client;

beforeEach(async () => {
  cloud = await LocalCloud.start({ durable: false, instances: "run" });
  client = new ec2.EC2Client({ ...cloud.connection({ region: REGION }), maxAttempts: 1 });
});

afterEach(async () => {
  client.destroy();
  await cloud.close();
});

async function makeProfile(): Promise<void> {
  const roles = new iam.IAMClient(cloud.connection({ region: REGION }));
  const document = (statement: object) => JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", ...statement }] });
  await roles.send(new iam.CreateRoleCommand({ RoleName: "w", AssumeRolePolicyDocument: document({ Principal: { Service: "ec2.amazonaws.com" }, Action: "sts:AssumeRole" }) }));
  await roles.send(new iam.PutRolePolicyCommand({ RoleName: "w", PolicyName: "p", PolicyDocument: document({ Action: "*", Resource: "*" }) }));
  await roles.send(new iam.CreateInstanceProfileCommand({ InstanceProfileName: "w" }));
  await roles.send(new iam.AddRoleToInstanceProfileCommand({ InstanceProfileName: "w", RoleName: "w" }));
  roles.destroy();
}

const modulePath = (name: string) => JSON.stringify(createRequire(import.meta.url).resolve(name));

/** Says again and again which services can be reached; `+` for an answer, `!` for a refusal, `-` for none. */
const script = `#!${process.execPath}
const { STSClient, GetCallerIdentityCommand } = require(${modulePath("@aws-sdk/client-sts")});
const { S3Client, ListBucketsCommand } = require(${modulePath("@aws-sdk/client-s3")});
const { EC2Client, DescribeRegionsCommand } = require(${modulePath("@aws-sdk/client-ec2")});
const options = { region: "${REGION}", maxAttempts: 1, forcePathStyle: true };
const calls = { s3: [new S3Client(options), ListBucketsCommand], sts: [new STSClient(options), GetCallerIdentityCommand], ec2: [new EC2Client(options), DescribeRegionsCommand] };
const probe = ([client, Command]) => client.send(new Command({})).then(() => "+", (error) => (error.$metadata?.httpStatusCode === 403 ? "!" : "-"));
(async () => {
  for (;;) {
    const words = [];
    for (const [name, call] of Object.entries(calls)) words.push(name + (await probe(call)));
    console.log(words.join(" "));
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
})();
`;

/** Waits until the instance says something three times, of what it begins to say after this. */
async function reaches(instanceId: string, expected: string): Promise<void> {
  const deadline = performance.now() + 15_000;
  const linesNow = async () => (await cloud.instances.console(instanceId)).split("\n");
  // The line that is being written now may have been begun before what the test has just done.
  const start = (await linesNow()).length + 1;
  for (;;) {
    const lines = (await linesNow()).slice(start, -1).slice(-3);
    if (lines.length === 3 && lines.every((line) => line === expected)) return;
    if (performance.now() > deadline) throw new Error(`expected ${expected}, and the instance says ${lines.join(" | ")}`);
    await delay(20);
  }
}

async function launch(options: Partial<ec2.RunInstancesRequest>): Promise<string> {
  const { Images } = await client.send(new ec2.DescribeImagesCommand({ Filters: [{ Name: "architecture", Values: ["x86_64"] }] }));
  const UserData = Buffer.from(script).toString("base64");
  const run = new ec2.RunInstancesCommand({ ImageId: Images?.[0]?.ImageId, MinCount: 1, MaxCount: 1, IamInstanceProfile: { Name: "w" }, UserData, ...options });
  return (await client.send(run)).Instances?.[0]?.InstanceId ?? "";
}

it("an instance reaches over its private network what that has endpoints for, and nothing else", async () => {
  await makeProfile();
  const { Vpc } = await client.send(new ec2.CreateVpcCommand({ CidrBlock: "10.1.0.0/16" }));
  const VpcId = Vpc?.VpcId ?? "";
  await client.send(new ec2.ModifyVpcAttributeCommand({ VpcId, EnableDnsHostnames: { Value: true } }));
  const { Subnet } = await client.send(new ec2.CreateSubnetCommand({ VpcId, CidrBlock: "10.1.0.0/28", AvailabilityZone: "eu-west-1b" }));
  const SubnetId = Subnet?.SubnetId ?? "";
  expect(Subnet).toMatchObject({ AvailableIpAddressCount: 11, MapPublicIpOnLaunch: false });
  const group = async (GroupName: string) => (await client.send(new ec2.CreateSecurityGroupCommand({ GroupName, Description: "x", VpcId }))).GroupId ?? "";
  const [workers, endpoints] = [await group("workers"), await group("endpoints")];
  const { RouteTables } = await client.send(new ec2.DescribeRouteTablesCommand({ Filters: [{ Name: "vpc-id", Values: [VpcId] }] }));
  const RouteTableId = RouteTables?.[0]?.RouteTableId ?? "";

  const id = await launch({ NetworkInterfaces: [{ DeviceIndex: 0, SubnetId, Groups: [workers] }], TagSpecifications: [{ ResourceType: "network-interface", Tags: [{ Key: "a", Value: "b" }] }] });
  await reaches(id, "s3- sts- ec2-");
  const { VpcEndpoint: gateway } = await client.send(new ec2.CreateVpcEndpointCommand({ VpcId, ServiceName: `com.amazonaws.${REGION}.s3`, RouteTableIds: [RouteTableId] }));
  await reaches(id, "s3+ sts- ec2-");
  const forSts = { VpcId, VpcEndpointType: "Interface" as const, ServiceName: `com.amazonaws.${REGION}.sts`, SubnetIds: [SubnetId], SecurityGroupIds: [endpoints] };
  const { VpcEndpoint: sts } = await client.send(new ec2.CreateVpcEndpointCommand({ ...forSts, PrivateDnsEnabled: true }));
  await reaches(id, "s3+ sts- ec2-");
  const https: ec2.IpPermission = { IpProtocol: "tcp", FromPort: 443, ToPort: 443, UserIdGroupPairs: [{ GroupId: workers }] };
  await client.send(new ec2.AuthorizeSecurityGroupIngressCommand({ GroupId: endpoints, IpPermissions: [https] }));
  await reaches(id, "s3+ sts+ ec2-");
  await client.send(new ec2.ModifyVpcEndpointCommand({ VpcEndpointId: sts?.VpcEndpointId, PrivateDnsEnabled: false }));
  await reaches(id, "s3+ sts- ec2-");
  const PolicyDocument = JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Principal: "*", Action: "s3:GetObject", Resource: "*" }] });
  await client.send(new ec2.ModifyVpcEndpointCommand({ VpcEndpointId: gateway?.VpcEndpointId, PolicyDocument }));
  await reaches(id, "s3! sts- ec2-");

  const free = async () => (await client.send(new ec2.DescribeSubnetsCommand({ SubnetIds: [SubnetId] }))).Subnets?.[0]?.AvailableIpAddressCount;
  expect(await free()).toBe(9);
  const { NetworkInterfaces } = await client.send(new ec2.DescribeNetworkInterfacesCommand({ Filters: [{ Name: "subnet-id", Values: [SubnetId] }] }));
  expect(NetworkInterfaces?.map((one) => [one.InterfaceType, one.TagSet]).sort()).toEqual([["interface", [{ Key: "a", Value: "b" }]], ["vpc_endpoint", []]]);
  await expect(client.send(new ec2.DeleteSubnetCommand({ SubnetId }))).rejects.toMatchObject({ name: "DependencyViolation" });
  await client.send(new ec2.TerminateInstancesCommand({ InstanceIds: [id] }));
  await expect.poll(free, { timeout: 10_000 }).toBe(10);
  await client.send(new ec2.DeleteVpcEndpointsCommand({ VpcEndpointIds: [gateway?.VpcEndpointId ?? "", sts?.VpcEndpointId ?? ""] }));
  expect(await free()).toBe(11);
  for (const GroupId of [endpoints, workers]) await client.send(new ec2.DeleteSecurityGroupCommand({ GroupId }));
  await client.send(new ec2.DeleteSubnetCommand({ SubnetId }));
  await client.send(new ec2.DeleteVpcCommand({ VpcId }));
  expect((await client.send(new ec2.DescribeVpcsCommand({}))).Vpcs).toMatchObject([{ IsDefault: true }]);
});

it("an instance of the default network reaches everything with a public address, and nothing without", async () => {
  await makeProfile();
  const open = await launch({});
  const closed = await launch({ NetworkInterfaces: [{ DeviceIndex: 0, AssociatePublicIpAddress: false }] });
  await reaches(open, "s3+ sts+ ec2+");
  await reaches(closed, "s3- sts- ec2-");
});
