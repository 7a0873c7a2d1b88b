import type * as ec2 from "@aws-sdk/client-ec2";
import type { RequestContext } from "../../service.js";
import type { Ec2Environment } from "../ec2-environment.js";
import type { FilterReaders } from "../filters.js";
import { takePage } from "../listing.js";
import { derivedId } from "../resource-id.js";
import { describeTagList } from "../tags/tag-rules.js";
import { vpcCidrBlock, vpcIdOf } from "./default-network.js";

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
  const vpcId = vpcIdOf(context);
  const vpc: ec2.Vpc = {
    VpcId: vpcId,
    OwnerId: context.accountId,
    CidrBlock: vpcCidrBlock,
    CidrBlockAssociationSet: [
      { AssociationId: derivedId("vpc-cidr-assoc", vpcId), CidrBlock: vpcCidrBlock, CidrBlockState: { State: "associated" } },
    ],
    DhcpOptionsId: derivedId("dopt", vpcId),
    InstanceTenancy: "default",
    IsDefault: true,
    State: "available",
    Tags: describeTagList(environment.tables.tags.get(vpcId)?.tags ?? {}),
  };
  const { items, nextToken } = takePage({
    items: [vpc],
    idOf: (item) => item.VpcId ?? "",
    ids: { kind: "vpc", parameter: "vpcIds", values: input.VpcIds },
    filters: input.Filters,
    readers,
    maxResults: input.MaxResults,
    nextToken: input.NextToken,
  });
  return { Vpcs: items, NextToken: nextToken };
}
