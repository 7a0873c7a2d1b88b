import type { ResolvedIamOptions } from "../iam-options.js";
import type { IamPolicyStatement } from "../policy-document.js";
import { allow, describing, ec2Arns } from "./allow.js";
import { isRestored, presentStatements, willBeRestored } from "./rollback-statements.js";

/** What of the options these statements go by. */
export type InstanceStatementOptions = Pick<ResolvedIamOptions, "partition" | "regions" | "restoredInstances">;

/** What restoring instances takes beside restoring volumes: nothing where it is not asked for. Existing resources are changed only when they carry the mark of a restore (docs/instance-restore.md). */
export function restoreInstanceStatements(options: InstanceStatementOptions, account: string): IamPolicyStatement[] {
  const { partition, restoredInstances } = options;
  if (restoredInstances === undefined) return [];
  const arns = (...kinds: readonly string[]): string[] => ec2Arns(options, account, ...kinds);
  const { roleArns } = restoredInstances;
  return [
    describing(options, "FindInstancePlaces", [
      ...["ec2:DescribeInstances", "ec2:DescribeInstanceAttribute", "ec2:DescribeInstanceStatus", "ec2:DescribeInstanceTypes", "ec2:DescribeInstanceTypeOfferings", "ec2:DescribeImages"],
      ...["ec2:DescribeSubnets", "ec2:DescribeSecurityGroups", "ec2:DescribeNetworkInterfaces", "ec2:DescribeKeyPairs", "ec2:DescribeAddresses"],
    ]),
    ...presentStatements(options, account),
    allow("RegisterImages", ["ec2:RegisterImage"], arns("image"), willBeRestored),
    allow("RegisterImagesOf", ["ec2:RegisterImage"], arns("snapshot")),
    allow("LaunchInstances", ["ec2:RunInstances"], arns("instance", "volume"), willBeRestored),
    allow("LaunchInstancesFrom", ["ec2:RunInstances"], arns("image", "snapshot", "subnet", "security-group", "key-pair", "network-interface")),
    allow("MarkForRestore", ["ec2:CreateTags"], arns("image", "instance", "volume", "network-interface"), willBeRestored),
    allow("TagRestored", ["ec2:CreateTags", "ec2:DeleteTags"], arns("instance", "volume", "network-interface", "snapshot"), isRestored),
    allow("ChangeRestored", ["ec2:StartInstances", "ec2:StopInstances", "ec2:TerminateInstances", "ec2:ModifyInstanceAttribute"], arns("instance"), isRestored),
    allow("SwapVolumes", ["ec2:AttachVolume", "ec2:DetachVolume"], arns("instance", "volume"), isRestored),
    allow("ChangeInterfaces", ["ec2:ModifyNetworkInterfaceAttribute", "ec2:DeleteNetworkInterface"], arns("network-interface"), isRestored),
    allow("GiveAddresses", ["ec2:AssociateAddress"], arns("elastic-ip", "network-interface", "instance")),
    allow("RemoveImages", ["ec2:DeregisterImage"], arns("image"), isRestored),
    allow("RemoveReplacedVolumes", ["ec2:DeleteVolume"], arns("volume"), isRestored),
    allow("FindProfiles", ["iam:GetInstanceProfile"], [`arn:${partition}:iam::${account}:instance-profile/*`]),
    ...(roleArns.length === 0 ? [] : [allow("GiveInstancesTheirRoles", ["iam:PassRole"], roleArns, { StringEquals: { "iam:PassedToService": ["ec2.amazonaws.com"] } })]),
  ];
}
