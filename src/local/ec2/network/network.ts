import type { RecordTable } from "../../blocks/record-store.js";
import type { Ec2Environment } from "../ec2-environment.js";
import { requireResource } from "../resource-id.js";
import { isIn } from "../scope.js";
import type { Scope } from "../scope.js";
import { defaultNetwork } from "./default-network.js";
import type { ElasticAddressRecord, InternetGatewayRecord, KeyPairRecord, LeftInterfaceRecord, RouteTableRecord, SecurityGroupRecord, SubnetRecord, VpcEndpointRecord, VpcRecord } from "./network-records.js";

// What an account has of networks in a region: what it begins with and what it has made, by id.

export function vpcsOf({ tables }: Ec2Environment, scope: Scope): VpcRecord[] {
  return merged([defaultNetwork(scope).vpc], tables.vpcs, scope, (vpc) => vpc.vpcId);
}

export function subnetsOf({ tables }: Ec2Environment, scope: Scope): SubnetRecord[] {
  return merged(defaultNetwork(scope).subnets, tables.subnets, scope, (subnet) => subnet.subnetId);
}

export function routeTablesOf({ tables }: Ec2Environment, scope: Scope): RouteTableRecord[] {
  return merged([defaultNetwork(scope).routeTable], tables.routeTables, scope, (table) => table.routeTableId);
}

export function gatewaysOf({ tables }: Ec2Environment, scope: Scope): InternetGatewayRecord[] {
  return merged([defaultNetwork(scope).gateway], tables.gateways, scope, (gateway) => gateway.internetGatewayId);
}

export function groupsOf({ tables }: Ec2Environment, scope: Scope): SecurityGroupRecord[] {
  return merged([defaultNetwork(scope).group], tables.groups, scope, (group) => group.groupId);
}

export function endpointsOf({ tables }: Ec2Environment, scope: Scope): VpcEndpointRecord[] {
  return merged([], tables.endpoints, scope, (endpoint) => endpoint.endpointId);
}

export function leftInterfacesOf({ tables }: Ec2Environment, scope: Scope): LeftInterfaceRecord[] {
  return merged([], tables.leftInterfaces, scope, (one) => one.networkInterfaceId);
}

export function addressesOf({ tables }: Ec2Environment, scope: Scope): ElasticAddressRecord[] {
  return merged([], tables.addresses, scope, (address) => address.allocationId);
}

export function keyPairsOf({ tables }: Ec2Environment, scope: Scope): KeyPairRecord[] {
  return merged([], tables.keyPairs, scope, (pair) => pair.keyPairId);
}

export function requireVpc(environment: Ec2Environment, scope: Scope, vpcId: string | undefined): VpcRecord {
  return requireResource("vpc", vpcId, (id) => vpcsOf(environment, scope).find((vpc) => vpc.vpcId === id));
}

export function requireSubnet(environment: Ec2Environment, scope: Scope, subnetId: string | undefined): SubnetRecord {
  return requireResource("subnet", subnetId, (id) => subnetsOf(environment, scope).find((subnet) => subnet.subnetId === id));
}

export function requireRouteTable(environment: Ec2Environment, scope: Scope, routeTableId: string | undefined): RouteTableRecord {
  return requireResource("route-table", routeTableId, (id) => routeTablesOf(environment, scope).find((table) => table.routeTableId === id));
}

export function requireGateway(environment: Ec2Environment, scope: Scope, gatewayId: string | undefined): InternetGatewayRecord {
  return requireResource("internet-gateway", gatewayId, (id) => gatewaysOf(environment, scope).find((gateway) => gateway.internetGatewayId === id));
}

export function requireGroup(environment: Ec2Environment, scope: Scope, groupId: string | undefined): SecurityGroupRecord {
  return requireResource("security-group", groupId, (id) => groupsOf(environment, scope).find((group) => group.groupId === id));
}

/** The route table of a subnet: its own, or the VPC's main one. */
export function routeTableOf(environment: Ec2Environment, scope: Scope, subnet: SubnetRecord): RouteTableRecord | undefined {
  const tables = routeTablesOf(environment, scope).filter((table) => table.vpcId === subnet.vpcId);
  return tables.find((table) => table.associations.some(({ subnetId }) => subnetId === subnet.subnetId)) ?? tables.find((table) => table.isMain);
}

function merged<T extends Scope>(defaults: readonly T[], table: RecordTable<T>, scope: Scope, idOf: (item: T) => string): T[] {
  const own = [...table.values()].filter((item) => isIn(scope, item));
  const ids = new Set(own.map(idOf));
  return [...defaults.filter((item) => !ids.has(idOf(item))), ...own];
}
