import type * as ec2 from "@aws-sdk/client-ec2";
import type { RequestContext } from "../../service.js";
import { acceptOnly } from "../accepted-parameters.js";
import type { Ec2Environment } from "../ec2-environment.js";
import { ec2Error, invalidValue } from "../ec2-error.js";
import type { FilterReaders } from "../filters.js";
import { takePage } from "../listing.js";
import { requireZone, zonesOf } from "../regions/zones.js";
import { createId } from "../resource-id.js";
import { countFree, takenIn } from "./addresses.js";
import { containsBlock, overlaps, parseBlock } from "./cidr-block.js";
import type { CidrBlock } from "./cidr-block.js";
import { requireSubnet, requireVpc, routeTablesOf, subnetsOf } from "./network.js";
import type { SubnetRecord } from "./network-records.js";
import { tagNew, tagsOf } from "./network-tags.js";

const LARGEST_PREFIX = 28;

export function createSubnet(environment: Ec2Environment, input: ec2.CreateSubnetRequest, context: RequestContext): ec2.CreateSubnetResult {
  acceptOnly(input, ["VpcId", "CidrBlock", "AvailabilityZone", "AvailabilityZoneId", "TagSpecifications"]);
  const vpc = requireVpc(environment, context, input.VpcId);
  const cidrBlock = input.CidrBlock ?? "";
  const block = parseBlock(cidrBlock);
  const outer = parseBlock(vpc.cidrBlock);
  if (block === undefined) throw invalidValue(`Value (${cidrBlock}) for parameter cidrBlock is invalid. This is not a valid CIDR block.`);
  if (outer === undefined || block.prefixLength > LARGEST_PREFIX || !containsBlock(outer, block)) throw ec2Error("InvalidSubnet.Range", `The CIDR '${cidrBlock}' is invalid.`);
  checkFree(block, subnetsOf(environment, context).filter((subnet) => subnet.vpcId === vpc.vpcId), cidrBlock);
  const { AvailabilityZone: name, AvailabilityZoneId: id } = input;
  const zone = name === undefined && id === undefined ? zonesOf(context.region)[0] : requireZone(context.region, { name, id });
  const { accountId, region } = context;
  const subnet: SubnetRecord = {
    accountId,
    region,
    subnetId: createId("subnet"),
    vpcId: vpc.vpcId,
    zoneName: zone?.name ?? "",
    cidrBlock,
    isDefault: false,
    givesPublicAddresses: false,
  };
  environment.blocks.records.commit([
    ...tagNew(environment, "subnet", subnet.subnetId, input.TagSpecifications),
    environment.tables.subnets.put(subnet.subnetId, subnet),
  ]);
  return { Subnet: describeSubnet(environment, subnet, context) };
}

function checkFree(block: CidrBlock, others: readonly SubnetRecord[], cidrBlock: string): void {
  const isTaken = others.some((other) => {
    const taken = parseBlock(other.cidrBlock);
    return taken !== undefined && overlaps(block, taken);
  });
  if (isTaken) throw ec2Error("InvalidSubnet.Conflict", `The CIDR '${cidrBlock}' conflicts with another subnet`);
}

export function deleteSubnet(environment: Ec2Environment, input: ec2.DeleteSubnetRequest, context: RequestContext): void {
  acceptOnly(input, ["SubnetId"]);
  const subnet = requireSubnet(environment, context, input.SubnetId);
  const { subnetId } = subnet;
  if (subnet.isDefault) throw ec2Error("UnsupportedOperation", "The local cloud keeps default subnets.");
  if (takenIn(environment, context, subnet).size > 0) throw ec2Error("DependencyViolation", `The subnet '${subnetId}' has dependencies and cannot be deleted.`);
  const { tables, blocks } = environment;
  const associated = routeTablesOf(environment, context).filter((table) => table.associations.some((association) => association.subnetId === subnetId));
  blocks.records.commit([
    tables.subnets.remove(subnetId),
    tables.tags.remove(subnetId),
    ...associated.map((table) =>
      tables.routeTables.put(table.routeTableId, { ...table, associations: table.associations.filter((association) => association.subnetId !== subnetId) }),
    ),
  ]);
}

export function modifySubnetAttribute(environment: Ec2Environment, input: ec2.ModifySubnetAttributeRequest, context: RequestContext): void {
  acceptOnly(input, ["SubnetId", "MapPublicIpOnLaunch"]);
  const subnet = requireSubnet(environment, context, input.SubnetId);
  const changed = { ...subnet, givesPublicAddresses: input.MapPublicIpOnLaunch?.Value ?? subnet.givesPublicAddresses };
  environment.blocks.records.commit([environment.tables.subnets.put(subnet.subnetId, changed)]);
}

const readers: FilterReaders<ec2.Subnet> = {
  "availability-zone": (subnet) => subnet.AvailabilityZone,
  availabilityZone: (subnet) => subnet.AvailabilityZone,
  "availability-zone-id": (subnet) => subnet.AvailabilityZoneId,
  availabilityZoneId: (subnet) => subnet.AvailabilityZoneId,
  "available-ip-address-count": (subnet) => subnet.AvailableIpAddressCount,
  cidr: (subnet) => subnet.CidrBlock,
  "cidr-block": (subnet) => subnet.CidrBlock,
  cidrBlock: (subnet) => subnet.CidrBlock,
  "default-for-az": (subnet) => subnet.DefaultForAz,
  defaultForAz: (subnet) => subnet.DefaultForAz,
  "map-public-ip-on-launch": (subnet) => subnet.MapPublicIpOnLaunch,
  "owner-id": (subnet) => subnet.OwnerId,
  state: (subnet) => subnet.State,
  "subnet-arn": (subnet) => subnet.SubnetArn,
  "subnet-id": (subnet) => subnet.SubnetId,
  "vpc-id": (subnet) => subnet.VpcId,
};

export function describeSubnets(environment: Ec2Environment, input: ec2.DescribeSubnetsRequest, context: RequestContext): ec2.DescribeSubnetsResult {
  const { items, nextToken } = takePage({
    items: subnetsOf(environment, context).map((subnet) => describeSubnet(environment, subnet, context)),
    idOf: (subnet) => subnet.SubnetId ?? "",
    ids: { kind: "subnet", parameter: "subnetIds", values: input.SubnetIds },
    filters: input.Filters,
    readers,
    maxResults: input.MaxResults,
    nextToken: input.NextToken,
  });
  return { Subnets: items, NextToken: nextToken };
}

function describeSubnet(environment: Ec2Environment, subnet: SubnetRecord, context: RequestContext): ec2.Subnet {
  const { subnetId, vpcId, zoneName, cidrBlock, isDefault, givesPublicAddresses } = subnet;
  return {
    SubnetId: subnetId,
    SubnetArn: `arn:aws:ec2:${context.region}:${context.accountId}:subnet/${subnetId}`,
    VpcId: vpcId,
    OwnerId: context.accountId,
    AvailabilityZone: zoneName,
    AvailabilityZoneId: zonesOf(context.region).find((zone) => zone.name === zoneName)?.id,
    AvailableIpAddressCount: countFree(environment, context, subnet),
    CidrBlock: cidrBlock,
    DefaultForAz: isDefault,
    MapPublicIpOnLaunch: givesPublicAddresses,
    AssignIpv6AddressOnCreation: false,
    Ipv6CidrBlockAssociationSet: [],
    State: "available",
    Tags: tagsOf(environment, subnetId),
  };
}
