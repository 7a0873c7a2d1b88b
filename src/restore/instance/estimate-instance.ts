import type { RestorePlanSource } from "../restore-plan.js";
import type { InstanceRestorePlan, PlannedInstanceVolume, RestoreEstimate } from "./instance-plan.js";

/** https://aws.amazon.com/ebs/pricing/: EBS direct APIs, us-east-1, 2025-01. */
const usdPerThousandPuts = 0.006;
/** https://aws.amazon.com/s3/pricing/: GET of STANDARD, us-east-1, 2025-01. */
const usdPerThousandGets = 0.0004;
/** A cautious rate of one process: PutSnapshotBlock takes 1,000 blocks a second of an account, which few machines reach. */
const bytesPerSecond = 100 * 2 ** 20;
/** Snapshot completion, image or volumes, launch or stop and start, as they typically take together. */
const stepsSeconds = 240;

/** What the restore costs and how long it takes, roughly. */
export function estimateInstance(sources: readonly RestorePlanSource[]): RestoreEstimate {
  const sum = (of: (source: RestorePlanSource) => number): number => sources.reduce((total, source) => total + of(source), 0);
  const cost = (sum(({ blocks }) => blocks) * usdPerThousandPuts + sum(({ storeReads }) => storeReads) * usdPerThousandGets) / 1_000;
  return {
    currency: "USD",
    restoreCost: Math.round(cost * 1e4) / 1e4,
    seconds: Math.round(stepsSeconds + sum(({ dataBytes }) => dataBytes) / bytesPerSecond),
    assumptions: [
      "list prices of us-east-1 of 2025-01: $0.006 for 1,000 blocks written through EBS direct, $0.0004 for 1,000 reads of S3 STANDARD",
      "100 MiB of data a second, and four minutes for snapshots, volumes and the instance",
      "without traffic between regions, thawing of archives, the workers and what the new instance costs as it runs",
    ],
  };
}

const gib = 2 ** 30;

/** https://docs.aws.amazon.com/ebs/latest/userguide/ebs-resource-quotas.html */
const storageQuotas: Readonly<Record<string, string>> = { gp2: "L-D18FCD1D", gp3: "L-7A658B76", io1: "L-FD252861", io2: "L-09BD8365", st1: "L-82ACEF56", sc1: "L-17AF77E8", standard: "L-9CF3C2EB" };

/** What the volumes and snapshots take of the account's quotas. */
export function quotasOf(volumes: readonly PlannedInstanceVolume[]): InstanceRestorePlan["quotas"] {
  const byType = new Map<string, number>();
  for (const { volumeType, sizeBytes } of volumes) byType.set(volumeType, (byType.get(volumeType) ?? 0) + sizeBytes);
  const storage = [...byType].flatMap(([type, bytes]) => {
    const code = storageQuotas[type];
    return code === undefined ? [] : [{ name: `Storage for ${type} volumes`, code, needed: Math.round((bytes / gib / 1024) * 1e4) / 1e4, unit: "TiB" }];
  });
  return [...storage, { name: "Snapshots per Region", code: "L-309BACF6", needed: volumes.length, unit: "snapshots" }];
}

const common = [
  ...["ebs:StartSnapshot", "ebs:PutSnapshotBlock", "ebs:CompleteSnapshot", "ec2:DescribeSnapshots", "ec2:DeleteSnapshot", "ec2:CreateTags", "ec2:DescribeVolumes", "ec2:DescribeInstances", "ec2:DescribeImages"],
  ...["ec2:DescribeNetworkInterfaces", "ec2:DescribeInstanceAttribute"],
];
const swapping = ["ec2:CreateVolume", "ec2:DeleteVolume", "ec2:StopInstances", "ec2:StartInstances", "ec2:AttachVolume", "ec2:DetachVolume", "ec2:ModifyInstanceAttribute"];
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
  if (inPlace !== undefined) add([...swapping, "ec2:DeleteTags"]);
  if (instance !== undefined) {
    add(launching);
    add(instance.way === "swap" ? swapping : ["ec2:RegisterImage", "ec2:DeregisterImage"]);
    if (instance.elasticIps.length > 0) add(["ec2:AssociateAddress"]);
    if (instance.instanceProfile !== undefined) add(["iam:PassRole", "iam:GetInstanceProfile"]);
  }
  if (volumes.some(({ encrypted }) => encrypted === true)) add(["kms:CreateGrant", "kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKeyWithoutPlaintext", "kms:ReEncryptFrom", "kms:ReEncryptTo"]);
  return [...actions].sort();
}
