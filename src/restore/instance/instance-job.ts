import type { SnapshotDescription, VolumeDescription } from "../../ports/index.js";
import type { RestorePoint } from "../../repository/points/restore-point.js";
import type { RestoreRun } from "../restore-run.js";
import type { RestoreMarks } from "./instance-marks.js";
import type { InstanceRestoreOptions } from "./instance-options.js";
import type { InstanceTarget } from "./instance-target.js";
import type { InstanceDecision } from "./plan-instance.js";

/** One restore of an instance, on its way. */
export interface InstanceJob {
  readonly run: RestoreRun;
  readonly point: RestorePoint;
  readonly target: InstanceTarget;
  readonly options: InstanceRestoreOptions;
  readonly marks: RestoreMarks;
  readonly decision: InstanceDecision;
  /** What was moved by this process. */
  readonly moved: { blocks: number };
}

/** The restore's own volumes, with what each is in it. */
export async function ownVolumes({ target, marks, run }: Pick<InstanceJob, "target" | "marks"> & { readonly run: { readonly signal?: AbortSignal | undefined } }): Promise<readonly { readonly volume: VolumeDescription; readonly part: NonNullable<ReturnType<RestoreMarks["partOf"]>> }[]> {
  const found = [];
  for await (const volume of target.compute.volumesByTags(marks.all, { signal: run.signal })) {
    const part = marks.partOf(volume.tags);
    if (part !== undefined) found.push({ volume, part });
  }
  return found;
}

/** The restore's own snapshots that are not yet given away for good. */
export async function ownSnapshots({ target, marks, run }: Pick<InstanceJob, "target" | "marks"> & { readonly run: { readonly signal?: AbortSignal | undefined } }): Promise<readonly SnapshotDescription[]> {
  const found = [];
  for await (const snapshot of target.compute.snapshotsByTags(marks.all, { signal: run.signal })) if (marks.partOf(snapshot.tags)?.kind === "snapshot") found.push(snapshot);
  return found;
}
