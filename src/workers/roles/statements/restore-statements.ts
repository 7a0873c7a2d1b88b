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

/** What moves a restore's data, and no more: a snapshot is begun, written and completed; of one session, where it is named. */
export function writingStatements(options: RestoreStatementOptions, account: string, sessionId?: string): IamPolicyStatement[] {
  const snapshots = ec2Arns(options, account, "snapshot");
  const begun = sessionId === undefined ? willBeOwn : { StringEquals: { "aws:RequestTag/holdfast:session": sessionId } };
  const there = sessionId === undefined ? isOwn : { StringEquals: { "aws:ResourceTag/holdfast:session": sessionId } };
  return [
    allow("StartSnapshots", ["ebs:StartSnapshot"], snapshots, begun),
    allow("TagStartedSnapshots", ["ec2:CreateTags"], snapshots, begun),
    allow("WriteOwnSnapshots", ["ebs:PutSnapshotBlock", "ebs:CompleteSnapshot"], snapshots, there),
    // EBS direct and EC2 both use them: no kms:ViaService is documented that stands for the two
    ...usingKeys("WriteEncryptedVolumes", ["kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKeyWithoutPlaintext"], options.volumeKmsKeyArns),
    ...usingKeys("LetEbsUseTheKeys", ["kms:CreateGrant"], options.volumeKmsKeyArns, forAwsAlone),
  ];
}
