import type { Filter, IpPermission, Route, RouteTable, VpcEndpoint } from "@aws-sdk/client-ec2";
import { ProviderError } from "../../../../errors/index.js";
import { optionError } from "../../../../options/option-error.js";
import type { CallOptions, HttpsRule, NetworkEndpoint, NetworkRoute, NetworkSecurityGroup, WorkerNetworkFacts } from "../../../../ports/index.js";
import { callEc2, type Ec2Door } from "../ec2-door.js";
import { walkPages, type Ec2Page } from "../walk-pages.js";
import { findSubnets } from "../workers/worker-places.js";

/** Describes the network that some subnets are in. */
export async function describeNetwork(door: Ec2Door, request: { readonly subnetIds: readonly string[]; readonly securityGroupIds: readonly string[] }, options: CallOptions): Promise<WorkerNetworkFacts> {
  const subnets = await findSubnets(door, request.subnetIds, options);
  const [vpcId = "", ...others] = new Set(subnets.map((subnet) => subnet.vpcId));
  if (others.length > 0) {
    throw optionError(`networks["${door.region}"].subnetIds`, `are of several VPCs (${[vpcId, ...others].join(", ")}); the workers of a region are in one.`);
  }
  const ofVpc: Filter[] = [{ Name: "vpc-id", Values: [vpcId] }];
  const page = { Filters: ofVpc };
  const [vpcs, tables, endpoints, groups, hasDnsSupport, hasDnsHostnames] = await Promise.all([
    callEc2(door, { operation: "DescribeVpcs", resource: vpcId, signal: options.signal }, async ({ signal }) => (await door.ec2.send((aws) => new aws.DescribeVpcsCommand({ VpcIds: [vpcId] }), { abortSignal: signal })).Vpcs ?? []),
    all(door, "DescribeRouteTables", options, async (NextToken, abortSignal) => {
      const answer = await door.ec2.send((aws) => new aws.DescribeRouteTablesCommand({ ...page, ...NextToken }), { abortSignal });
      return { items: answer.RouteTables ?? [], nextToken: answer.NextToken };
    }),
    all(door, "DescribeVpcEndpoints", options, async (NextToken, abortSignal) => {
      const answer = await door.ec2.send((aws) => new aws.DescribeVpcEndpointsCommand({ ...page, ...NextToken }), { abortSignal });
      return { items: answer.VpcEndpoints ?? [], nextToken: answer.NextToken };
    }),
    all(door, "DescribeSecurityGroups", options, async (NextToken, abortSignal) => {
      const answer = await door.ec2.send((aws) => new aws.DescribeSecurityGroupsCommand({ ...page, ...NextToken }), { abortSignal });
      return { items: answer.SecurityGroups ?? [], nextToken: answer.NextToken };
    }),
    attribute(door, vpcId, "enableDnsSupport", options),
    attribute(door, vpcId, "enableDnsHostnames", options),
  ]);
  const defaultGroup = groups.find(({ GroupName }) => GroupName === "default")?.GroupId;
  const [vpc] = vpcs;
  return {
    region: door.region,
    vpcId,
    ranges: [...new Set([vpc?.CidrBlock ?? "", ...(vpc?.CidrBlockAssociationSet ?? []).map(({ CidrBlock = "" }) => CidrBlock)])].filter((range) => range !== ""),
    hasDnsSupport,
    hasDnsHostnames,
    subnets,
    routes: Object.fromEntries(subnets.map(({ subnetId }) => [subnetId, tableOf(tables, subnetId)])),
    endpoints: endpoints.map((endpoint) => describeEndpoint(endpoint)),
    securityGroups: groups.map(({ GroupId: groupId = "", IpPermissions = [], IpPermissionsEgress = [] }): NetworkSecurityGroup => ({ groupId, httpsIn: httpsRules(IpPermissions), httpsOut: httpsRules(IpPermissionsEgress) })),
    workerGroupIds: request.securityGroupIds.length > 0 ? request.securityGroupIds : defaultGroup === undefined ? [] : [defaultGroup],
  };
}

async function all<Item>(door: Ec2Door, operation: string, options: CallOptions, fetchPage: (token: { readonly NextToken?: string }, signal: AbortSignal) => Promise<Ec2Page<Item>>): Promise<Item[]> {
  const items: Item[] = [];
  for await (const item of walkPages(operation, async (nextToken) => await callEc2(door, { operation, signal: options.signal }, async ({ signal }) => await fetchPage(nextToken === undefined ? {} : { NextToken: nextToken }, signal)))) items.push(item);
  return items;
}

async function attribute(door: Ec2Door, vpcId: string, name: "enableDnsSupport" | "enableDnsHostnames", options: CallOptions): Promise<boolean> {
  const operation = "DescribeVpcAttribute";
  const answer = await callEc2(door, { operation, resource: vpcId, signal: options.signal }, async ({ signal }) => await door.ec2.send((aws) => new aws.DescribeVpcAttributeCommand({ VpcId: vpcId, Attribute: name }), { abortSignal: signal }));
  const value = (name === "enableDnsSupport" ? answer.EnableDnsSupport : answer.EnableDnsHostnames)?.Value;
  if (value === undefined) throw new ProviderError(`ec2:${operation} in ${door.region} answered without ${name}: the endpoint does not speak EC2 as AWS does.`, { code: "InvalidAnswer", service: "ec2", operation });
  return value;
}

/** A subnet that names no table has the VPC's main one (Amazon VPC user guide, "Subnet route tables"). */
function tableOf(tables: readonly RouteTable[], subnetId: string): { readonly routeTableId: string; readonly routes: readonly NetworkRoute[] } {
  const table = tables.find(({ Associations = [] }) => Associations.some((association) => association.SubnetId === subnetId)) ?? tables.find(({ Associations = [] }) => Associations.some(({ Main }) => Main === true));
  return { routeTableId: table?.RouteTableId ?? "", routes: (table?.Routes ?? []).map((route) => describeRoute(route)) };
}

function describeRoute(route: Route): NetworkRoute {
  const { DestinationCidrBlock, DestinationIpv6CidrBlock, DestinationPrefixListId, GatewayId = "", NatGatewayId, State } = route;
  const targetId = NatGatewayId ?? (GatewayId === "" ? undefined : GatewayId);
  return { destination: DestinationCidrBlock ?? DestinationPrefixListId ?? DestinationIpv6CidrBlock ?? "", target: targetKind(GatewayId, NatGatewayId), ...(targetId !== undefined && { targetId }), isBlackhole: State === "blackhole" };
}

function targetKind(gatewayId: string, natGatewayId: string | undefined): NetworkRoute["target"] {
  if (natGatewayId !== undefined) return "nat";
  if (gatewayId === "local") return "local";
  if (gatewayId.startsWith("igw-")) return "internet-gateway";
  return gatewayId.startsWith("vpce-") ? "endpoint" : "other";
}

function describeEndpoint(endpoint: VpcEndpoint): NetworkEndpoint {
  return {
    endpointId: endpoint.VpcEndpointId ?? "",
    // com.amazonaws.eu-west-1.ebs
    service: endpoint.ServiceName?.split(".").at(-1) ?? "",
    kind: endpoint.VpcEndpointType === "Gateway" ? "gateway" : "interface",
    isAvailable: endpoint.State?.toLowerCase() === "available",
    hasPrivateDns: endpoint.PrivateDnsEnabled ?? false,
    subnetIds: endpoint.SubnetIds ?? [],
    routeTableIds: endpoint.RouteTableIds ?? [],
    securityGroupIds: (endpoint.Groups ?? []).flatMap(({ GroupId }) => GroupId ?? []),
  };
}

const httpsPort = 443;

/** The peers of the rules that are for TCP 443 too. */
function httpsRules(permissions: readonly IpPermission[]): HttpsRule[] {
  return permissions
    .filter(({ IpProtocol: protocol, FromPort: from = 0, ToPort: to = 65_535 }) => protocol === "-1" || (protocol === "tcp" && from <= httpsPort && httpsPort <= to))
    .flatMap(({ IpRanges = [], UserIdGroupPairs = [], PrefixListIds = [] }) => [...IpRanges.map(({ CidrIp }) => CidrIp), ...UserIdGroupPairs.map(({ GroupId }) => GroupId), ...PrefixListIds.map(({ PrefixListId }) => PrefixListId)])
    .flatMap((peer) => (peer === undefined ? [] : [{ peer }]));
}
