import type * as ec2 from "@aws-sdk/client-ec2";
import type { RequestContext } from "../../service.js";
import { acceptOnly } from "../accepted-parameters.js";
import type { Ec2Environment } from "../ec2-environment.js";
import { ec2Error, invalidValue, missingParameter } from "../ec2-error.js";
import { takePage } from "../listing.js";
import { createId } from "../resource-id.js";
import { parseBlock } from "./cidr-block.js";
import { groupsOf, requireGroup } from "./network.js";
import type { GroupRule, SecurityGroupRecord } from "./network-records.js";

type Direction = "ingress" | "egress";
type ChangeRequest = Pick<ec2.AuthorizeSecurityGroupIngressRequest & ec2.RevokeSecurityGroupIngressRequest, "GroupId" | "IpPermissions" | "SecurityGroupRuleIds" | "TagSpecifications">;

export function authorizeIngress(environment: Ec2Environment, input: ec2.AuthorizeSecurityGroupIngressRequest, context: RequestContext): ec2.AuthorizeSecurityGroupIngressResult {
  return authorize(environment, "ingress", input, context);
}

export function authorizeEgress(environment: Ec2Environment, input: ec2.AuthorizeSecurityGroupEgressRequest, context: RequestContext): ec2.AuthorizeSecurityGroupEgressResult {
  return authorize(environment, "egress", input, context);
}

export function revokeIngress(environment: Ec2Environment, input: ec2.RevokeSecurityGroupIngressRequest, context: RequestContext): ec2.RevokeSecurityGroupIngressResult {
  return revoke(environment, "ingress", input, context);
}

export function revokeEgress(environment: Ec2Environment, input: ec2.RevokeSecurityGroupEgressRequest, context: RequestContext): ec2.RevokeSecurityGroupEgressResult {
  return revoke(environment, "egress", input, context);
}

function authorize(environment: Ec2Environment, direction: Direction, input: ChangeRequest, context: RequestContext) {
  acceptOnly(input, ["GroupId", "IpPermissions"]);
  const group = requireGroup(environment, context, input.GroupId);
  const added = readRules(input.IpPermissions);
  for (const rule of added) {
    if (rule.groupId !== undefined) requireGroup(environment, context, rule.groupId);
    if (group[direction].some((present) => isSame(present, rule))) throw ec2Error("InvalidPermission.Duplicate", `the specified rule "${textOf(rule)}" already exists`);
  }
  save(environment, { ...group, [direction]: [...group[direction], ...added] });
  return { Return: true, SecurityGroupRules: added.map((rule) => describeRule(group, rule, direction)) };
}

function revoke(environment: Ec2Environment, direction: Direction, input: ChangeRequest, context: RequestContext) {
  acceptOnly(input, ["GroupId", "IpPermissions", "SecurityGroupRuleIds"]);
  const group = requireGroup(environment, context, input.GroupId);
  const ids = input.SecurityGroupRuleIds ?? [];
  const named = ids.length > 0 ? [] : readRules(input.IpPermissions);
  const isRevoked = (rule: GroupRule): boolean => ids.includes(rule.ruleId) || named.some((one) => isSame(one, rule));
  const kept = group[direction].filter((rule) => !isRevoked(rule));
  if (group[direction].length - kept.length < ids.length + named.length) {
    throw ec2Error("InvalidPermission.NotFound", "The specified rule does not exist in this security group.");
  }
  save(environment, { ...group, [direction]: kept });
  return { Return: true };
}

function save({ blocks, tables }: Ec2Environment, group: SecurityGroupRecord): void {
  blocks.records.commit([tables.groups.put(group.groupId, group)]);
}

function readRules(permissions: readonly ec2.IpPermission[] | undefined): GroupRule[] {
  if (permissions === undefined || permissions.length === 0) throw missingParameter("ipPermissions");
  return permissions.flatMap((permission) => {
    acceptOnly(permission, ["IpProtocol", "FromPort", "ToPort", "IpRanges", "UserIdGroupPairs", "PrefixListIds"], "IpPermissions.");
    const { IpProtocol: protocol = "", FromPort: fromPort, ToPort: toPort } = permission;
    const named = { "6": "tcp", "17": "udp", "1": "icmp" }[protocol] ?? protocol;
    if (!["tcp", "udp", "icmp", "-1"].includes(named)) throw invalidValue(`Invalid value '${protocol}' for IP protocol.`);
    if (named !== "-1" && (fromPort === undefined || toPort === undefined)) throw invalidValue("Invalid value for portRange. Must specify both from and to ports with TCP/UDP.");
    const common = { protocol: named, ...(named === "-1" ? {} : { fromPort: fromPort ?? 0, toPort: toPort ?? 0 }) };
    const rule = (way: Partial<GroupRule>, description: string | undefined): GroupRule => ({
      ruleId: createId("sgr"),
      ...common,
      ...way,
      ...(description === undefined ? {} : { description }),
    });
    const rules = [
      ...(permission.IpRanges ?? []).map((range) => rule({ cidrBlock: checkBlock(range.CidrIp ?? "") }, range.Description)),
      ...(permission.UserIdGroupPairs ?? []).map((pair) => rule({ groupId: pair.GroupId ?? "" }, pair.Description)),
      ...(permission.PrefixListIds ?? []).map((list) => rule({ prefixListId: list.PrefixListId ?? "" }, list.Description)),
    ];
    if (rules.length === 0) throw missingParameter("ipPermissions.ipRanges");
    return rules;
  });
}

function checkBlock(text: string): string {
  if (parseBlock(text) === undefined) throw invalidValue(`CIDR block ${text} is malformed`);
  return text;
}

function isSame(a: GroupRule, b: GroupRule): boolean {
  return textOf(a) === textOf(b);
}

function textOf({ protocol, fromPort, toPort, cidrBlock, groupId, prefixListId }: GroupRule): string {
  return `peer: ${cidrBlock ?? groupId ?? prefixListId ?? ""}, ${protocol}, from port: ${fromPort ?? -1}, to port: ${toPort ?? -1}`;
}

/** Rules as a group shows them: those of the same ports together. */
export function describePermissions(rules: readonly GroupRule[], accountId: string): ec2.IpPermission[] {
  const byPorts = new Map<string, GroupRule[]>();
  for (const rule of rules) {
    const key = `${rule.protocol} ${rule.fromPort ?? ""} ${rule.toPort ?? ""}`;
    byPorts.set(key, [...(byPorts.get(key) ?? []), rule]);
  }
  return [...byPorts.values()].map((same) => ({
    IpProtocol: same[0]?.protocol,
    FromPort: same[0]?.fromPort,
    ToPort: same[0]?.toPort,
    IpRanges: same.filter((rule) => rule.cidrBlock !== undefined).map((rule) => ({ CidrIp: rule.cidrBlock, Description: rule.description })),
    Ipv6Ranges: [],
    PrefixListIds: same.filter((rule) => rule.prefixListId !== undefined).map((rule) => ({ PrefixListId: rule.prefixListId, Description: rule.description })),
    UserIdGroupPairs: same.filter((rule) => rule.groupId !== undefined).map((rule) => ({ GroupId: rule.groupId, UserId: accountId, Description: rule.description })),
  }));
}

export function describeSecurityGroupRules(environment: Ec2Environment, input: ec2.DescribeSecurityGroupRulesRequest, context: RequestContext): ec2.DescribeSecurityGroupRulesResult {
  const { SecurityGroupRuleIds: ids = [] } = input;
  const rules = groupsOf(environment, context).flatMap((group) =>
    (["ingress", "egress"] as const).flatMap((direction) => group[direction].map((rule) => describeRule(group, rule, direction))),
  );
  const { items, nextToken } = takePage({
    items: rules.filter((rule) => ids.length === 0 || ids.includes(rule.SecurityGroupRuleId ?? "")),
    idOf: (rule) => rule.SecurityGroupRuleId ?? "",
    filters: input.Filters,
    readers: { "group-id": (rule) => rule.GroupId, "security-group-rule-id": (rule) => rule.SecurityGroupRuleId },
    maxResults: input.MaxResults,
    nextToken: input.NextToken,
  });
  return { SecurityGroupRules: items, NextToken: nextToken };
}

function describeRule({ groupId, accountId }: SecurityGroupRecord, rule: GroupRule, direction: Direction): ec2.SecurityGroupRule {
  return {
    SecurityGroupRuleId: rule.ruleId,
    GroupId: groupId,
    GroupOwnerId: accountId,
    IsEgress: direction === "egress",
    IpProtocol: rule.protocol,
    FromPort: rule.fromPort ?? -1,
    ToPort: rule.toPort ?? -1,
    CidrIpv4: rule.cidrBlock,
    PrefixListId: rule.prefixListId,
    ReferencedGroupInfo: rule.groupId === undefined ? undefined : { GroupId: rule.groupId, UserId: accountId },
    Description: rule.description,
    Tags: [],
  };
}
