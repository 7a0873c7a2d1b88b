import type { Tags } from "../../ports/index.js";
import type { PlannedSwap } from "../instance/instance-plan.js";
import type { PlannedWrites } from "../plan/planned-writes.js";
import type { VolumeNeeds } from "../plan/volume-needs.js";
import type { RestorePlanSource } from "../restore-plan.js";

/** The volume that takes the place of the present one. JSON. */
export interface PlannedReplacement {
  readonly availabilityZone: string;
  /** The present one's size, where that is larger than the original's. */
  readonly sizeBytes: number;
  readonly volumeType: string;
  readonly iops?: number | undefined;
  readonly throughputMiBps?: number | undefined;
  readonly encrypted?: boolean | undefined;
  readonly kmsKeyId?: string | undefined;
  readonly tags: Tags;
}

/** What `restore.replaceVolume` will do. JSON. */
export interface ReplaceVolumePlan extends VolumeNeeds {
  readonly kind: "replacement";
  readonly accountId: string;
  readonly region: string;
  readonly source: RestorePlanSource;
  /** The present volume. */
  readonly replaces: string;
  readonly volume: PlannedReplacement;
  /** Where it is attached: the instance, whether that runs and so is stopped and started again, the device, and what becomes of the present volume. */
  readonly inPlace?: PlannedSwap | undefined;
  readonly writes: PlannedWrites;
  /** As `writes.blocks`; each is paid for. */
  readonly putSnapshotBlockCalls: number;
  /** What is done, in this order, in words. */
  readonly steps: readonly string[];
}
