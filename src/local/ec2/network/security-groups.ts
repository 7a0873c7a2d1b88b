import type * as ec2 from "@aws-sdk/client-ec2";
import type { RequestContext } from "../../service.js";
import { acceptOnly } from "../accepted-parameters.js";
import type { Ec2Environment } from "../ec2-environment.js";
import { ec2Error, missingParameter } from "../ec2-error.js";
import type { FilterReaders } from "../filters.js";
import { instancesOf } from "../instances/find-instance.js";
import type { InstanceRecord } from "../instances/instance-record.js";
import { takePage } from "../listing.js";
import { createId } from "../resource-id.js";
import { defaultNetwork, everythingOut } from "./default-network.js";
import { describePermissions } from "./group-rules.js";
import { endpointsOf, groupsOf, leftInterfacesOf, requireGroup, requireVpc } from "./network.js";
import type { SecurityGroupRecord } from "./network-records.js";
import { tagNew, tagsOf } from "./network-tags.js";

export function createSecurityGroup(environment: Ec2Environment, input: ec2.CreateSecurityGroupRequest, context: RequestContext): ec2.CreateSecurityGroupResult {
  acceptOnly(input, ["GroupName", "Description", "VpcId", "TagSpecifications"]);
  const { GroupName: name, Description: description } = input;
  if (name === undefined || name === "") throw missingParameter("groupName");
  if (description === undefined || description === "") throw missingParameter("groupDescription");
  const { vpcId } = input.VpcId === undefined ? defaultNetwork(context).vpc : requireVpc(environment, context, input.VpcId);
  if (groupsOf(environment, context).some((group) => group.vpcId === vpcId && group.name === name)) {
    throw ec2Error("InvalidGroup.Duplicate", `The security group '${name}' already exists for VPC '${vpcId}'`);
  }
  const groupId = createId("sg");
  const { accountId, region } = context;
  const group: SecurityGroupRecord = { accountId, region, groupId, vpcId, name, description, ingress: [], egress: [everythingOut(groupId)] };
  environment.blocks.records.commit([...tagNew(environment, "security-group", groupId, input.TagSpecifications), environment.tables.groups.put(groupId, group)]);
  return { GroupId: groupId, Tags: tagsOf(environment, groupId) };
}

export function deleteSecurityGroup(environment: Ec2Environment, input: ec2.DeleteSecurityGroupRequest, context: RequestContext): ec2.DeleteSecurityGroupResult {
  acceptOnly(input, ["GroupId"]);
  const { groupId, name } = requireGroup(environment, context, input.GroupId);
  if (name === "default") throw ec2Error("CannotDelete", `the specified group: "${groupId}" name: "default" cannot be deleted by a user`);
  const isUsed =
    instancesOf(environment, context).some((instance) => instance.target !== "terminated" && instance.securityGroupIds.includes(groupId)) ||
    [...endpointsOf(environment, context), ...leftInterfacesOf(environment, context)].some((one) => one.groupIds.includes(groupId)) ||
    groupsOf(environment, context).some((other) => other.groupId !== groupId && [...other.ingress, ...other.egress].some((rule) => rule.groupId === groupId));
  if (isUsed) throw ec2Error("DependencyViolation", `resource ${groupId} has a dependent object`);
  environment.blocks.records.commit([environment.tables.groups.remove(groupId), environment.tables.tags.remove(groupId)]);
  return { Return: true, GroupId: groupId };
}

/** The names of an instance's security groups. */
export function groupNamesOf(environment: Ec2Environment, instance: InstanceRecord): string[] {
  const groups = groupsOf(environment, instance);
  return instance.securityGroupIds.map((id) => groups.find((group) => group.groupId === id)?.name ?? "");
}

const readers: FilterReaders<ec2.SecurityGroup> = {
  description: (group) => group.Description,
  "group-id": (group) => group.GroupId,
  "group-name": (group) => group.GroupName,
  "owner-id": (group) => group.OwnerId,
  "vpc-id": (group) => group.VpcId,
};

export function describeSecurityGroups(environment: Ec2Environment, input: ec2.DescribeSecurityGroupsRequest, context: RequestContext): ec2.DescribeSecurityGroupsResult {
  const { vpcId } = defaultNetwork(context).vpc;
  const groups = groupsOf(environment, context);
  const names = input.GroupNames ?? [];
  for (const name of names) {
    if (groups.some((group) => group.vpcId === vpcId && group.name === name)) continue;
    throw ec2Error("InvalidGroup.NotFound", `The security group '${name}' does not exist in default VPC '${vpcId}'`);
  }
  const { items, nextToken } = takePage({
    items: groups.filter((group) => names.length === 0 || (group.vpcId === vpcId && names.includes(group.name))).map((group) => describe(environment, group)),
    idOf: (item) => item.GroupId ?? "",
    ids: { kind: "security-group", parameter: "groupIds", values: input.GroupIds },
    filters: input.Filters,
    readers,
    maxResults: input.MaxResults,
    nextToken: input.NextToken,
  });
  return { SecurityGroups: items, NextToken: nextToken };
}

function describe(environment: Ec2Environment, group: SecurityGroupRecord): ec2.SecurityGroup {
  const { groupId, name, description, accountId, region, vpcId } = group;
  return {
    GroupId: groupId,
    GroupName: name,
    Description: description,
    OwnerId: accountId,
    VpcId: vpcId,
    SecurityGroupArn: `arn:aws:ec2:${region}:${accountId}:security-group/${groupId}`,
    IpPermissions: describePermissions(group.ingress, accountId),
    IpPermissionsEgress: describePermissions(group.egress, accountId),
    Tags: tagsOf(environment, groupId),
  };
}
