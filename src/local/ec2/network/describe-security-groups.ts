import type * as ec2 from "@aws-sdk/client-ec2";
import type { RequestContext } from "../../service.js";
import type { Ec2Environment } from "../ec2-environment.js";
import { ec2Error } from "../ec2-error.js";
import type { FilterReaders } from "../filters.js";
import { takePage } from "../listing.js";
import { describeTagList } from "../tags/tag-rules.js";
import { securityGroupIdOf, vpcIdOf } from "./default-network.js";

const readers: FilterReaders<ec2.SecurityGroup> = {
  description: (group) => group.Description,
  "group-id": (group) => group.GroupId,
  "group-name": (group) => group.GroupName,
  "owner-id": (group) => group.OwnerId,
  "vpc-id": (group) => group.VpcId,
};

export function describeSecurityGroups(
  environment: Ec2Environment,
  input: ec2.DescribeSecurityGroupsRequest,
  context: RequestContext,
): ec2.DescribeSecurityGroupsResult {
  const groupId = securityGroupIdOf(context);
  const { accountId: ownerId, region } = context;
  for (const name of input.GroupNames ?? []) {
    if (name !== "default") throw ec2Error("InvalidGroup.NotFound", `The security group '${name}' does not exist in default VPC '${vpcIdOf(context)}'`);
  }
  const group: ec2.SecurityGroup = {
    GroupId: groupId,
    GroupName: "default",
    Description: "default VPC security group",
    OwnerId: ownerId,
    VpcId: vpcIdOf(context),
    SecurityGroupArn: `arn:aws:ec2:${region}:${ownerId}:security-group/${groupId}`,
    IpPermissions: [{ IpProtocol: "-1", IpRanges: [], Ipv6Ranges: [], PrefixListIds: [], UserIdGroupPairs: [{ GroupId: groupId, UserId: ownerId }] }],
    IpPermissionsEgress: [{ IpProtocol: "-1", IpRanges: [{ CidrIp: "0.0.0.0/0" }], Ipv6Ranges: [], PrefixListIds: [], UserIdGroupPairs: [] }],
    Tags: describeTagList(environment.tables.tags.get(groupId)?.tags ?? {}),
  };
  const { items, nextToken } = takePage({
    items: [group],
    idOf: (item) => item.GroupId ?? "",
    ids: { kind: "security-group", parameter: "groupIds", values: input.GroupIds },
    filters: input.Filters,
    readers,
    maxResults: input.MaxResults,
    nextToken: input.NextToken,
  });
  return { SecurityGroups: items, NextToken: nextToken };
}
