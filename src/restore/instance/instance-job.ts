import type { SnapshotDescription, VolumeDescription } from "../../ports/index.js";
import type { RestorePoint } from "../../repository/points/restore-point.js";
import type { SnapshotMethod } from "../delta/snapshot-written.js";
import type { RestoreRun } from "../restore-run.js";
import type { RestoreMarks } from "./instance-marks.js";
import type { InstanceRestoreOptions } from "./instance-options.js";
import type { PlannedInstanceVolume } from "./instance-plan.js";
import type { InstanceTarget, SwapTarget } from "./instance-target.js";
import type { InstanceDecision } from "./plan-instance.js";

/** A volume that is made and exchanged. */
export interface SwapVolume extends PlannedInstanceVolume {
  /** Of the volume, where it is larger than its snapshot. */
  readonly volumeSizeBytes?: number | undefined;
}

/** A restore on its way that makes volumes and may exchange some: of an instance, or of one volume. */
export interface SwapJob {
  readonly run: RestoreRun;
  readonly point: RestorePoint;
  readonly target: SwapTarget;
  readonly options: Pick<InstanceRestoreOptions, "replaced" | "keepSnapshots" | "compare" | "undo">;
  readonly marks: RestoreMarks;
  readonly decision: { readonly volumes: readonly SwapVolume[] };
  /** What was moved by this process. */
  readonly moved: { blocks: number };
  /** How this process wrote the snapshot of each volume of the point. */
  readonly methods: Map<string, SnapshotMethod>;
}

/** One restore of an instance, on its way. */
export interface InstanceJob extends SwapJob {
  readonly target: InstanceTarget;
  readonly options: InstanceRestoreOptions;
  readonly decision: InstanceDecision;
}

interface OwnQuestion {
  readonly target: Pick<InstanceTarget, "compute">;
  readonly marks: RestoreMarks;
}

/** The restore's own volumes, with what each is in it. */
export async function ownVolumes({ target, marks, run }: OwnQuestion & { readonly run: { readonly signal?: AbortSignal | undefined } }): Promise<readonly { readonly volume: VolumeDescription; readonly part: NonNullable<ReturnType<RestoreMarks["partOf"]>> }[]> {
  const found = [];
  for await (const volume of target.compute.volumesByTags(marks.all, { signal: run.signal })) {
    const part = marks.partOf(volume.tags);
    if (part !== undefined) found.push({ volume, part });
  }
  return found;
}

/** The restore's own snapshots that are not yet given away for good, and those over which they are written. */
export async function ownSnapshots({ target, marks, run }: OwnQuestion & { readonly run: { readonly signal?: AbortSignal | undefined } }): Promise<readonly { readonly snapshot: SnapshotDescription; readonly isParent: boolean }[]> {
  const found = [];
  for await (const snapshot of target.compute.snapshotsByTags(marks.all, { signal: run.signal })) {
    const kind = marks.partOf(snapshot.tags)?.kind;
    if (kind === "snapshot" || kind === "parent") found.push({ snapshot, isParent: kind === "parent" });
  }
  return found;
}
