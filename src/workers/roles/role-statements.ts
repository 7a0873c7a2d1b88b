import type { ResolvedIamOptions } from "./iam-options.js";
import type { IamPolicyStatement } from "./policy-document.js";

// What each role may call. The forms of the ARNs and the conditions that an action takes: AWS service authorization reference.

const allow = (Sid: string, Action: readonly string[], Resource: readonly string[], Condition?: IamPolicyStatement["Condition"]): IamPolicyStatement => ({ Sid, Effect: "Allow", Action, Resource, ...(Condition !== undefined && { Condition }) });

/** EC2's resources of an account in the regions that are meant; snapshots belong to no account in their ARN. */
function ec2Arns({ partition, regions }: ResolvedIamOptions, account: string, ...kinds: readonly string[]): string[] {
  return regions.flatMap((region) => kinds.map((kind) => `arn:${partition}:ec2:${region}:${kind === "snapshot" || kind === "image" ? "" : account}:${kind}/*`));
}

/** Lists have no resource to be limited to; the region is. */
function describing(options: ResolvedIamOptions, sid: string, actions: readonly string[]): IamPolicyStatement {
  const { regions } = options;
  return allow(sid, actions, ["*"], regions.includes("*") ? undefined : { StringEquals: { "aws:RequestedRegion": regions } });
}

/** Finds what is protected, takes snapshots and reads them. */
export function backupStatements(options: ResolvedIamOptions, account: string): IamPolicyStatement[] {
  const snapshots = ec2Arns(options, account, "snapshot");
  return [
    describing(options, "FindResources", ["ec2:DescribeInstances", "ec2:DescribeInstanceAttribute", "ec2:DescribeNetworkInterfaces", "ec2:DescribeInstanceCreditSpecifications", "ec2:DescribeVolumes", "ec2:DescribeSnapshots"]),
    allow("TakeSnapshots", ["ec2:CreateSnapshot", "ec2:CreateSnapshots"], [...ec2Arns(options, account, "instance", "volume"), ...snapshots]),
    allow("TagNewSnapshots", ["ec2:CreateTags"], snapshots, { StringEquals: { "ec2:CreateAction": ["CreateSnapshot", "CreateSnapshots"] } }),
    allow("RemoveOwnSnapshots", ["ec2:DeleteSnapshot"], snapshots, { Null: { "aws:ResourceTag/holdfast:session": "false" } }),
    allow("ReadSnapshots", ["ebs:ListSnapshotBlocks", "ebs:ListChangedBlocks", "ebs:GetSnapshotBlock"], snapshots),
    ...volumeKeys(options, "ReadEncryptedVolumes", ["kms:Decrypt", "kms:DescribeKey"]),
  ];
}

/** Writes snapshots and makes volumes of them. */
export function restoreStatements(options: ResolvedIamOptions, account: string): IamPolicyStatement[] {
  const snapshots = ec2Arns(options, account, "snapshot");
  const volumes = ec2Arns(options, account, "volume");
  return [
    describing(options, "FindPlaces", ["ec2:DescribeAvailabilityZones", "ec2:DescribeSnapshots", "ec2:DescribeVolumes"]),
    allow("WriteSnapshots", ["ebs:StartSnapshot", "ebs:PutSnapshotBlock", "ebs:CompleteSnapshot"], snapshots),
    allow("MakeVolumes", ["ec2:CreateVolume"], [...volumes, ...snapshots]),
    allow("TagNewSnapshots", ["ec2:CreateTags"], snapshots, { Null: { "aws:RequestTag/holdfast:session": "false" } }),
    allow("TagNewVolumes", ["ec2:CreateTags"], volumes, { StringEquals: { "ec2:CreateAction": ["CreateVolume"] } }),
    allow("RemoveOwnResources", ["ec2:DeleteSnapshot", "ec2:DeleteVolume"], [...snapshots, ...volumes], { Null: { "aws:ResourceTag/holdfast:session": "false" } }),
    ...volumeKeys(options, "WriteEncryptedVolumes", ["kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKeyWithoutPlaintext", "kms:ReEncryptFrom", "kms:ReEncryptTo"]),
    ...volumeKeys(options, "LetEbsUseTheKeys", ["kms:CreateGrant"], { Bool: { "kms:GrantIsForAWSResource": "true" } }),
  ];
}

function volumeKeys({ volumeKmsKeyArns }: ResolvedIamOptions, sid: string, actions: readonly string[], condition?: IamPolicyStatement["Condition"]): IamPolicyStatement[] {
  return volumeKmsKeyArns.length === 0 ? [] : [allow(sid, actions, volumeKmsKeyArns, condition)];
}

/** Reads and writes repositories. */
export function repositoryStatements({ partition, repositories }: ResolvedIamOptions): IamPolicyStatement[] {
  const bucketArn = (bucket: string): string => `arn:${partition}:s3:::${bucket}`;
  const of = (chosen: typeof repositories): { readonly buckets: string[]; readonly objects: string[] } => ({
    buckets: [...new Set(chosen.map(({ bucket }) => bucketArn(bucket)))],
    objects: [...new Set(chosen.map(({ bucket, prefix }) => `${bucketArn(bucket)}/${prefix === undefined ? "*" : `${prefix}/*`}`))],
  });
  const all = of(repositories);
  const immutable = of(repositories.filter((repository) => repository.immutable));
  const archives = of(repositories.filter((repository) => repository.archive));
  const keys = repositories.flatMap(({ kmsKeyArn }) => kmsKeyArn ?? []);
  return [
    allow("ListRepositories", ["s3:ListBucket", "s3:ListBucketVersions", "s3:GetBucketVersioning"], all.buckets),
    allow("ReadAndWriteRepositories", ["s3:GetObject", "s3:GetObjectVersion", "s3:PutObject", "s3:DeleteObject", "s3:DeleteObjectVersion"], all.objects),
    ...(immutable.buckets.length === 0
      ? []
      : [allow("SeeLockRules", ["s3:GetBucketObjectLockConfiguration"], immutable.buckets), allow("LockObjects", ["s3:GetObjectRetention", "s3:PutObjectRetention"], immutable.objects)]),
    ...(archives.objects.length === 0 ? [] : [allow("ThawArchives", ["s3:RestoreObject"], archives.objects)]),
    ...(keys.length === 0 ? [] : [allow("UnwrapRepositoryKeys", ["kms:Encrypt", "kms:Decrypt"], [...new Set(keys)])]),
  ];
}

function configurationArns({ partition, configurationBucket, configurationPrefix }: ResolvedIamOptions, ...names: readonly string[]): string[] {
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
  const { applianceId, backup, partition, configurationBucket, spot } = options;
  const own = { StringEquals: { "aws:ResourceTag/holdfast:appliance": applianceId } };
  const tagged = { StringEquals: { "aws:RequestTag/holdfast:appliance": applianceId } };
  const made = ec2Arns(options, backup, "instance", "volume", "network-interface");
  return [
    describing(options, "FindPlacesAndWorkers", [
      ...["ec2:DescribeInstances", "ec2:DescribeImages", "ec2:DescribeInstanceTypeOfferings", "ec2:DescribeSubnets", "ec2:DescribeVolumes", "ec2:DescribeNetworkInterfaces"],
      ...["ec2:DescribeVpcs", "ec2:DescribeVpcAttribute", "ec2:DescribeRouteTables", "ec2:DescribeVpcEndpoints", "ec2:DescribeSecurityGroups"],
    ]),
    allow("LaunchWorkers", ["ec2:RunInstances"], made, tagged),
    allow("LaunchWorkersFrom", ["ec2:RunInstances"], ec2Arns(options, backup, "image", "subnet", "security-group")),
    allow("TagNewWorkers", ["ec2:CreateTags"], made, { StringEquals: { "ec2:CreateAction": ["RunInstances"] } }),
    allow("EndOwnWorkers", ["ec2:TerminateInstances", "ec2:DeleteVolume", "ec2:DeleteNetworkInterface"], made, own),
    allow("GiveWorkersTheirRole", ["iam:PassRole"], [workerRoleArn], { StringEquals: { "iam:PassedToService": ["ec2.amazonaws.com"] } }),
    allow("SeeTheConfigurationBucket", ["s3:ListBucket"], [`arn:${partition}:s3:::${configurationBucket}`]),
    allow("MeetWorkers", ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"], configurationArns(options, "*")),
    ...(spot
      ? [allow("UseTheSpotMarket", ["iam:CreateServiceLinkedRole"], [`arn:${partition}:iam::${backup}:role/aws-service-role/spot.amazonaws.com/*`], { StringEquals: { "iam:AWSServiceName": ["spot.amazonaws.com"] } })]
      : []),
  ];
}
