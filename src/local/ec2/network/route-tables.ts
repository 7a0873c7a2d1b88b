import type * as ec2 from "@aws-sdk/client-ec2";
import type { RequestContext } from "../../service.js";
import { acceptOnly } from "../accepted-parameters.js";
import type { Ec2Environment } from "../ec2-environment.js";
import { ec2Error, invalidValue } from "../ec2-error.js";
import type { FilterReaders } from "../filters.js";
import { takePage } from "../listing.js";
import { createId, derivedId } from "../resource-id.js";
import { parseBlock } from "./cidr-block.js";
import { endpointsOf, requireGateway, requireRouteTable, requireSubnet, requireVpc, routeTablesOf, vpcsOf } from "./network.js";
import type { RouteTableRecord } from "./network-records.js";
import { tagNew, tagsOf } from "./network-tags.js";
import { prefixListIdOf } from "./prefix-lists.js";

export function createRouteTable(environment: Ec2Environment, input: ec2.CreateRouteTableRequest, context: RequestContext): ec2.CreateRouteTableResult {
  acceptOnly(input, ["VpcId", "TagSpecifications", "ClientToken"]);
  const { vpcId } = requireVpc(environment, context, input.VpcId);
  const { accountId, region } = context;
  const table: RouteTableRecord = { accountId, region, routeTableId: createId("rtb"), vpcId, isMain: false, associations: [], routes: [] };
  environment.blocks.records.commit([
    ...tagNew(environment, "route-table", table.routeTableId, input.TagSpecifications),
    environment.tables.routeTables.put(table.routeTableId, table),
  ]);
  return { RouteTable: describe(environment, table, context) };
}

export function deleteRouteTable(environment: Ec2Environment, input: ec2.DeleteRouteTableRequest, context: RequestContext): void {
  const table = requireRouteTable(environment, context, input.RouteTableId);
  const { routeTableId } = table;
  const hasEndpoint = endpointsOf(environment, context).some((endpoint) => endpoint.routeTableIds.includes(routeTableId));
  if (table.isMain || table.associations.length > 0 || hasEndpoint) {
    throw ec2Error("DependencyViolation", `The routeTable '${routeTableId}' has dependencies and cannot be deleted.`);
  }
  environment.blocks.records.commit([environment.tables.routeTables.remove(routeTableId), environment.tables.tags.remove(routeTableId)]);
}

export function createRoute(environment: Ec2Environment, input: ec2.CreateRouteRequest, context: RequestContext): ec2.CreateRouteResult {
  acceptOnly(input, ["RouteTableId", "DestinationCidrBlock", "GatewayId"]);
  const table = requireRouteTable(environment, context, input.RouteTableId);
  const destination = input.DestinationCidrBlock ?? "";
  if (parseBlock(destination) === undefined) throw invalidValue(`Value (${destination}) for parameter destinationCidrBlock is invalid. This is not a valid CIDR block.`);
  if (table.routes.some((route) => route.destination === destination)) throw ec2Error("RouteAlreadyExists", `The route identified by ${destination} already exists.`);
  const gateway = requireGateway(environment, context, input.GatewayId);
  if (gateway.vpcId !== table.vpcId) throw invalidValue(`route table ${table.routeTableId} and network gateway ${gateway.internetGatewayId} belong to different networks`);
  save(environment, { ...table, routes: [...table.routes, { destination, gatewayId: gateway.internetGatewayId }] });
  return { Return: true };
}

export function deleteRoute(environment: Ec2Environment, input: ec2.DeleteRouteRequest, context: RequestContext): void {
  acceptOnly(input, ["RouteTableId", "DestinationCidrBlock"]);
  const table = requireRouteTable(environment, context, input.RouteTableId);
  const routes = table.routes.filter((route) => route.destination !== input.DestinationCidrBlock);
  if (routes.length === table.routes.length) throw ec2Error("InvalidRoute.NotFound", `no route with destination-cidr-block ${input.DestinationCidrBlock ?? ""} in route table ${table.routeTableId}`);
  save(environment, { ...table, routes });
}

export function associateRouteTable(environment: Ec2Environment, input: ec2.AssociateRouteTableRequest, context: RequestContext): ec2.AssociateRouteTableResult {
  acceptOnly(input, ["RouteTableId", "SubnetId"]);
  const table = requireRouteTable(environment, context, input.RouteTableId);
  const { subnetId, vpcId } = requireSubnet(environment, context, input.SubnetId);
  if (vpcId !== table.vpcId) throw invalidValue(`Route table ${table.routeTableId} and subnet ${subnetId} belong to different networks`);
  const earlier = routeTablesOf(environment, context).find((other) => other.associations.some((association) => association.subnetId === subnetId));
  if (earlier !== undefined) throw ec2Error("Resource.AlreadyAssociated", `the specified association for route table ${earlier.routeTableId} conflicts with an existing association`);
  const associationId = createId("rtbassoc");
  save(environment, { ...table, associations: [...table.associations, { associationId, subnetId }] });
  return { AssociationId: associationId, AssociationState: { State: "associated" } };
}

export function disassociateRouteTable(environment: Ec2Environment, input: ec2.DisassociateRouteTableRequest, context: RequestContext): void {
  acceptOnly(input, ["AssociationId"]);
  const table = routeTablesOf(environment, context).find((candidate) => candidate.associations.some(({ associationId }) => associationId === input.AssociationId));
  if (table === undefined) throw ec2Error("InvalidAssociationID.NotFound", `The association ID '${input.AssociationId ?? ""}' does not exist`);
  save(environment, { ...table, associations: table.associations.filter(({ associationId }) => associationId !== input.AssociationId) });
}

function save({ blocks, tables }: Ec2Environment, table: RouteTableRecord): void {
  blocks.records.commit([tables.routeTables.put(table.routeTableId, table)]);
}

const readers: FilterReaders<ec2.RouteTable> = {
  "association.main": (table) => table.Associations?.map((association) => association.Main),
  "association.route-table-association-id": (table) => table.Associations?.map((association) => association.RouteTableAssociationId),
  "association.subnet-id": (table) => table.Associations?.map((association) => association.SubnetId),
  "owner-id": (table) => table.OwnerId,
  "route-table-id": (table) => table.RouteTableId,
  "route.destination-cidr-block": (table) => table.Routes?.map((route) => route.DestinationCidrBlock),
  "route.gateway-id": (table) => table.Routes?.map((route) => route.GatewayId),
  "vpc-id": (table) => table.VpcId,
};

export function describeRouteTables(environment: Ec2Environment, input: ec2.DescribeRouteTablesRequest, context: RequestContext): ec2.DescribeRouteTablesResult {
  const { items, nextToken } = takePage({
    items: routeTablesOf(environment, context).map((table) => describe(environment, table, context)),
    idOf: (table) => table.RouteTableId ?? "",
    ids: { kind: "route-table", parameter: "routeTableIds", values: input.RouteTableIds },
    filters: input.Filters,
    readers,
    maxResults: input.MaxResults,
    nextToken: input.NextToken,
  });
  return { RouteTables: items, NextToken: nextToken };
}

/** With the local route, and one for each gateway endpoint that is associated with the table. */
function describe(environment: Ec2Environment, table: RouteTableRecord, context: RequestContext): ec2.RouteTable {
  const { routeTableId, vpcId, isMain, associations, routes } = table;
  const vpc = vpcsOf(environment, context).find((candidate) => candidate.vpcId === vpcId);
  const endpoints = endpointsOf(environment, context).filter((endpoint) => endpoint.routeTableIds.includes(routeTableId));
  const association = (id: string, subnetId?: string): ec2.RouteTableAssociation => ({
    RouteTableAssociationId: id,
    RouteTableId: routeTableId,
    SubnetId: subnetId,
    Main: subnetId === undefined,
    AssociationState: { State: "associated" },
  });
  return {
    RouteTableId: routeTableId,
    VpcId: vpcId,
    OwnerId: context.accountId,
    Associations: [
      ...(isMain ? [association(derivedId("rtbassoc", routeTableId))] : []),
      ...associations.map(({ associationId, subnetId }) => association(associationId, subnetId)),
    ],
    Routes: [
      { DestinationCidrBlock: vpc?.cidrBlock, GatewayId: "local", Origin: "CreateRouteTable", State: "active" },
      ...routes.map((route): ec2.Route => ({ DestinationCidrBlock: route.destination, GatewayId: route.gatewayId, Origin: "CreateRoute", State: "active" })),
      ...endpoints.map((endpoint): ec2.Route => ({ DestinationPrefixListId: prefixListIdOf(context.region), GatewayId: endpoint.endpointId, Origin: "CreateRoute", State: "active" })),
    ],
    PropagatingVgws: [],
    Tags: tagsOf(environment, routeTableId),
  };
}
