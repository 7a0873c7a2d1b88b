import type { ResolvedIamOptions } from "../iam-options.js";
import type { IamPolicyStatement } from "../policy-document.js";
import { allow, describing, ec2Arns, forAwsAlone, isOwn, madeBy, usingKeys, willBeOwn } from "./allow.js";

/** What of the options these statements go by. */
export type RestoreStatementOptions = Pick<ResolvedIamOptions, "partition" | "regions" | "volumeKmsKeyArns">;

/** Writes snapshots and makes volumes of them. */
export function restoreStatements(options: RestoreStatementOptions, account: string): IamPolicyStatement[] {
  const snapshots = ec2Arns(options, account, "snapshot");
  const volumes = ec2Arns(options, account, "volume");
  return [
    describing(options, "FindPlaces", ["ec2:DescribeAvailabilityZones", "ec2:DescribeSnapshots", "ec2:DescribeVolumes"]),
    ...writingStatements(options, account),
    allow("MakeVolumes", ["ec2:CreateVolume"], volumes),
    allow("MakeVolumesOfOwnSnapshots", ["ec2:CreateVolume"], snapshots, isOwn),
    allow("TagNewVolumes", ["ec2:CreateTags"], volumes, madeBy("CreateVolume")),
    allow("RemoveRestoredSnapshots", ["ec2:DeleteSnapshot"], snapshots, isOwn),
    allow("RemoveRestoredVolumes", ["ec2:DeleteVolume"], volumes, isOwn),
  ];
}

/** What moves a restore's data, and no more: a snapshot is begun, written and completed. */
export function writingStatements(options: RestoreStatementOptions, account: string): IamPolicyStatement[] {
  const snapshots = ec2Arns(options, account, "snapshot");
  return [
    allow("StartSnapshots", ["ebs:StartSnapshot"], snapshots, willBeOwn),
    allow("TagStartedSnapshots", ["ec2:CreateTags"], snapshots, willBeOwn),
    allow("WriteOwnSnapshots", ["ebs:PutSnapshotBlock", "ebs:CompleteSnapshot"], snapshots, isOwn),
    // EBS direct and EC2 both use them: no kms:ViaService is documented that stands for the two
    ...usingKeys("WriteEncryptedVolumes", ["kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKeyWithoutPlaintext"], options.volumeKmsKeyArns),
    ...usingKeys("LetEbsUseTheKeys", ["kms:CreateGrant"], options.volumeKmsKeyArns, forAwsAlone),
  ];
}
