import { blockSizeBytes, type CloudAccount, type Compute, type Tags, type VolumeDescription } from "../ports/index.js";
import { sessionTag } from "../workers/tags/restore-tags.js";
import { findEarlierOf, foundBy } from "./earlier-attempt.js";
import type { RestoreSource } from "./find-source.js";
import type { ResolvedVolumeRestoreOptions } from "./volume-restore-options.js";
import { volumeFindings } from "./plan/plan-volume-restore.js";
import { refuseErrors } from "./plan/refuse-errors.js";
import { planVolume, restoreTags, volumeRequest, type PlannedVolume } from "./restore-plan.js";
import { isLost, leftBehind, noted, removeSnapshot, type RestoreRun } from "./restore-run.js";
import type { SnapshotMethod, SnapshotWritten } from "./delta/snapshot-written.js";
import { writeSnapshot } from "./write-snapshot.js";

/** What a volume's restore made. JSON. */
export interface VolumeRestored extends SnapshotMethod {
  readonly session: string;
  readonly restorePoint: string;
  /** The volume that was backed up. */
  readonly sourceVolume: string;
  /** The new volume: available, not attached. */
  readonly volumeId: string;
  readonly region: string;
  readonly availabilityZone: string;
  readonly volumeType: string;
  /** The snapshot that it was made from, where it was kept or could not be removed. */
  readonly snapshotId?: string | undefined;
  readonly sizeBytes: number;
  readonly blocks: number;
  readonly bytes: number;
  readonly startedAt: string;
  readonly endedAt: string;
  readonly durationMs: number;
}

/** Writes a snapshot, makes a volume of it, and removes the snapshot. After a failure everything is removed again. */
export async function restoreToVolume(run: RestoreRun, source: RestoreSource, options: ResolvedVolumeRestoreOptions, account: CloudAccount): Promise<Omit<VolumeRestored, "startedAt" | "endedAt" | "durationMs">> {
  const { session } = run;
  const plan = await planVolume(source, options, account);
  refuseErrors({ findings: volumeFindings({ volume: plan }), restorePoint: source.point.id }, "restore.planVolume()");
  const { region } = plan;
  const tags = run.workers.tagsFor?.({ sessionId: session.id, resourceId: source.point.resource, region }) ?? {};
  const { volume, snapshotId, blocks, ...method } = await noted(run, { account, region, tags: foundBy(source, session.id, options.id), restoreId: options.id }, async (begun) => await makeVolume(begun, source, { options, plan, account, tags }));
  return {
    session: session.id,
    restorePoint: source.point.id,
    sourceVolume: source.volumeId,
    volumeId: volume.volumeId,
    region,
    availabilityZone: volume.availabilityZone,
    volumeType: volume.volumeType,
    ...(snapshotId !== undefined && { snapshotId }),
    sizeBytes: volume.sizeBytes,
    ...method,
    blocks,
    bytes: blocks * blockSizeBytes,
  };
}

interface Wanted {
  readonly options: ResolvedVolumeRestoreOptions;
  readonly plan: PlannedVolume;
  readonly account: CloudAccount;
  /** Of the snapshot. */
  readonly tags: Tags;
}

interface VolumeMade extends SnapshotMethod {
  readonly volume: VolumeDescription;
  /** Where it is still there. */
  readonly snapshotId?: string | undefined;
  readonly blocks: number;
}

async function makeVolume(run: RestoreRun, source: RestoreSource, { options, plan, account, tags }: Wanted): Promise<VolumeMade> {
  const { session, signal } = run;
  const compute = account.compute(plan.region);
  const resumable = await findEarlierOf(run, source, plan, options, account);
  const found = resumable?.earlier.volume;
  let volume = found;
  // of a volume that is there, the snapshot that it was made from held everything, and may be gone
  const { snapshotId, ...written } = volume === undefined ? await writeSnapshot(run, source, plan, { ...options, tags, resumable }, account) : finished(source, resumable?.earlier.completedSnapshotId);
  try {
    signal.throwIfAborted();
    if (volume === undefined) {
      const request = volumeRequest(source, { ...plan, tags: { ...plan.tags, ...resumable?.restore.tags } }, session.id, snapshotId ?? "");
      volume = await compute.createVolume(request, { signal });
      session.emit({ type: "volume:created", volumeId: volume.volumeId });
    }
    volume = await compute.waitForVolume(volume.volumeId, { signal });
    session.emit({ type: "volume:available", volumeId: volume.volumeId });
    // a snapshot that goes is nobody's, until it is gone
    if (options.keepSnapshot === true) await run.note?.made({ signal });
  } catch (error) {
    // what an earlier call made, and may have given to its caller, is not this one's to take back
    if (found !== undefined) throw error;
    await removeVolumes(run, compute, source, volume?.volumeId);
    if (snapshotId !== undefined) await removeSnapshot(run, compute, snapshotId);
    throw error;
  }
  const isGone = snapshotId === undefined || (options.keepSnapshot === true ? false : await removeSnapshot(run, compute, snapshotId));
  return { volume, ...written, ...(!isGone && { snapshotId }) };
}

/** What is known of a snapshot of which the volume has been made. */
function finished({ map }: RestoreSource, snapshotId: string | undefined): Omit<SnapshotWritten, "snapshotId"> & { readonly snapshotId: string | undefined } {
  return { snapshotId, blocks: map.root.presentBlocks, method: "full" };
}

/** Removes the volume of a restore that failed; also one that was made though the reply was lost. */
async function removeVolumes(run: RestoreRun, compute: Compute, source: RestoreSource, volumeId: string | undefined): Promise<void> {
  if (await isLost(run)) return;
  const made = new Set(volumeId === undefined ? [] : [volumeId]);
  try {
    for await (const volume of compute.volumesByTags(restoreTags(source, run.session.id))) if (volume.tags[sessionTag] === run.session.id) made.add(volume.volumeId);
  } catch (error) {
    leftBehind(run, `a volume with the tag holdfast:session = ${run.session.id}, if there is one`, error);
  }
  for (const id of made) {
    try {
      await compute.deleteVolume(id);
      run.session.emit({ type: "volume:removed", volumeId: id });
    } catch (error) {
      leftBehind(run, id, error);
    }
  }
}
