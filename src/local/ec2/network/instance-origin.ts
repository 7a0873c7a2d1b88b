import type { CallOrigin, CallWay } from "../../wire/call-origin.js";
import type { Ec2Environment } from "../ec2-environment.js";
import type { InstanceRecord } from "../instances/instance-record.js";
import { containsAddress, parseBlock } from "./cidr-block.js";
import { endpointsOf, gatewaysOf, groupsOf, routeTableOf, subnetsOf, vpcsOf } from "./network.js";
import type { GroupRule, RouteTableRecord, SecurityGroupRecord, VpcEndpointRecord } from "./network-records.js";
import { prefixListIdOf } from "./prefix-lists.js";

const HTTPS_PORT = 443;

/** What an instance reaches, as its VPC, its subnet's routes, the endpoints and the security groups are at the moment of each call. */
export function originOf(environment: Ec2Environment, instanceId: string): CallOrigin {
  return {
    instanceId,
    wayTo: (service, region) => {
      const instance = environment.tables.instances.get(instanceId);
      return instance === undefined || instance.target === "terminated" ? undefined : findWay(environment, instance, service, region);
    },
  };
}

function findWay(environment: Ec2Environment, instance: InstanceRecord, service: string, region: string): CallWay | undefined {
  const { vpcId, subnetId } = instance;
  const vpc = vpcsOf(environment, instance).find((candidate) => candidate.vpcId === vpcId);
  const subnet = subnetsOf(environment, instance).find((candidate) => candidate.subnetId === subnetId);
  // Without the resolver of the VPC no name of a service is found at all.
  if (vpc?.hasDnsSupport !== true || subnet === undefined) return undefined;
  const table = routeTableOf(environment, instance, subnet);
  const groups = groupsOf(environment, instance);
  const own = groups.filter((group) => instance.securityGroupIds.includes(group.groupId));
  const serviceName = `com.amazonaws.${region}.${service}`;
  const endpoints = endpointsOf(environment, instance).filter((endpoint) => endpoint.vpcId === vpcId && endpoint.serviceName === serviceName && environment.hasPassed(endpoint.settlesAt));
  // Its private names lead to an interface endpoint wherever there is one, whether or not its groups let anybody in.
  const byName = vpc.hasDnsHostnames ? endpoints.find((endpoint) => endpoint.type === "Interface" && endpoint.hasPrivateDns) : undefined;
  if (byName !== undefined) return reaches(own, byName, groups, instance) ? through(instance, byName) : undefined;
  const byRoute = endpoints.find((endpoint) => endpoint.type === "Gateway" && table !== undefined && endpoint.routeTableIds.includes(table.routeTableId));
  if (byRoute !== undefined) {
    const isLetOut = own.some((group) => group.egress.some((rule) => isForHttps(rule) && (isEverywhere(rule) || rule.prefixListId === prefixListIdOf(region))));
    return isLetOut ? through(instance, byRoute) : undefined;
  }
  return overTheInternet(environment, instance, table, own);
}

function overTheInternet(environment: Ec2Environment, instance: InstanceRecord, table: RouteTableRecord | undefined, own: readonly SecurityGroupRecord[]): CallWay | undefined {
  const { vpcId, publicIpAddress } = instance;
  const route = table?.routes.find((candidate) => candidate.destination === "0.0.0.0/0");
  const gateway = gatewaysOf(environment, instance).find((candidate) => candidate.internetGatewayId === route?.gatewayId && candidate.vpcId === vpcId);
  if (gateway === undefined || publicIpAddress === undefined) return undefined;
  const isLetOut = own.some((group) => group.egress.some((rule) => isForHttps(rule) && isEverywhere(rule)));
  return isLetOut ? { sourceIp: publicIpAddress, vpcId, vpcEndpointId: undefined } : undefined;
}

function through({ vpcId, privateIpAddress }: InstanceRecord, { endpointId, policy }: VpcEndpointRecord): CallWay {
  return { sourceIp: privateIpAddress, vpcId, vpcEndpointId: endpointId, policy };
}

/** Whether the instance is let out to one of an endpoint's addresses, and in there. */
function reaches(own: readonly SecurityGroupRecord[], endpoint: VpcEndpointRecord, groups: readonly SecurityGroupRecord[], instance: InstanceRecord): boolean {
  const theirs = groups.filter((group) => endpoint.groupIds.includes(group.groupId));
  const isLetIn = theirs.some((group) => group.ingress.some((rule) => isForHttps(rule) && isAbout(rule, instance.privateIpAddress, instance.securityGroupIds)));
  return (
    isLetIn && endpoint.interfaces.some(({ address }) => own.some((group) => group.egress.some((rule) => isForHttps(rule) && isAbout(rule, address, endpoint.groupIds))))
  );
}

function isForHttps({ protocol, fromPort = 0, toPort = 65_535 }: GroupRule): boolean {
  return protocol === "-1" || (protocol === "tcp" && fromPort <= HTTPS_PORT && toPort >= HTTPS_PORT);
}

function isEverywhere(rule: GroupRule): boolean {
  return rule.cidrBlock === "0.0.0.0/0";
}

function isAbout({ cidrBlock, groupId }: GroupRule, address: string, groupIds: readonly string[]): boolean {
  if (groupId !== undefined) return groupIds.includes(groupId);
  const block = cidrBlock === undefined ? undefined : parseBlock(cidrBlock);
  return block !== undefined && containsAddress(block, address);
}
