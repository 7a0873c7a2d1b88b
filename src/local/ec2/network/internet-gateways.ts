import type * as ec2 from "@aws-sdk/client-ec2";
import type { RequestContext } from "../../service.js";
import { acceptOnly } from "../accepted-parameters.js";
import type { Ec2Environment } from "../ec2-environment.js";
import { ec2Error } from "../ec2-error.js";
import type { FilterReaders } from "../filters.js";
import { takePage } from "../listing.js";
import { createId } from "../resource-id.js";
import { gatewaysOf, requireGateway, requireVpc } from "./network.js";
import type { InternetGatewayRecord } from "./network-records.js";
import { tagNew, tagsOf } from "./network-tags.js";

export function createInternetGateway(environment: Ec2Environment, input: ec2.CreateInternetGatewayRequest, context: RequestContext): ec2.CreateInternetGatewayResult {
  acceptOnly(input, ["TagSpecifications"]);
  const { accountId, region } = context;
  const gateway: InternetGatewayRecord = { accountId, region, internetGatewayId: createId("igw") };
  environment.blocks.records.commit([
    ...tagNew(environment, "internet-gateway", gateway.internetGatewayId, input.TagSpecifications),
    environment.tables.gateways.put(gateway.internetGatewayId, gateway),
  ]);
  return { InternetGateway: describe(environment, gateway) };
}

export function attachInternetGateway(environment: Ec2Environment, input: ec2.AttachInternetGatewayRequest, context: RequestContext): void {
  const gateway = requireGateway(environment, context, input.InternetGatewayId);
  const { vpcId } = requireVpc(environment, context, input.VpcId);
  if (gateway.vpcId !== undefined) throw ec2Error("Resource.AlreadyAssociated", `resource ${gateway.internetGatewayId} is already attached to network ${gateway.vpcId}`);
  if (gatewaysOf(environment, context).some((other) => other.vpcId === vpcId)) throw ec2Error("InvalidParameterValue", `Network ${vpcId} already has an internet gateway attached`);
  environment.blocks.records.commit([environment.tables.gateways.put(gateway.internetGatewayId, { ...gateway, vpcId })]);
}

export function detachInternetGateway(environment: Ec2Environment, input: ec2.DetachInternetGatewayRequest, context: RequestContext): void {
  const { vpcId, ...gateway } = requireGateway(environment, context, input.InternetGatewayId);
  if (vpcId === undefined || vpcId !== input.VpcId) throw ec2Error("Gateway.NotAttached", `resource ${gateway.internetGatewayId} is not attached to network ${input.VpcId ?? ""}`);
  environment.blocks.records.commit([environment.tables.gateways.put(gateway.internetGatewayId, gateway)]);
}

export function deleteInternetGateway(environment: Ec2Environment, input: ec2.DeleteInternetGatewayRequest, context: RequestContext): void {
  const { internetGatewayId, vpcId } = requireGateway(environment, context, input.InternetGatewayId);
  if (vpcId !== undefined) throw ec2Error("DependencyViolation", `The internetGateway '${internetGatewayId}' has dependencies and cannot be deleted.`);
  environment.blocks.records.commit([environment.tables.gateways.remove(internetGatewayId), environment.tables.tags.remove(internetGatewayId)]);
}

const readers: FilterReaders<ec2.InternetGateway> = {
  "attachment.state": (gateway) => gateway.Attachments?.map((attachment) => attachment.State),
  "attachment.vpc-id": (gateway) => gateway.Attachments?.map((attachment) => attachment.VpcId),
  "internet-gateway-id": (gateway) => gateway.InternetGatewayId,
  "owner-id": (gateway) => gateway.OwnerId,
};

export function describeInternetGateways(environment: Ec2Environment, input: ec2.DescribeInternetGatewaysRequest, context: RequestContext): ec2.DescribeInternetGatewaysResult {
  const { items, nextToken } = takePage({
    items: gatewaysOf(environment, context).map((gateway) => describe(environment, gateway)),
    idOf: (gateway) => gateway.InternetGatewayId ?? "",
    ids: { kind: "internet-gateway", parameter: "internetGatewayIds", values: input.InternetGatewayIds },
    filters: input.Filters,
    readers,
    maxResults: input.MaxResults,
    nextToken: input.NextToken,
  });
  return { InternetGateways: items, NextToken: nextToken };
}

function describe(environment: Ec2Environment, { internetGatewayId, accountId, vpcId }: InternetGatewayRecord): ec2.InternetGateway {
  const attachment = { State: "available" as ec2.AttachmentStatus, VpcId: vpcId };
  return { InternetGatewayId: internetGatewayId, OwnerId: accountId, Attachments: vpcId === undefined ? [] : [attachment], Tags: tagsOf(environment, internetGatewayId) };
}
