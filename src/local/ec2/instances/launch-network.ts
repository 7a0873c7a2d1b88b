import type * as ec2 from "@aws-sdk/client-ec2";
import { createHash } from "node:crypto";
import type { RequestContext } from "../../service.js";
import { acceptOnly } from "../accepted-parameters.js";
import type { Ec2Environment } from "../ec2-environment.js";
import { ec2Error, invalidCombination, invalidValue } from "../ec2-error.js";
import { isAssignable, takeFree, takenIn } from "../network/addresses.js";
import { defaultNetwork } from "../network/default-network.js";
import { groupsOf, leftInterfacesOf, requireGroup, requireSubnet, subnetsOf } from "../network/network.js";
import type { SubnetRecord } from "../network/network-records.js";
import { requireZone } from "../regions/zones.js";
import { requireResource } from "../resource-id.js";
import { instancesOf } from "./find-instance.js";
import { interfacesOf } from "./instance-interfaces.js";

/** A network interface that new instances get: a new one, or one that an instance has left behind. */
export interface LaunchInterface {
  readonly existingId: string | undefined;
  readonly deviceIndex: number;
  readonly networkCardIndex: number;
  readonly subnet: SubnetRecord;
  readonly groupIds: readonly string[];
  /** One for each instance. */
  readonly addresses: readonly string[];
  readonly secondaryAddresses: readonly string[];
  readonly description: string;
  readonly deleteOnTermination: boolean;
}

/** Where new instances are. */
export interface LaunchNetwork {
  readonly subnet: SubnetRecord;
  /** The primary one first. */
  readonly interfaces: readonly [LaunchInterface, ...LaunchInterface[]];
  /** Whether each gets an address of the internet's too. */
  readonly isPublic: boolean;
}

/** Finds the subnets, the security groups and the addresses for `count` new instances. */
export function resolveLaunchNetwork(environment: Ec2Environment, input: ec2.RunInstancesRequest, count: number, context: RequestContext): LaunchNetwork {
  const { AvailabilityZone: zone, AvailabilityZoneId: zoneId } = input.Placement ?? {};
  const zoneName = zone === undefined && zoneId === undefined ? undefined : requireZone(context.region, { name: zone, id: zoneId }).name;
  const taken = new Set<string>();
  const [first, ...further] = readInterfaces(environment, input, context).map((request) => resolveInterface(environment, { request, zoneName, count, taken }, context));
  if (first === undefined) throw invalidValue("A launch needs a network interface.");
  const { subnet } = first;
  if (zoneName !== undefined && subnet.zoneName !== zoneName) throw invalidValue(`Invalid availability zone: the subnet '${subnet.subnetId}' is in '${subnet.zoneName}'`);
  const indexes = [first, ...further].map((one) => one.deviceIndex);
  if (first.deviceIndex !== 0) throw invalidValue("The device index of the primary network interface must be 0.");
  if (new Set(indexes).size < indexes.length) throw invalidValue("Each network interface requires a unique device index.");
  for (const one of further) {
    if (one.subnet.zoneName !== subnet.zoneName) throw ec2Error("InvalidParameterCombination", `The subnet '${one.subnet.subnetId}' is not in the availability zone '${subnet.zoneName}'.`);
    if (one.subnet.vpcId !== subnet.vpcId) throw ec2Error("UnsupportedOperation", "The local cloud gives an instance network interfaces in one network.");
  }
  const isPublic = input.NetworkInterfaces?.[0]?.AssociatePublicIpAddress ?? (first.existingId === undefined && further.length === 0 && subnet.givesPublicAddresses);
  if (isPublic && further.length > 0) throw invalidCombination("The associatePublicIPAddress parameter cannot be specified when launching with multiple network interfaces.");
  return { subnet, interfaces: [first, ...further], isPublic };
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

type InterfaceRequest = ec2.InstanceNetworkInterfaceSpecification;

/** The interfaces of a launch, in the order of their indexes. */
function readInterfaces(environment: Ec2Environment, input: ec2.RunInstancesRequest, context: RequestContext): readonly InterfaceRequest[] {
  const groupIds = [...(input.SecurityGroupIds ?? []), ...(input.SecurityGroups ?? []).map((name) => groupOfName(environment, name, context))];
  const given = input.NetworkInterfaces ?? [];
  if (given.length === 0) return [{ DeviceIndex: 0, SubnetId: input.SubnetId, Groups: groupIds, PrivateIpAddress: input.PrivateIpAddress }];
  if (input.SubnetId !== undefined || groupIds.length > 0 || input.PrivateIpAddress !== undefined) {
    throw invalidCombination("Network interfaces and an instance-level subnet ID, security groups or address may not be specified on the same request");
  }
  for (const one of given) {
    acceptOnly(
      one,
      [
        ...["DeviceIndex", "SubnetId", "Groups", "AssociatePublicIpAddress", "DeleteOnTermination", "Description", "PrivateIpAddress"] as const,
        ...["NetworkCardIndex", "InterfaceType", "PrivateIpAddresses", "NetworkInterfaceId", "SecondaryPrivateIpAddressCount"] as const,
      ],
      "NetworkInterface.",
    );
    if ((one.InterfaceType ?? "interface") !== "interface") throw ec2Error("UnsupportedOperation", "The local cloud has network interfaces of the type interface only.");
    if ((one.NetworkCardIndex ?? 0) !== 0) throw invalidValue("The instance types here have one network card.");
  }
  if (given.length > MAX_INTERFACES) throw ec2Error("AttachmentLimitExceeded", `Interface count ${String(given.length)} exceeds the limit for the instance type.`);
  return [...given].sort((a, b) => (a.DeviceIndex ?? 0) - (b.DeviceIndex ?? 0));
}

/** As many as the smaller types take. */
const MAX_INTERFACES = 3;

interface InterfaceQuestion {
  readonly request: InterfaceRequest;
  readonly zoneName: string | undefined;
  readonly count: number;
  /** What this launch takes for itself: it grows. */
  readonly taken: Set<string>;
}

function resolveInterface(environment: Ec2Environment, { request, zoneName, count, taken }: InterfaceQuestion, context: RequestContext): LaunchInterface {
  const place = { deviceIndex: request.DeviceIndex ?? 0, networkCardIndex: 0 };
  if (request.NetworkInterfaceId !== undefined) return { ...place, ...leftInterface(environment, { ...request, NetworkInterfaceId: request.NetworkInterfaceId }, count, context) };
  const subnet = request.SubnetId === undefined ? defaultSubnet(environment, zoneName, context) : requireSubnet(environment, context, request.SubnetId);
  for (const groupId of request.Groups ?? []) {
    if (requireGroup(environment, context, groupId).vpcId !== subnet.vpcId) {
      throw ec2Error("InvalidParameter", `Security group ${groupId} and subnet ${subnet.subnetId} belong to different networks.`);
    }
  }
  const usual = groupsOf(environment, context).filter((group) => group.vpcId === subnet.vpcId && group.name === "default");
  const groupIds = (request.Groups ?? []).length === 0 ? usual.map((group) => group.groupId) : [...new Set(request.Groups)];
  const listed = request.PrivateIpAddresses ?? [];
  const primary = listed.filter((one) => one.Primary === true);
  if (listed.length > 0 && (primary.length !== 1 || request.PrivateIpAddress !== undefined)) throw invalidCombination("Exactly one private address of a network interface must be its primary one");
  const secondaryAddresses = listed.filter((one) => one.Primary !== true).map((one) => one.PrivateIpAddress ?? "");
  const address = primary[0]?.PrivateIpAddress ?? request.PrivateIpAddress;
  for (const one of [...(address === undefined ? [] : [address]), ...secondaryAddresses]) checkAddress(environment, { subnet, address: one, count, taken }, context);
  const addresses = address === undefined ? takeFree(environment, context, subnet, count + taken.size).filter((one) => !taken.has(one)).slice(0, count) : [address];
  for (const one of addresses) taken.add(one);
  const further = request.SecondaryPrivateIpAddressCount ?? 0;
  if (further > 0 && (secondaryAddresses.length > 0 || count !== 1)) throw invalidCombination("The number of secondary private addresses cannot be specified together with the addresses, or for several instances");
  for (const one of takeFree(environment, context, subnet, further + taken.size).filter((free) => !taken.has(free)).slice(0, further)) {
    taken.add(one);
    secondaryAddresses.push(one);
  }
  return { ...place, existingId: undefined, subnet, groupIds, addresses, secondaryAddresses, description: request.Description ?? "", deleteOnTermination: request.DeleteOnTermination ?? true };
}

/** An interface that an instance has left behind stays itself, and afterwards does not go with its instance. */
function leftInterface(environment: Ec2Environment, request: InterfaceRequest & { readonly NetworkInterfaceId: string }, count: number, context: RequestContext): Omit<LaunchInterface, "deviceIndex" | "networkCardIndex"> {
  const { NetworkInterfaceId, SubnetId, Groups, PrivateIpAddress, PrivateIpAddresses, Description, DeleteOnTermination } = request;
  if (SubnetId !== undefined || Groups !== undefined || PrivateIpAddress !== undefined || PrivateIpAddresses !== undefined || Description !== undefined) {
    throw invalidCombination("You may not specify a network interface ID and the properties of a new network interface together");
  }
  if (DeleteOnTermination === true) throw invalidCombination("deleteOnTermination cannot be true for an existing network interface");
  if (count !== 1) throw invalidCombination("One network interface cannot be given to several instances");
  const left = leftInterfacesOf(environment, context).find((one) => one.networkInterfaceId === NetworkInterfaceId);
  const isUsed = instancesOf(environment, context).some((one) => one.target !== "terminated" && interfacesOf(one).some((used) => used.networkInterfaceId === NetworkInterfaceId));
  if (isUsed) throw ec2Error("InvalidNetworkInterface.InUse", `Interface: [${NetworkInterfaceId}] in use.`);
  const { subnetId, address, secondaryAddresses = [], description = "", groupIds } = requireResource("network-interface", NetworkInterfaceId, () => left);
  return { existingId: NetworkInterfaceId, subnet: requireSubnet(environment, context, subnetId), groupIds, addresses: [address], secondaryAddresses, description, deleteOnTermination: false };
}

function groupOfName(environment: Ec2Environment, name: string, context: RequestContext): string {
  const { vpcId } = defaultNetwork(context).vpc;
  const found = groupsOf(environment, context).find((group) => group.vpcId === vpcId && group.name === name);
  if (found === undefined) throw ec2Error("InvalidGroup.NotFound", `The security group '${name}' does not exist in default VPC '${vpcId}'`);
  return found.groupId;
}

interface AddressQuestion {
  readonly subnet: SubnetRecord;
  readonly address: string;
  readonly count: number;
  readonly taken: Set<string>;
}

function checkAddress(environment: Ec2Environment, { subnet, address, count, taken }: AddressQuestion, context: RequestContext): void {
  if (count !== 1) throw invalidCombination("One address cannot be given to several instances");
  if (!isAssignable(subnet, address)) throw invalidValue("Address does not fall within the subnet's address range");
  if (taken.has(address) || takenIn(environment, context, subnet).has(address)) throw ec2Error("InvalidIPAddress.InUse", `Address ${address} is in use.`);
  taken.add(address);
}
