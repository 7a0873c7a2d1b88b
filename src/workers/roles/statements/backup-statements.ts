import type { ResolvedIamOptions } from "../iam-options.js";
import type { IamPolicyStatement } from "../policy-document.js";
import { allow, describing, ec2Arns, forAwsAlone, isOwn, madeBy, usingKeys, viaEc2, willBeOwn, type Condition } from "./allow.js";

/** Finds what is protected, takes snapshots, reads them, and copies them to where replicas are. */
export function backupStatements(options: ResolvedIamOptions, account: string): IamPolicyStatement[] {
  const snapshots = ec2Arns(options, account, "snapshot");
  const elsewhere = options.replicas.filter((other) => other !== account);
  return [
    describing(options, "FindResources", ["ec2:DescribeInstances", "ec2:DescribeInstanceAttribute", "ec2:DescribeNetworkInterfaces", "ec2:DescribeInstanceCreditSpecifications", "ec2:DescribeVolumes", "ec2:DescribeSnapshots"]),
    allow("SnapshotVolumes", ["ec2:CreateSnapshot", "ec2:CreateSnapshots"], ec2Arns(options, account, "volume")),
    allow("SnapshotInstances", ["ec2:CreateSnapshots"], ec2Arns(options, account, "instance")),
    allow("MakeOwnSnapshots", ["ec2:CreateSnapshot", "ec2:CreateSnapshots"], snapshots, willBeOwn),
    allow("TagTakenSnapshots", ["ec2:CreateTags"], snapshots, madeBy("CreateSnapshot", "CreateSnapshots")),
    allow("RemoveOwnSnapshots", ["ec2:DeleteSnapshot"], snapshots, isOwn),
    ...lockingStatements(options, account),
    ...readingStatements(options, account),
    ...(options.replicas.includes(account) ? copyingStatements(options, account) : []),
    ...(elsewhere.length === 0 ? [] : [allow("ShareOwnSnapshots", ["ec2:ModifySnapshotAttribute"], snapshots, sharingWith(elsewhere))]),
  ];
}

/** What moves a backup's data, and no more. */
export function readingStatements(options: Pick<ResolvedIamOptions, "partition" | "regions" | "volumeKmsKeyArns">, account: string): IamPolicyStatement[] {
  return [
    allow("ReadOwnSnapshots", ["ebs:ListSnapshotBlocks", "ebs:ListChangedBlocks", "ebs:GetSnapshotBlock"], ec2Arns(options, account, "snapshot"), isOwn),
    ...usingKeys("ReadEncryptedSnapshots", ["kms:Decrypt"], options.volumeKmsKeyArns),
  ];
}

/** With these accounts and no others; a key that a request does not have hinders nothing. */
function sharingWith(accounts: readonly string[]): Condition {
  return { ...isOwn, StringEqualsIfExists: { "ec2:Add/userId": accounts, "ec2:Remove/userId": accounts } };
}

/** Copies snapshots that another account shares, and removes the copies again. */
export function replicaStatements(options: ResolvedIamOptions, account: string): IamPolicyStatement[] {
  return [
    describing(options, "FindReplicas", ["ec2:DescribeSnapshots"]),
    ...copyingStatements(options, account),
    allow("RemoveOwnReplicas", ["ec2:DeleteSnapshot"], ec2Arns(options, account, "snapshot"), isOwn),
    ...lockingStatements(options, account),
  ];
}

/** Locks the engine's own snapshots, and sees which are locked; taking a lock away is nobody's. */
function lockingStatements(options: ResolvedIamOptions, account: string): IamPolicyStatement[] {
  if (!options.features.snapshotLocks) return [];
  return [describing(options, "FindLocks", ["ec2:DescribeLockedSnapshots"]), allow("LockOwnSnapshots", ["ec2:LockSnapshot"], ec2Arns(options, account, "snapshot"), isOwn)];
}

function copyingStatements(options: ResolvedIamOptions, account: string): IamPolicyStatement[] {
  const snapshots = ec2Arns(options, account, "snapshot");
  return [
    // without a condition: it is asked for the source too, whose tags no other account can see
    allow("CopySnapshots", ["ec2:CopySnapshot"], snapshots),
    allow("TagNewReplicas", ["ec2:CreateTags"], snapshots, madeBy("CopySnapshot")),
    ...usingKeys("CopyEncryptedSnapshots", ["kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKeyWithoutPlaintext", "kms:ReEncryptFrom", "kms:ReEncryptTo"], options.volumeKmsKeyArns, viaEc2(options)),
    ...usingKeys("LetEbsUseTheKeysOfReplicas", ["kms:CreateGrant"], options.volumeKmsKeyArns, { ...viaEc2(options), ...forAwsAlone }),
  ];
}
