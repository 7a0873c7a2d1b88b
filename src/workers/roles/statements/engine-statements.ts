import type { ResolvedIamOptions } from "../iam-options.js";
import type { IamPolicyStatement } from "../policy-document.js";
import { allow, describing, ec2Arns, forAwsAlone, madeBy, usingKeys, viaEc2 } from "./allow.js";

export function configurationArns({ partition, configurationBucket, configurationPrefix }: ResolvedIamOptions, ...names: readonly string[]): string[] {
  return names.map((name) => `arn:${partition}:s3:::${configurationBucket}/${configurationPrefix}/${name}`);
}

/** What a worker does as itself; to other accounts it goes by their roles. */
export function workerStatements(options: ResolvedIamOptions, assumable: readonly string[]): IamPolicyStatement[] {
  const { partition, configurationBucket } = options;
  return [
    // with a condition on s3:prefix, S3 would answer 403 to who reads an object that is not there
    allow("SeeWhatIsMissing", ["s3:ListBucket"], [`arn:${partition}:s3:::${configurationBucket}`]),
    allow("ReadOrders", ["s3:GetObject"], configurationArns(options, "bundles/*", "workers/*", "tasks/*")),
    allow("Answer", ["s3:PutObject"], configurationArns(options, "workers/*", "tasks/*")),
    ...(assumable.length === 0 ? [] : [allow("EnterOtherAccounts", ["sts:AssumeRole"], assumable)]),
  ];
}

/** Launches, orders and removes workers. */
export function engineStatements(options: ResolvedIamOptions, workerRoleArn: string): IamPolicyStatement[] {
  const { applianceId, backup, partition, configurationBucket, spot, rootVolumeKmsKeyArn } = options;
  const own = { StringEquals: { "aws:ResourceTag/holdfast:appliance": applianceId } };
  const tagged = { StringEquals: { "aws:RequestTag/holdfast:appliance": applianceId } };
  const made = ec2Arns(options, backup, "instance", "volume", "network-interface");
  const rootKeys = rootVolumeKmsKeyArn === undefined ? [] : [rootVolumeKmsKeyArn];
  return [
    describing(options, "FindPlacesAndWorkers", [
      ...["ec2:DescribeInstances", "ec2:DescribeImages", "ec2:DescribeInstanceTypeOfferings", "ec2:DescribeSubnets", "ec2:DescribeVolumes", "ec2:DescribeNetworkInterfaces"],
      ...["ec2:DescribeVpcs", "ec2:DescribeVpcAttribute", "ec2:DescribeRouteTables", "ec2:DescribeVpcEndpoints", "ec2:DescribeSecurityGroups"],
    ]),
    describing(options, "SeeQuotas", ["servicequotas:GetServiceQuota", "ec2:DescribeInstanceTypes"]),
    allow("LaunchWorkers", ["ec2:RunInstances"], made, tagged),
    allow("LaunchWorkersFrom", ["ec2:RunInstances"], ec2Arns(options, backup, "image", "subnet", "security-group")),
    allow("TagNewWorkers", ["ec2:CreateTags"], made, madeBy("RunInstances")),
    allow("EndOwnWorkers", ["ec2:TerminateInstances"], ec2Arns(options, backup, "instance"), own),
    allow("RemoveOwnVolumes", ["ec2:DeleteVolume"], ec2Arns(options, backup, "volume"), own),
    allow("RemoveOwnInterfaces", ["ec2:DeleteNetworkInterface"], ec2Arns(options, backup, "network-interface"), own),
    allow("GiveWorkersTheirRole", ["iam:PassRole"], [workerRoleArn], { StringEquals: { "iam:PassedToService": ["ec2.amazonaws.com"] } }),
    allow("SeeTheConfigurationBucket", ["s3:ListBucket"], [`arn:${partition}:s3:::${configurationBucket}`]),
    allow("MeetWorkers", ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"], configurationArns(options, "*")),
    ...usingKeys("EncryptRootVolumes", ["kms:DescribeKey", "kms:GenerateDataKeyWithoutPlaintext"], rootKeys, viaEc2(options)),
    ...usingKeys("LetEbsUseTheRootVolumesKey", ["kms:CreateGrant"], rootKeys, { ...viaEc2(options), ...forAwsAlone }),
    ...temporaryRoleStatements(options),
    ...(spot
      ? [allow("UseTheSpotMarket", ["iam:CreateServiceLinkedRole"], [`arn:${partition}:iam::${backup}:role/aws-service-role/spot.amazonaws.com/*`], { StringEquals: { "iam:AWSServiceName": ["spot.amazonaws.com"] } })]
      : []),
  ];
}

/** Makes a role for each worker, and removes it. Roles are held to their path and the appliance's tag, and to the boundary where there is one. */
function temporaryRoleStatements({ applianceId, backup, partition, temporaryWorkerRoles }: ResolvedIamOptions): IamPolicyStatement[] {
  if (temporaryWorkerRoles === undefined) return [];
  const { path, permissionsBoundaryArn } = temporaryWorkerRoles;
  const roles = [`arn:${partition}:iam::${backup}:role${path}*`];
  const profiles = [`arn:${partition}:iam::${backup}:instance-profile${path}*`];
  const bounded = permissionsBoundaryArn === undefined ? {} : { "iam:PermissionsBoundary": permissionsBoundaryArn };
  const own = { "aws:ResourceTag/holdfast:appliance": applianceId };
  const tagged = { "aws:RequestTag/holdfast:appliance": applianceId };
  return [
    allow("MakeTemporaryRoles", ["iam:CreateRole"], roles, { StringEquals: { ...tagged, ...bounded } }),
    allow("TagTemporaryRoles", ["iam:TagRole"], roles, { StringEquals: tagged }),
    allow("MakeTemporaryProfiles", ["iam:CreateInstanceProfile", "iam:TagInstanceProfile"], profiles, { StringEquals: tagged }),
    allow("GiveTemporaryRolesTheirPolicy", ["iam:PutRolePolicy"], roles, { StringEquals: { ...own, ...bounded } }),
    allow("UseTemporaryProfiles", ["iam:AddRoleToInstanceProfile", "iam:RemoveRoleFromInstanceProfile", "iam:DeleteInstanceProfile"], profiles, { StringEquals: own }),
    allow("RemoveTemporaryRoles", ["iam:DeleteRolePolicy", "iam:DeleteRole"], roles, { StringEquals: own }),
    allow("GiveWorkersTheirOwnRole", ["iam:PassRole"], roles, { StringEquals: { "iam:PassedToService": ["ec2.amazonaws.com"] } }),
    // lists have no resource, and IAM no region
    allow("ListTemporaryRoles", ["iam:ListRoles", "iam:ListInstanceProfiles"], ["*"]),
    allow("SeeTagsOfTemporaryRoles", ["iam:GetRole"], roles),
    allow("SeeTagsOfTemporaryProfiles", ["iam:GetInstanceProfile"], profiles),
  ];
}
