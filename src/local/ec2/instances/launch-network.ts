import type * as ec2 from "@aws-sdk/client-ec2";
import { createHash } from "node:crypto";
import type { RequestContext } from "../../service.js";
import { acceptOnly } from "../accepted-parameters.js";
import type { Ec2Environment } from "../ec2-environment.js";
import { ec2Error, invalidCombination, invalidValue } from "../ec2-error.js";
import { isAssignable, takeFree, takenIn } from "../network/addresses.js";
import { defaultNetwork } from "../network/default-network.js";
import { groupsOf, requireGroup, requireSubnet, subnetsOf } from "../network/network.js";
import type { SubnetRecord } from "../network/network-records.js";
import { requireZone } from "../regions/zones.js";

/** Where new instances are, one address for each. */
export interface LaunchNetwork {
  readonly subnet: SubnetRecord;
  readonly securityGroupIds: readonly string[];
  readonly addresses: readonly string[];
  /** Whether each gets an address of the internet's too. */
  readonly isPublic: boolean;
}

interface NetworkRequest {
  readonly subnetId: string | undefined;
  readonly groupIds: readonly string[];
  readonly address: string | undefined;
  readonly isPublic: boolean | undefined;
}

/** Finds the subnet, the security groups and the addresses for `count` new instances. */
export function resolveLaunchNetwork(environment: Ec2Environment, input: ec2.RunInstancesRequest, count: number, context: RequestContext): LaunchNetwork {
  const { subnetId, groupIds, address, isPublic } = readRequest(environment, input, context);
  const { AvailabilityZone: zone, AvailabilityZoneId: zoneId } = input.Placement ?? {};
  const zoneName = zone === undefined && zoneId === undefined ? undefined : requireZone(context.region, { name: zone, id: zoneId }).name;
  const subnet = subnetId === undefined ? defaultSubnet(environment, zoneName, context) : requireSubnet(environment, context, subnetId);
  if (zoneName !== undefined && subnet.zoneName !== zoneName) {
    throw invalidValue(`Invalid availability zone: the subnet '${subnet.subnetId}' is in '${subnet.zoneName}'`);
  }
  for (const groupId of groupIds) {
    if (requireGroup(environment, context, groupId).vpcId !== subnet.vpcId) {
      throw ec2Error("InvalidParameter", `Security group ${groupId} and subnet ${subnet.subnetId} belong to different networks.`);
    }
  }
  const usual = groupsOf(environment, context).filter((group) => group.vpcId === subnet.vpcId && group.name === "default");
  const securityGroupIds = groupIds.length === 0 ? usual.map((group) => group.groupId) : [...new Set(groupIds)];
  const addresses = takeAddresses(environment, { subnet, address, count }, context);
  return { subnet, securityGroupIds, addresses, isPublic: isPublic ?? subnet.givesPublicAddresses };
}

/** The address that the internet knows an instance by: of a block that is nobody's (RFC 2544). */
export function publicAddressOf(networkInterfaceId: string): string {
  const digest = createHash("sha256").update(networkInterfaceId).digest();
  return `198.${18 + (digest.readUInt8(0) % 2)}.${digest.readUInt8(1)}.${digest.readUInt8(2)}`;
}

function defaultSubnet(environment: Ec2Environment, zoneName: string | undefined, context: RequestContext): SubnetRecord {
  const subnet = subnetsOf(environment, context).find((candidate) => candidate.isDefault && (zoneName === undefined || candidate.zoneName === zoneName));
  if (subnet === undefined) throw ec2Error("MissingInput", `No default subnet for availability zone: '${zoneName ?? ""}'.`);
  return subnet;
}

function readRequest(environment: Ec2Environment, input: ec2.RunInstancesRequest, context: RequestContext): NetworkRequest {
  const groupIds = [...(input.SecurityGroupIds ?? []), ...(input.SecurityGroups ?? []).map((name) => groupOfName(environment, name, context))];
  const [first, ...more] = input.NetworkInterfaces ?? [];
  if (first === undefined) return { subnetId: input.SubnetId, groupIds, address: input.PrivateIpAddress, isPublic: undefined };
  if (input.SubnetId !== undefined || groupIds.length > 0 || input.PrivateIpAddress !== undefined) {
    throw invalidCombination("Network interfaces and an instance-level subnet ID, security groups or address may not be specified on the same request");
  }
  if (more.length > 0) throw ec2Error("UnsupportedOperation", "The local cloud gives an instance one network interface.");
  acceptOnly(
    first,
    ["DeviceIndex", "SubnetId", "Groups", "AssociatePublicIpAddress", "DeleteOnTermination", "Description", "PrivateIpAddress", "NetworkCardIndex", "InterfaceType"],
    "NetworkInterface.",
  );
  if (first.DeviceIndex !== 0) throw invalidValue("The device index of the primary network interface must be 0.");
  return { subnetId: first.SubnetId, groupIds: first.Groups ?? [], address: first.PrivateIpAddress, isPublic: first.AssociatePublicIpAddress };
}

function groupOfName(environment: Ec2Environment, name: string, context: RequestContext): string {
  const { vpcId } = defaultNetwork(context).vpc;
  const found = groupsOf(environment, context).find((group) => group.vpcId === vpcId && group.name === name);
  if (found === undefined) throw ec2Error("InvalidGroup.NotFound", `The security group '${name}' does not exist in default VPC '${vpcId}'`);
  return found.groupId;
}

interface AddressRequest {
  readonly subnet: SubnetRecord;
  readonly address: string | undefined;
  readonly count: number;
}

function takeAddresses(environment: Ec2Environment, { subnet, address, count }: AddressRequest, context: RequestContext): string[] {
  if (address === undefined) return takeFree(environment, context, subnet, count);
  if (count !== 1) throw invalidCombination("One address cannot be given to several instances");
  if (!isAssignable(subnet, address)) throw invalidValue("Address does not fall within the subnet's address range");
  if (takenIn(environment, context, subnet).has(address)) throw ec2Error("InvalidIPAddress.InUse", `Address ${address} is in use.`);
  return [address];
}
