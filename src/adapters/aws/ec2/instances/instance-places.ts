import type { _InstanceType } from "@aws-sdk/client-ec2";
import type { CallOptions, ElasticAddress, WorkerSubnet } from "../../../../ports/index.js";
import { describeAwsFailure } from "../../aws-failure.js";
import { callEc2, type Ec2Door } from "../ec2-door.js";

// What is there of things that were named: asked by filters, for which what is missing is no error.

export async function findSubnetsThere(door: Ec2Door, subnetIds: readonly string[], options: CallOptions): Promise<readonly WorkerSubnet[]> {
  if (subnetIds.length === 0) return [];
  const answer = await callEc2(door, { operation: "DescribeSubnets", signal: options.signal }, async ({ signal }) => await door.ec2.send((aws) => new aws.DescribeSubnetsCommand({ Filters: [{ Name: "subnet-id", Values: [...subnetIds] }] }), { abortSignal: signal }));
  return (answer.Subnets ?? []).flatMap(({ SubnetId: subnetId, VpcId: vpcId, AvailabilityZone: availabilityZone, AvailableIpAddressCount: freeAddresses }) =>
    subnetId === undefined || vpcId === undefined || availabilityZone === undefined ? [] : [{ subnetId, vpcId, availabilityZone, freeAddresses: freeAddresses ?? 0 }],
  );
}

export async function findGroups(door: Ec2Door, groupIds: readonly string[], options: CallOptions): Promise<readonly { readonly groupId: string; readonly vpcId: string }[]> {
  if (groupIds.length === 0) return [];
  const answer = await callEc2(door, { operation: "DescribeSecurityGroups", signal: options.signal }, async ({ signal }) => await door.ec2.send((aws) => new aws.DescribeSecurityGroupsCommand({ Filters: [{ Name: "group-id", Values: [...groupIds] }] }), { abortSignal: signal }));
  return (answer.SecurityGroups ?? []).flatMap(({ GroupId: groupId, VpcId: vpcId }) => (groupId === undefined || vpcId === undefined ? [] : [{ groupId, vpcId }]));
}

/** Which of these addresses of a subnet an interface has. */
export async function usedAddresses(door: Ec2Door, subnetId: string, addresses: readonly string[], options: CallOptions): Promise<ReadonlySet<string>> {
  if (addresses.length === 0) return new Set();
  const input = { Filters: [{ Name: "subnet-id", Values: [subnetId] }, { Name: "addresses.private-ip-address", Values: [...addresses] }] };
  const answer = await callEc2(door, { operation: "DescribeNetworkInterfaces", signal: options.signal }, async ({ signal }) => await door.ec2.send((aws) => new aws.DescribeNetworkInterfacesCommand(input), { abortSignal: signal }));
  const used = (answer.NetworkInterfaces ?? []).flatMap((one) => [one.PrivateIpAddress, ...(one.PrivateIpAddresses ?? []).map((address) => address.PrivateIpAddress)]);
  return new Set(used.filter((address): address is string => address !== undefined && addresses.includes(address)));
}

export async function freeInterfaces(door: Ec2Door, interfaceIds: readonly string[], options: CallOptions): Promise<ReadonlySet<string>> {
  if (interfaceIds.length === 0) return new Set();
  const input = { Filters: [{ Name: "network-interface-id", Values: [...interfaceIds] }, { Name: "status", Values: ["available"] }] };
  const answer = await callEc2(door, { operation: "DescribeNetworkInterfaces", signal: options.signal }, async ({ signal }) => await door.ec2.send((aws) => new aws.DescribeNetworkInterfacesCommand(input), { abortSignal: signal }));
  return new Set((answer.NetworkInterfaces ?? []).flatMap(({ NetworkInterfaceId: id }) => id ?? []));
}

export async function findElasticAddresses(door: Ec2Door, allocationIds: readonly string[], options: CallOptions): Promise<readonly ElasticAddress[]> {
  if (allocationIds.length === 0) return [];
  const input = { Filters: [{ Name: "allocation-id", Values: [...allocationIds] }] };
  const answer = await callEc2(door, { operation: "DescribeAddresses", signal: options.signal }, async ({ signal }) => await door.ec2.send((aws) => new aws.DescribeAddressesCommand(input), { abortSignal: signal }));
  return (answer.Addresses ?? []).flatMap(({ AllocationId: allocationId, PublicIp: publicIp, NetworkInterfaceId: interfaceId }) => (allocationId === undefined || publicIp === undefined ? [] : [{ allocationId, publicIp, ...(interfaceId !== undefined && { interfaceId }) }]));
}

export async function hasKeyPair(door: Ec2Door, keyName: string, options: CallOptions): Promise<boolean> {
  const input = { Filters: [{ Name: "key-name", Values: [keyName] }] };
  const answer = await callEc2(door, { operation: "DescribeKeyPairs", signal: options.signal }, async ({ signal }) => await door.ec2.send((aws) => new aws.DescribeKeyPairsCommand(input), { abortSignal: signal }));
  return (answer.KeyPairs ?? []).some((pair) => pair.KeyName === keyName);
}

/** What EC2 answers where it has no such type. */
const unknownType: readonly string[] = ["InvalidInstanceType", "InvalidParameterValue"];

export async function architecturesOf(door: Ec2Door, instanceType: string, options: CallOptions): Promise<readonly string[] | undefined> {
  return await callEc2(door, { operation: "DescribeInstanceTypes", resource: instanceType, signal: options.signal }, async ({ signal }) => {
    try {
      const answer = await door.ec2.send((aws) => new aws.DescribeInstanceTypesCommand({ InstanceTypes: [instanceType as _InstanceType] }), { abortSignal: signal });
      return answer.InstanceTypes?.[0]?.ProcessorInfo?.SupportedArchitectures ?? undefined;
    } catch (error) {
      if (unknownType.includes(describeAwsFailure(error)?.code ?? "")) return undefined;
      throw error;
    }
  });
}
