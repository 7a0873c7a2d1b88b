import type { CallOptions, CloudAccount } from "../../ports/index.js";
import type { IamPolicyStatement } from "../../workers/roles/policy-document.js";
import { restoreStatements } from "../../workers/roles/statements/restore-statements.js";
import { presentStatements } from "../../workers/roles/statements/rollback-statements.js";
import type { PlannedParent, PlannedVolume } from "../restore-plan.js";
import { permissionFindings } from "./plan-permissions.js";
import type { PlannedWrites } from "./planned-writes.js";
import { quotasOf } from "./quotas.js";
import { estimateRestore } from "./restore-estimate.js";
import type { RestoreFinding } from "./restore-finding.js";
import type { VolumeNeeds } from "./volume-needs.js";

/** Snapshot completion and the volume, as they typically take together. */
const steps = { seconds: 120, what: "the snapshot and the volume" };

const restoring = [
  ...["ebs:StartSnapshot", "ebs:PutSnapshotBlock", "ebs:CompleteSnapshot", "ec2:CreateTags", "ec2:CreateVolume", "ec2:DeleteSnapshot", "ec2:DeleteVolume"],
  ...["ec2:DescribeAvailabilityZones", "ec2:DescribeSnapshots", "ec2:DescribeVolumes"],
];
const usingKeys = ["kms:CreateGrant", "kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKeyWithoutPlaintext"];
const overParent = ["ebs:GetSnapshotBlock", "ebs:ListChangedBlocks", "ebs:ListSnapshotBlocks"];

export interface VolumeNeedsQuestion {
  readonly account: CloudAccount;
  readonly writes: PlannedWrites;
  readonly volume: PlannedVolume;
  readonly parent?: PlannedParent | undefined;
  readonly storageClass: string | undefined;
}

/** What can be seen of the plan alone. */
export function volumeFindings({ volume: { kmsKeyId, region }, parent }: Pick<VolumeNeedsQuestion, "volume" | "parent">): RestoreFinding[] {
  const findings: RestoreFinding[] = [];
  const keyRegion = kmsKeyId?.split(":")[3];
  if (keyRegion !== undefined && keyRegion !== region) findings.push({ severity: "error", code: "KeyElsewhere", path: "kmsKeyId", message: `The key is in ${keyRegion}, and volumes in ${region} need one of ${region}.`, remedy: `Name a key in ${region}.` });
  if (parent?.fullReason !== undefined) findings.push({ severity: "warning", code: "NotOverParent", path: "parentSnapshotId", message: `Everything is written: ${parent.fullReason}.`, remedy: "Name a completed snapshot of the same size, encryption and key, or none." });
  return findings;
}

/** Everything of a volume's restore but what is made; IAM is asked, and nothing is changed. */
export async function planVolumeNeeds(question: VolumeNeedsQuestion, call: CallOptions): Promise<VolumeNeeds> {
  const { account, writes, volume, parent, storageClass } = question;
  const { region, kmsKeyId } = volume;
  const actions = [...restoring, ...(volume.encrypted === true ? usingKeys : []), ...(parent === undefined ? [] : overParent)].sort();
  const accountId = await account.accountId(call);
  const statements = (partition: string): readonly IamPolicyStatement[] => [
    ...restoreStatements({ partition, regions: [region], volumeKmsKeyArns: kmsKeyId === undefined ? [] : [kmsKeyId] }, accountId),
    ...(parent === undefined ? [] : presentStatements({ partition, regions: [region] }, accountId)),
  ];
  const remedy = `iamPolicies({ ${[...(kmsKeyId === undefined ? [] : ["volumeKmsKeyArns: [kmsKeyId]"]), ...(parent === undefined ? [] : ["features: { rollback: true }"])].join(", ")} })`.replace("{  }", "");
  return {
    findings: [...volumeFindings(question), ...(await permissionFindings({ account, statements, actions, remedy }, call))],
    actions,
    quotas: quotasOf([volume]),
    estimate: estimateRestore([writes], { region, storageClass, steps }),
  };
}
