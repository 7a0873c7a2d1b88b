import type { LaunchInterface, Tags } from "../../ports/index.js";
import type { PlannedWrites } from "../plan/planned-writes.js";
import type { QuotaNeed } from "../plan/quotas.js";
import type { RestoreEstimate } from "../plan/restore-estimate.js";
import type { RestoreFinding } from "../plan/restore-finding.js";
import type { RestorePlanSource } from "../restore-plan.js";

/** A volume of the instance. JSON. */
export interface PlannedInstanceVolume {
  readonly sourceVolume: string;
  readonly deviceName: string;
  readonly sizeBytes: number;
  readonly volumeType: string;
  readonly iops?: number | undefined;
  readonly throughputMiBps?: number | undefined;
  readonly encrypted?: boolean | undefined;
  readonly kmsKeyId?: string | undefined;
  readonly deleteOnTermination: boolean;
  readonly tags: Tags;
}

/** An instance that will be launched. JSON: of its user data it says only whether there is any. */
export interface PlannedInstance {
  readonly way: "image" | "swap";
  /** What is launched first on the way `swap`. */
  readonly imageId?: string | undefined;
  readonly instanceType: string;
  readonly availabilityZone: string;
  readonly keyName?: string | undefined;
  readonly instanceProfile?: string | undefined;
  readonly hasUserData: boolean;
  readonly interfaces: readonly LaunchInterface[];
  readonly elasticIps: readonly { readonly allocationId: string; readonly deviceIndex: number; readonly privateIp?: string | undefined }[];
  readonly isTerminationProtected: boolean;
  readonly isStopProtected: boolean;
  readonly uncheckedDeviceIndexes: readonly number[];
  readonly tags: Tags;
}

/** What is replaced in place. JSON. */
export interface PlannedSwap {
  readonly instanceId: string;
  readonly state: "running" | "stopped";
  readonly availabilityZone: string;
  readonly volumes: readonly { readonly deviceName: string; readonly sourceVolume: string; readonly replaces?: string | undefined }[];
  readonly replaced: "keep" | "remove";
}

/** What `restore.instance` will do. JSON. */
export interface InstanceRestorePlan {
  readonly kind: "instance";
  readonly restorePoint: string;
  readonly createdAt: string;
  readonly accountId: string;
  readonly region: string;
  readonly captureVersion: number;
  readonly sources: readonly RestorePlanSource[];
  /** Of each volume, in the same order: whether everything is written, or what differs from the present one. */
  readonly writes: readonly PlannedWrites[];
  readonly volumes: readonly PlannedInstanceVolume[];
  /** One of these: the instance keeps being, or is made. */
  readonly inPlace?: PlannedSwap | undefined;
  readonly instance?: PlannedInstance | undefined;
  readonly findings: readonly RestoreFinding[];
  /** IAM actions that it takes in the account, beside those of the repository. */
  readonly actions: readonly string[];
  /** Of these the account needs so many more than it has in use. */
  readonly quotas: readonly QuotaNeed[];
  readonly estimate: RestoreEstimate;
}
