import type * as ec2 from "@aws-sdk/client-ec2";
import type { RequestContext } from "../../service.js";
import type { Ec2Environment } from "../ec2-environment.js";
import type { FilterReaders } from "../filters.js";
import { instancesOf } from "../instances/find-instance.js";
import { stateOf } from "../instances/instance-state.js";
import { takePage } from "../listing.js";
import { describeTagList } from "../tags/tag-rules.js";
import { addressesPerSubnet, subnetsOf } from "./default-network.js";
import type { DefaultSubnet } from "./default-network.js";

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
    items: subnetsOf(context).map((subnet) => describeSubnet(environment, subnet, context)),
    idOf: (subnet) => subnet.SubnetId ?? "",
    ids: { kind: "subnet", parameter: "subnetIds", values: input.SubnetIds },
    filters: input.Filters,
    readers,
    maxResults: input.MaxResults,
    nextToken: input.NextToken,
  });
  return { Subnets: items, NextToken: nextToken };
}

function describeSubnet(environment: Ec2Environment, subnet: DefaultSubnet, context: RequestContext): ec2.Subnet {
  const { subnetId, vpcId, zone, cidrBlock } = subnet;
  const used = instancesOf(environment, context).filter(
    (instance) => instance.subnetId === subnetId && stateOf(environment, instance) !== "terminated",
  );
  return {
    SubnetId: subnetId,
    SubnetArn: `arn:aws:ec2:${context.region}:${context.accountId}:subnet/${subnetId}`,
    VpcId: vpcId,
    OwnerId: context.accountId,
    AvailabilityZone: zone.name,
    AvailabilityZoneId: zone.id,
    AvailableIpAddressCount: addressesPerSubnet - used.length,
    CidrBlock: cidrBlock,
    DefaultForAz: true,
    MapPublicIpOnLaunch: true,
    AssignIpv6AddressOnCreation: false,
    Ipv6CidrBlockAssociationSet: [],
    State: "available",
    Tags: describeTagList(environment.tables.tags.get(subnetId)?.tags ?? {}),
  };
}
