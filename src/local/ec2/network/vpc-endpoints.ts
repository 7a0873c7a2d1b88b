import type * as ec2 from "@aws-sdk/client-ec2";
import { MalformedPolicy } from "../../policies/malformed-policy.js";
import { Policy } from "../../policies/policy.js";
import type { RequestContext } from "../../service.js";
import { acceptOnly } from "../accepted-parameters.js";
import type { Ec2Environment } from "../ec2-environment.js";
import { ec2Error } from "../ec2-error.js";
import type { FilterReaders } from "../filters.js";
import { takePage } from "../listing.js";
import { createId, notFound } from "../resource-id.js";
import { takeFree } from "./addresses.js";
import { endpointsOf, groupsOf, requireGroup, requireRouteTable, requireSubnet, requireVpc } from "./network.js";
import type { EndpointInterface, VpcEndpointRecord, VpcRecord } from "./network-records.js";
import { tagNew, tagsOf } from "./network-tags.js";

const OPEN_POLICY = JSON.stringify({ Version: "2008-10-17", Statement: [{ Effect: "Allow", Principal: "*", Action: "*", Resource: "*" }] });
/** Services of this cloud that have interface endpoints in each region. */
const INTERFACE_SERVICES = ["ebs", "ec2", "kms", "s3", "sts"];

export function createVpcEndpoint(environment: Ec2Environment, input: ec2.CreateVpcEndpointRequest, context: RequestContext): ec2.CreateVpcEndpointResult {
  acceptOnly(input, [
    ...["VpcEndpointType", "VpcId", "ServiceName", "PolicyDocument", "RouteTableIds", "SubnetIds", "SecurityGroupIds"] as const,
    ...["PrivateDnsEnabled", "TagSpecifications", "ClientToken", "IpAddressType"] as const,
  ]);
  const use = { operation: "CreateVpcEndpoint", input, context };
  const [earlier] = environment.clientTokens.find(use) ?? [];
  if (earlier !== undefined) return { VpcEndpoint: describe(environment, requireEndpoint(environment, context, earlier)), ClientToken: input.ClientToken };
  const vpc = requireVpc(environment, context, input.VpcId);
  const type = input.VpcEndpointType ?? "Gateway";
  const serviceName = checkService(input.ServiceName ?? "", type, context);
  const { accountId, region } = context;
  const isGateway = type === "Gateway";
  const endpoint: VpcEndpointRecord = {
    accountId,
    region,
    endpointId: createId("vpce"),
    vpcId: vpc.vpcId,
    serviceName,
    type: isGateway ? "Gateway" : "Interface",
    routeTableIds: isGateway ? readRouteTables(environment, input, vpc, context) : [],
    groupIds: isGateway ? [] : readGroups(environment, input, vpc, context),
    interfaces: isGateway ? [] : makeInterfaces(environment, input.SubnetIds ?? [], vpc, context),
    hasPrivateDns: !isGateway && readPrivateDns(environment, input, vpc, serviceName, context),
    policy: checkPolicy(input.PolicyDocument),
    createdAt: context.clock.now().toISOString(),
    settlesAt: environment.settlesAt(),
  };
  environment.blocks.records.commit([
    ...tagNew(environment, "vpc-endpoint", endpoint.endpointId, input.TagSpecifications),
    environment.tables.endpoints.put(endpoint.endpointId, endpoint),
    ...environment.clientTokens.changes(use, [endpoint.endpointId]),
  ]);
  return { VpcEndpoint: describe(environment, endpoint), ClientToken: input.ClientToken };
}

function checkService(serviceName: string, type: string, { region }: RequestContext): string {
  const isThere = type === "Gateway" ? serviceName === `com.amazonaws.${region}.s3` : INTERFACE_SERVICES.some((service) => serviceName === `com.amazonaws.${region}.${service}`);
  if (type !== "Gateway" && type !== "Interface") throw ec2Error("UnsupportedOperation", `The local cloud has no endpoints of the type ${type}.`);
  if (!isThere) throw ec2Error("InvalidServiceName", `The Vpc Endpoint Service '${serviceName}' does not exist`);
  return serviceName;
}

function readRouteTables(environment: Ec2Environment, input: ec2.CreateVpcEndpointRequest, vpc: VpcRecord, context: RequestContext): string[] {
  return (input.RouteTableIds ?? []).map((id) => {
    const table = requireRouteTable(environment, context, id);
    if (table.vpcId !== vpc.vpcId) throw ec2Error("InvalidParameter", `Route table '${id}' does not belong to VPC '${vpc.vpcId}'`);
    return id;
  });
}

/** Without groups the VPC's default one. */
function readGroups(environment: Ec2Environment, input: ec2.CreateVpcEndpointRequest, vpc: VpcRecord, context: RequestContext): string[] {
  const ids = input.SecurityGroupIds ?? [];
  for (const id of ids) {
    if (requireGroup(environment, context, id).vpcId !== vpc.vpcId) throw ec2Error("InvalidParameter", `Security group '${id}' does not belong to VPC '${vpc.vpcId}'`);
  }
  if (ids.length > 0) return ids;
  return groupsOf(environment, context)
    .filter((group) => group.vpcId === vpc.vpcId && group.name === "default")
    .map((group) => group.groupId);
}

function makeInterfaces(environment: Ec2Environment, subnetIds: readonly string[], vpc: VpcRecord, context: RequestContext): EndpointInterface[] {
  const zones = new Set<string>();
  return subnetIds.map((id) => {
    const subnet = requireSubnet(environment, context, id);
    if (subnet.vpcId !== vpc.vpcId) throw ec2Error("InvalidParameter", `Subnet '${id}' does not belong to VPC '${vpc.vpcId}'`);
    if (zones.has(subnet.zoneName)) throw ec2Error("DuplicateSubnetsInSameZone", "Found another VPC endpoint subnet in the availability zone");
    zones.add(subnet.zoneName);
    const [address = ""] = takeFree(environment, context, subnet, 1);
    return { networkInterfaceId: createId("eni"), subnetId: id, address };
  });
}

function readPrivateDns(environment: Ec2Environment, input: ec2.CreateVpcEndpointRequest, vpc: VpcRecord, serviceName: string, context: RequestContext): boolean {
  const isWanted = input.PrivateDnsEnabled ?? true;
  if (!isWanted) return false;
  if (!vpc.hasDnsSupport || !vpc.hasDnsHostnames) {
    throw ec2Error("InvalidParameter", `Enabling private DNS requires both enableDnsSupport and enableDnsHostnames VPC attributes set to true for ${vpc.vpcId}`);
  }
  const isThere = endpointsOf(environment, context).some((other) => other.vpcId === vpc.vpcId && other.serviceName === serviceName && other.hasPrivateDns);
  if (isThere) throw ec2Error("InvalidParameter", `private-dns-enabled cannot be set because there is already a conflicting DNS domain for ${serviceName} in the VPC ${vpc.vpcId}`);
  return true;
}

function checkPolicy(policy: string | undefined): string {
  if (policy === undefined || policy === "") return OPEN_POLICY;
  try {
    Policy.parse(policy, "resource");
    return policy;
  } catch (error) {
    if (error instanceof MalformedPolicy) throw ec2Error("InvalidPolicyDocument", `The Policy Document is not valid: ${error.message}`);
    throw error;
  }
}

export function modifyVpcEndpoint(environment: Ec2Environment, input: ec2.ModifyVpcEndpointRequest, context: RequestContext): ec2.ModifyVpcEndpointResult {
  acceptOnly(input, ["VpcEndpointId", "PrivateDnsEnabled", "AddRouteTableIds", "RemoveRouteTableIds", "AddSecurityGroupIds", "RemoveSecurityGroupIds", "PolicyDocument"]);
  const endpoint = requireEndpoint(environment, context, input.VpcEndpointId ?? "");
  for (const id of input.AddRouteTableIds ?? []) requireRouteTable(environment, context, id);
  for (const id of input.AddSecurityGroupIds ?? []) requireGroup(environment, context, id);
  const changed: VpcEndpointRecord = {
    ...endpoint,
    hasPrivateDns: input.PrivateDnsEnabled ?? endpoint.hasPrivateDns,
    routeTableIds: changeList(endpoint.routeTableIds, input.AddRouteTableIds, input.RemoveRouteTableIds),
    groupIds: changeList(endpoint.groupIds, input.AddSecurityGroupIds, input.RemoveSecurityGroupIds),
    policy: input.PolicyDocument === undefined ? endpoint.policy : checkPolicy(input.PolicyDocument),
  };
  environment.blocks.records.commit([environment.tables.endpoints.put(endpoint.endpointId, changed)]);
  return { Return: true };
}

function changeList(present: readonly string[], added: readonly string[] = [], removed: readonly string[] = []): string[] {
  return [...new Set([...present, ...added])].filter((id) => !removed.includes(id));
}

/** Removes endpoints, each for itself: what cannot be removed is listed, with its reason. */
export function deleteVpcEndpoints(environment: Ec2Environment, input: ec2.DeleteVpcEndpointsRequest, context: RequestContext): ec2.DeleteVpcEndpointsResult {
  const ids = input.VpcEndpointIds ?? [];
  const present = new Set(endpointsOf(environment, context).map((endpoint) => endpoint.endpointId));
  const { tables, blocks } = environment;
  blocks.records.commit(ids.filter((id) => present.has(id)).flatMap((id) => [tables.endpoints.remove(id), tables.tags.remove(id)]));
  const missing = ids.filter((id) => !present.has(id)).map((id) => ({ ResourceId: id, Error: errorOf(id) }));
  return { Unsuccessful: missing };
}

function errorOf(id: string): ec2.UnsuccessfulItemError {
  const { code, message } = notFound("vpc-endpoint", id);
  return { Code: code, Message: message };
}

function requireEndpoint(environment: Ec2Environment, context: RequestContext, id: string): VpcEndpointRecord {
  const endpoint = endpointsOf(environment, context).find((candidate) => candidate.endpointId === id);
  if (endpoint === undefined) throw notFound("vpc-endpoint", id);
  return endpoint;
}

const readers: FilterReaders<ec2.VpcEndpoint> = {
  "service-name": (endpoint) => endpoint.ServiceName,
  "vpc-endpoint-id": (endpoint) => endpoint.VpcEndpointId,
  "vpc-endpoint-state": (endpoint) => endpoint.State,
  "vpc-endpoint-type": (endpoint) => endpoint.VpcEndpointType,
  "vpc-id": (endpoint) => endpoint.VpcId,
};

export function describeVpcEndpoints(environment: Ec2Environment, input: ec2.DescribeVpcEndpointsRequest, context: RequestContext): ec2.DescribeVpcEndpointsResult {
  const { items, nextToken } = takePage({
    items: endpointsOf(environment, context).map((endpoint) => describe(environment, endpoint)),
    idOf: (endpoint) => endpoint.VpcEndpointId ?? "",
    ids: { kind: "vpc-endpoint", parameter: "vpcEndpointIds", values: input.VpcEndpointIds },
    filters: input.Filters,
    readers,
    maxResults: input.MaxResults,
    nextToken: input.NextToken,
  });
  return { VpcEndpoints: items, NextToken: nextToken };
}

function describe(environment: Ec2Environment, endpoint: VpcEndpointRecord): ec2.VpcEndpoint {
  const { endpointId, type, region, serviceName, groupIds } = endpoint;
  const groups = groupsOf(environment, endpoint);
  const service = serviceName.split(".").at(-1) ?? "";
  const names = [`${endpointId}.${service}.${region}.vpce.amazonaws.com`, ...(endpoint.hasPrivateDns ? [`${service}.${region}.amazonaws.com`] : [])];
  return {
    VpcEndpointId: endpointId,
    VpcEndpointType: type,
    VpcId: endpoint.vpcId,
    ServiceName: serviceName,
    // The API answers in lower case, whatever its model says.
    State: (environment.hasPassed(endpoint.settlesAt) ? "available" : "pending") as ec2.State,
    PolicyDocument: endpoint.policy,
    RouteTableIds: [...endpoint.routeTableIds],
    SubnetIds: endpoint.interfaces.map((one) => one.subnetId),
    Groups: groupIds.map((GroupId) => ({ GroupId, GroupName: groups.find((group) => group.groupId === GroupId)?.name })),
    IpAddressType: "ipv4",
    PrivateDnsEnabled: endpoint.hasPrivateDns,
    RequesterManaged: false,
    NetworkInterfaceIds: endpoint.interfaces.map((one) => one.networkInterfaceId),
    DnsEntries: type === "Gateway" ? [] : names.map((DnsName) => ({ DnsName })),
    CreationTimestamp: new Date(endpoint.createdAt),
    OwnerId: endpoint.accountId,
    Tags: tagsOf(environment, endpointId),
  };
}

/** What there are endpoints for: S3 by gateway, and every service by interface. */
export function describeVpcEndpointServices(_environment: Ec2Environment, input: ec2.DescribeVpcEndpointServicesRequest, { region }: RequestContext): ec2.DescribeVpcEndpointServicesResult {
  const nameOf = (service: string): string => `com.amazonaws.${region}.${service}`;
  const offered = [
    ...INTERFACE_SERVICES.map((service) => ({ name: nameOf(service), type: "Interface" as const, dns: `${service}.${region}.amazonaws.com` })),
    { name: nameOf("s3"), type: "Gateway" as const, dns: undefined },
  ];
  const wanted = input.ServiceNames ?? [];
  for (const name of wanted) if (!offered.some((service) => service.name === name)) throw invalidServiceName(name);
  const details = offered.map(
    ({ name, type, dns }): ec2.ServiceDetail => ({ ServiceName: name, ServiceType: [{ ServiceType: type }], PrivateDnsName: dns, Owner: "amazon", VpcEndpointPolicySupported: true, AcceptanceRequired: false }),
  );
  const { items } = takePage({
    items: details.filter((detail) => wanted.length === 0 || wanted.includes(detail.ServiceName ?? "")),
    idOf: (detail) => `${detail.ServiceName ?? ""} ${detail.ServiceType?.[0]?.ServiceType ?? ""}`,
    filters: input.Filters,
    readers: { "service-name": (detail) => detail.ServiceName, "service-type": (detail) => detail.ServiceType?.[0]?.ServiceType },
  });
  return { ServiceNames: [...new Set(items.map((detail) => detail.ServiceName ?? ""))], ServiceDetails: items };
}

function invalidServiceName(name: string): Error {
  return ec2Error("InvalidServiceName", `The Vpc Endpoint Service '${name}' does not exist`);
}
