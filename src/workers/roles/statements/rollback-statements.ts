import type { ResolvedIamOptions } from "../iam-options.js";
import type { IamPolicyStatement } from "../policy-document.js";
import { allow, describing, ec2Arns, isOwn, willBeOwn, type Condition } from "./allow.js";

type Places = Pick<ResolvedIamOptions, "partition" | "regions">;

/** Something is being marked as a part of a restore. */
export const willBeRestored: Condition = { Null: { "aws:RequestTag/holdfast:restore": "false" } };

/** It is marked as a part of a restore. */
export const isRestored: Condition = { Null: { "aws:ResourceTag/holdfast:restore": "false" } };

/** What writing over a present volume takes: a snapshot of it, and reading in what that differs. */
export function presentStatements(options: Places, account: string): IamPolicyStatement[] {
  const snapshots = ec2Arns(options, account, "snapshot");
  return [
    allow("SnapshotPresentVolumes", ["ec2:CreateSnapshot"], ec2Arns(options, account, "volume")),
    allow("MakeSnapshotsToWriteOver", ["ec2:CreateSnapshot"], snapshots, willBeOwn),
    allow("ReadWhatIsWrittenOver", ["ebs:ListSnapshotBlocks", "ebs:ListChangedBlocks", "ebs:GetSnapshotBlock"], snapshots, isOwn),
  ];
}

/** What rolling a volume back takes beside restoring volumes. Existing resources are changed only when they carry the mark of a restore (docs/instance-restore.md). */
export function rollbackStatements(options: Places, account: string): IamPolicyStatement[] {
  const arns = (...kinds: readonly string[]): string[] => ec2Arns(options, account, ...kinds);
  return [
    describing(options, "FindWhatIsRolledBack", ["ec2:DescribeInstances", "ec2:DescribeInstanceAttribute", "ec2:DescribeImages", "ec2:DescribeNetworkInterfaces"]),
    ...presentStatements(options, account),
    allow("MarkForRestore", ["ec2:CreateTags"], arns("instance", "volume"), willBeRestored),
    allow("TagRestored", ["ec2:CreateTags", "ec2:DeleteTags"], arns("instance", "volume"), isRestored),
    allow("ChangeRestored", ["ec2:StartInstances", "ec2:StopInstances", "ec2:ModifyInstanceAttribute"], arns("instance"), isRestored),
    allow("SwapVolumes", ["ec2:AttachVolume", "ec2:DetachVolume"], arns("instance", "volume"), isRestored),
    allow("RemoveReplacedVolumes", ["ec2:DeleteVolume"], arns("volume"), isRestored),
  ];
}
