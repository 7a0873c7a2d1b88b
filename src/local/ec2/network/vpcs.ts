import type * as ec2 from "@aws-sdk/client-ec2";
import type { RequestContext } from "../../service.js";
import { acceptOnly } from "../accepted-parameters.js";
import type { Ec2Environment } from "../ec2-environment.js";
import { ec2Error, invalidValue } from "../ec2-error.js";
import type { FilterReaders } from "../filters.js";
import { takePage } from "../listing.js";
import { createId, derivedId } from "../resource-id.js";
import { parseBlock } from "./cidr-block.js";
import { defaultGroup, mainRouteTable } from "./default-network.js";
import { endpointsOf, gatewaysOf, groupsOf, requireVpc, routeTablesOf, subnetsOf, vpcsOf } from "./network.js";
import type { VpcRecord } from "./network-records.js";
import { tagNew, tagsOf } from "./network-tags.js";

const LARGEST_PREFIX = 28;
const SMALLEST_PREFIX = 16;

/** Makes a VPC with its main route table and its default security group. */
export function createVpc(environment: Ec2Environment, input: ec2.CreateVpcRequest, context: RequestContext): ec2.CreateVpcResult {
  acceptOnly(input, ["CidrBlock", "InstanceTenancy", "TagSpecifications"]);
  const block = parseBlock(input.CidrBlock ?? "");
  if (block === undefined) throw invalidValue(`Value (${input.CidrBlock ?? ""}) for parameter cidrBlock is invalid. This is not a valid CIDR block.`);
  if (block.prefixLength < SMALLEST_PREFIX || block.prefixLength > LARGEST_PREFIX) throw ec2Error("InvalidVpc.Range", `The CIDR '${input.CidrBlock ?? ""}' is invalid.`);
  const { accountId, region } = context;
  const vpc: VpcRecord = { accountId, region, vpcId: createId("vpc"), cidrBlock: input.CidrBlock ?? "", isDefault: false, hasDnsSupport: true, hasDnsHostnames: false };
  const group = defaultGroup(context, vpc.vpcId, createId("sg"));
  const table = { ...mainRouteTable(context, vpc.vpcId), routeTableId: createId("rtb") };
  const { tables, blocks } = environment;
  blocks.records.commit([
    ...tagNew(environment, "vpc", vpc.vpcId, input.TagSpecifications),
    tables.vpcs.put(vpc.vpcId, vpc),
    tables.groups.put(group.groupId, group),
    tables.routeTables.put(table.routeTableId, table),
  ]);
  return { Vpc: describeVpc(environment, vpc) };
}

/** Removes a VPC in which nothing is left but what it began with. */
export function deleteVpc(environment: Ec2Environment, input: ec2.DeleteVpcRequest, context: RequestContext): void {
  acceptOnly(input, ["VpcId"]);
  const { vpcId, isDefault } = requireVpc(environment, context, input.VpcId);
  if (isDefault) throw ec2Error("UnsupportedOperation", "The local cloud keeps default VPCs.");
  const isIn = (one: { readonly vpcId?: string }): boolean => one.vpcId === vpcId;
  const tables = routeTablesOf(environment, context).filter(isIn);
  const groups = groupsOf(environment, context).filter(isIn);
  const hasMore =
    subnetsOf(environment, context).some(isIn) ||
    gatewaysOf(environment, context).some(isIn) ||
    endpointsOf(environment, context).some(isIn) ||
    tables.some((table) => !table.isMain) ||
    groups.some((group) => group.name !== "default");
  if (hasMore) throw ec2Error("DependencyViolation", `The vpc '${vpcId}' has dependencies and cannot be deleted.`);
  const { tables: records, blocks } = environment;
  blocks.records.commit([
    records.vpcs.remove(vpcId),
    ...tables.map((table) => records.routeTables.remove(table.routeTableId)),
    ...groups.map((group) => records.groups.remove(group.groupId)),
    ...[vpcId, ...tables.map((table) => table.routeTableId), ...groups.map((group) => group.groupId)].map((id) => records.tags.remove(id)),
  ]);
}

export function modifyVpcAttribute(environment: Ec2Environment, input: ec2.ModifyVpcAttributeRequest, context: RequestContext): void {
  acceptOnly(input, ["VpcId", "EnableDnsSupport", "EnableDnsHostnames"]);
  const vpc = requireVpc(environment, context, input.VpcId);
  const changed: VpcRecord = {
    ...vpc,
    hasDnsSupport: input.EnableDnsSupport?.Value ?? vpc.hasDnsSupport,
    hasDnsHostnames: input.EnableDnsHostnames?.Value ?? vpc.hasDnsHostnames,
  };
  environment.blocks.records.commit([environment.tables.vpcs.put(vpc.vpcId, changed)]);
}

export function describeVpcAttribute(environment: Ec2Environment, input: ec2.DescribeVpcAttributeRequest, context: RequestContext): ec2.DescribeVpcAttributeResult {
  const vpc = requireVpc(environment, context, input.VpcId);
  const VpcId = vpc.vpcId;
  switch (input.Attribute) {
    case "enableDnsSupport":
      return { VpcId, EnableDnsSupport: { Value: vpc.hasDnsSupport } };
    case "enableDnsHostnames":
      return { VpcId, EnableDnsHostnames: { Value: vpc.hasDnsHostnames } };
    case "enableNetworkAddressUsageMetrics":
      return { VpcId, EnableNetworkAddressUsageMetrics: { Value: false } };
    case undefined:
      throw invalidValue("Value () for parameter attribute is invalid. Unknown attribute.");
  }
}

const readers: FilterReaders<ec2.Vpc> = {
  cidr: (vpc) => vpc.CidrBlock,
  "cidr-block-association.cidr-block": (vpc) => vpc.CidrBlock,
  "dhcp-options-id": (vpc) => vpc.DhcpOptionsId,
  "is-default": (vpc) => vpc.IsDefault,
  isDefault: (vpc) => vpc.IsDefault,
  "owner-id": (vpc) => vpc.OwnerId,
  state: (vpc) => vpc.State,
  "vpc-id": (vpc) => vpc.VpcId,
};

export function describeVpcs(environment: Ec2Environment, input: ec2.DescribeVpcsRequest, context: RequestContext): ec2.DescribeVpcsResult {
  const { items, nextToken } = takePage({
    items: vpcsOf(environment, context).map((vpc) => describeVpc(environment, vpc)),
    idOf: (item) => item.VpcId ?? "",
    ids: { kind: "vpc", parameter: "vpcIds", values: input.VpcIds },
    filters: input.Filters,
    readers,
    maxResults: input.MaxResults,
    nextToken: input.NextToken,
  });
  return { Vpcs: items, NextToken: nextToken };
}

function describeVpc(environment: Ec2Environment, { vpcId, accountId, cidrBlock, isDefault }: VpcRecord): ec2.Vpc {
  return {
    VpcId: vpcId,
    OwnerId: accountId,
    CidrBlock: cidrBlock,
    CidrBlockAssociationSet: [{ AssociationId: derivedId("vpc-cidr-assoc", vpcId), CidrBlock: cidrBlock, CidrBlockState: { State: "associated" } }],
    DhcpOptionsId: derivedId("dopt", vpcId),
    InstanceTenancy: "default",
    IsDefault: isDefault,
    State: "available",
    Tags: tagsOf(environment, vpcId),
  };
}
