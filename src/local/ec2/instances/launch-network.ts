import type * as ec2 from "@aws-sdk/client-ec2";
import type { RequestContext } from "../../service.js";
import { acceptOnly } from "../accepted-parameters.js";
import type { Ec2Environment } from "../ec2-environment.js";
import { ec2Error, invalidCombination, invalidValue } from "../ec2-error.js";
import { checkSecurityGroups, freeAddress, isAddressIn, requireSubnet, securityGroupIdOf } from "../network/default-network.js";
import type { DefaultSubnet } from "../network/default-network.js";
import { requireZone } from "../regions/zones.js";
import { instancesOf } from "./find-instance.js";

/** Where new instances are, one address for each. */
export interface LaunchNetwork {
  readonly subnet: DefaultSubnet;
  readonly securityGroupIds: readonly string[];
  readonly addresses: readonly string[];
}

interface NetworkRequest {
  readonly subnetId: string | undefined;
  readonly groupIds: readonly string[];
  readonly address: string | undefined;
}

/** Finds the subnet, the security groups and the addresses for `count` new instances. */
export function resolveLaunchNetwork(environment: Ec2Environment, input: ec2.RunInstancesRequest, count: number, context: RequestContext): LaunchNetwork {
  const { subnetId, groupIds, address } = readRequest(input, context);
  const { AvailabilityZone: zone, AvailabilityZoneId: zoneId } = input.Placement ?? {};
  const zoneName = zone === undefined && zoneId === undefined ? undefined : requireZone(context.region, { name: zone, id: zoneId }).name;
  const subnet = requireSubnet(context, { subnetId, zoneName });
  if (zoneName !== undefined && subnet.zone.name !== zoneName) {
    throw invalidValue(`Invalid availability zone: the subnet '${subnet.subnetId}' is in '${subnet.zone.name}'`);
  }
  checkSecurityGroups(context, groupIds);
  const securityGroupIds = groupIds.length === 0 ? [securityGroupIdOf(context)] : [...new Set(groupIds)];
  return { subnet, securityGroupIds, addresses: takeAddresses(environment, { subnet, address, count }, context) };
}

function readRequest(input: ec2.RunInstancesRequest, context: RequestContext): NetworkRequest {
  const groupIds = [...(input.SecurityGroupIds ?? []), ...(input.SecurityGroups ?? []).map((name) => groupOfName(name, context))];
  const [first, ...more] = input.NetworkInterfaces ?? [];
  if (first === undefined) return { subnetId: input.SubnetId, groupIds, address: input.PrivateIpAddress };
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
  return { subnetId: first.SubnetId, groupIds: first.Groups ?? [], address: first.PrivateIpAddress };
}

function groupOfName(name: string, context: RequestContext): string {
  if (name === "default") return securityGroupIdOf(context);
  throw ec2Error("InvalidGroup.NotFound", `The security group '${name}' does not exist in the default VPC`);
}

interface AddressRequest {
  readonly subnet: DefaultSubnet;
  readonly address: string | undefined;
  readonly count: number;
}

function takeAddresses(environment: Ec2Environment, { subnet, address, count }: AddressRequest, context: RequestContext): string[] {
  const living = instancesOf(environment, context).filter((instance) => instance.target !== "terminated");
  const taken = new Set(living.map((instance) => instance.privateIpAddress));
  if (address !== undefined) {
    if (count !== 1) throw invalidCombination("One address cannot be given to several instances");
    if (!isAddressIn(subnet, address)) throw invalidValue("Address does not fall within the subnet's address range");
    if (taken.has(address)) throw ec2Error("InvalidIPAddress.InUse", `Address ${address} is in use.`);
    return [address];
  }
  const addresses: string[] = [];
  while (addresses.length < count) {
    const free = freeAddress(subnet, taken);
    if (free === undefined) throw ec2Error("InsufficientFreeAddressesInSubnet", `There are not enough free addresses in subnet '${subnet.subnetId}'.`);
    taken.add(free);
    addresses.push(free);
  }
  return addresses;
}
