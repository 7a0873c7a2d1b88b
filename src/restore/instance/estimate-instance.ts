import type { PlannedWrites } from "../plan/planned-writes.js";
import { estimateRestore, type RestoreEstimate } from "../plan/restore-estimate.js";
import type { InstanceRestorePlan } from "./instance-plan.js";

/** Snapshot completion, image or volumes, launch or stop and start, as they typically take together. */
const steps = { seconds: 240, what: "snapshots, volumes and the instance" };

/** What the restore costs and how long it takes, roughly. */
export function estimateInstance(writes: readonly PlannedWrites[], region: string, storageClass: string | undefined): RestoreEstimate {
  return estimateRestore(writes, { region, storageClass, steps });
}

const common = [
  ...["ebs:StartSnapshot", "ebs:PutSnapshotBlock", "ebs:CompleteSnapshot", "ec2:DescribeSnapshots", "ec2:DeleteSnapshot", "ec2:CreateTags", "ec2:DescribeVolumes", "ec2:DescribeInstances", "ec2:DescribeImages"],
  ...["ec2:DescribeNetworkInterfaces", "ec2:DescribeInstanceAttribute"],
];
const making = ["ec2:CreateVolume", "ec2:DeleteVolume"];
const swapping = [...making, "ec2:StopInstances", "ec2:StartInstances", "ec2:AttachVolume", "ec2:DetachVolume", "ec2:ModifyInstanceAttribute"];
const usingKeys = ["kms:CreateGrant", "kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKeyWithoutPlaintext", "kms:ReEncryptFrom", "kms:ReEncryptTo"];
/** Writing over what is there: left out where the role lacks them, and everything is written. */
const writingOver = ["ec2:CreateSnapshot", "ebs:ListSnapshotBlocks", "ebs:ListChangedBlocks", "ebs:GetSnapshotBlock"];
const launching = [
  ...["ec2:RunInstances", "ec2:TerminateInstances", "ec2:ModifyInstanceAttribute", "ec2:ModifyNetworkInterfaceAttribute", "ec2:DeleteNetworkInterface", "ec2:DeleteVolume", "ec2:DescribeSubnets", "ec2:DescribeSecurityGroups"],
  ...["ec2:DescribeInstanceTypes", "ec2:DescribeInstanceTypeOfferings", "ec2:DescribeKeyPairs", "ec2:DescribeAddresses"],
];

/** The IAM actions of a restore, undoing it included. */
export function actionsOf({ inPlace, instance, volumes }: Pick<InstanceRestorePlan, "inPlace" | "instance" | "volumes">): readonly string[] {
  const actions = new Set(common);
  const add = (more: readonly string[]): void => {
    for (const action of more) actions.add(action);
  };
  if (inPlace !== undefined) add([...swapping, ...writingOver, "ec2:DeleteTags"]);
  if (instance !== undefined) {
    add(launching);
    add(instance.way === "swap" ? swapping : ["ec2:RegisterImage", "ec2:DeregisterImage"]);
    if (instance.elasticIps.length > 0) add(["ec2:AssociateAddress"]);
    if (instance.instanceProfile !== undefined) add(["iam:PassRole", "iam:GetInstanceProfile"]);
  }
  if (volumes.some(({ encrypted }) => encrypted === true)) add(usingKeys);
  return [...actions].sort();
}

/** The IAM actions of a volume's replacement, undoing it included. */
export function replacementActions({ isAttached, isEncrypted }: { readonly isAttached: boolean; readonly isEncrypted: boolean }): readonly string[] {
  return [...new Set([...common, ...writingOver, ...(isAttached ? [...swapping, "ec2:DeleteTags"] : making), ...(isEncrypted ? usingKeys : [])])].sort();
}
