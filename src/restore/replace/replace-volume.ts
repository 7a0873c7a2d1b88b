import { ProviderError } from "../../errors/index.js";
import { blockSizeBytes, type VolumeDescription } from "../../ports/index.js";
import type { SnapshotMethod } from "../delta/snapshot-written.js";
import type { RestoreSource } from "../find-source.js";
import { ownVolumes, type SwapJob } from "../instance/instance-job.js";
import { RestoreMarks } from "../instance/instance-marks.js";
import type { RestoreFinding } from "../plan/restore-finding.js";
import type { SwapTarget } from "../instance/instance-target.js";
import { makeSnapshots } from "../instance/make-snapshots.js";
import { makeVolumes } from "../instance/make-volumes.js";
import { refuseErrors } from "../plan/refuse-errors.js";
import { restoreInPlace, tidyInPlace } from "../instance/restore-in-place.js";
import { undoOrLeave } from "../instance/undo-instance.js";
import { noted, type RestoreRun } from "../restore-run.js";
import { decideReplacement, type ReplacementDecision } from "./plan-replacement.js";
import { replacementDigest, type ResolvedReplaceVolumeOptions } from "./replace-options.js";

/** What a volume's replacement made. JSON. */
export interface VolumeReplaced extends Partial<SnapshotMethod> {
  readonly session: string;
  /** By which it is gone on with or undone. */
  readonly id: string;
  readonly restorePoint: string;
  /** The volume that was backed up. */
  readonly sourceVolume: string;
  /** The new volume: attached in the old one's place, or to nothing where that was. */
  readonly volumeId: string;
  readonly replacedVolume: string;
  /** The instance that has the new volume. */
  readonly instanceId?: string | undefined;
  readonly deviceName?: string | undefined;
  readonly region: string;
  readonly availabilityZone: string;
  readonly volumeType: string;
  readonly sizeBytes: number;
  /** Snapshots, where they are kept. */
  readonly snapshotIds: readonly string[];
  readonly warnings: readonly RestoreFinding[];
  /** Blocks that this process wrote. */
  readonly blocks: number;
  readonly bytes: number;
  readonly startedAt: string;
  readonly endedAt: string;
  readonly durationMs: number;
}

type Untimed = Omit<VolumeReplaced, "startedAt" | "endedAt" | "durationMs">;

/** Replaces a volume, or goes on where an attempt of the same id was cut short. The steps are those of an instance's restore in place (docs/instance-restore.md). */
export async function replaceVolume(run: RestoreRun, source: RestoreSource, target: SwapTarget, options: ResolvedReplaceVolumeOptions): Promise<Untimed> {
  const { point, volumeId: sourceVolume } = source;
  const marks = new RestoreMarks(options.id ?? run.session.id, replacementDigest(point.id, sourceVolume, options));
  run.session.emit({ type: "volume:replacing", id: marks.id, restorePoint: point.id, volumeId: options.volumeId });
  const base = { run, point, target, options, marks, moved: { blocks: 0 }, methods: new Map<string, SnapshotMethod>() };
  const finished = (await ownVolumes(base)).find(({ part }) => part.kind === "done")?.volume;
  // the old volume may be gone by then: nothing is asked of it any more
  if (finished !== undefined) return await conclude({ ...base, decision: { volumes: [] } }, finished, { sourceVolume, replacedVolume: options.volumeId, warnings: [] });
  const decision = await decideReplacement({ source, target, options, marks }, run);
  refuseErrors(decision, "restore.planReplaceVolume()");
  const note = { account: target.account, region: target.region, tags: marks.all, restoreId: marks.id };
  return await noted(run, note, async (begun) => await carryOut({ ...base, run: begun, decision }, decision, { sourceVolume, replacedVolume: options.volumeId }));
}

async function carryOut(job: SwapJob, decision: ReplacementDecision, about: Omit<About, "warnings">): Promise<Untimed> {
  let made: VolumeDescription;
  try {
    made = await makeAndSwap(job, decision);
  } catch (error) {
    await undoOrLeave(job, error);
    throw error;
  }
  return await conclude(job, made, { ...about, warnings: decision.findings.filter(({ severity }) => severity === "warning") });
}

async function makeAndSwap(job: SwapJob, { present, inPlace, volumes: [volume] }: ReplacementDecision): Promise<VolumeDescription> {
  const { run, target, marks } = job;
  const { signal } = run;
  const over = new Map([[volume.sourceVolume, { volumeId: present.volumeId, mayRead: true }]]);
  if (inPlace === undefined) {
    const made = await makeVolumes(job, await makeSnapshots(job, over), present.availabilityZone);
    await target.instances.tag([...made.values()], marks.of({ kind: "done", isNew: false }), { signal });
  } else await restoreInPlace(job, inPlace, over);
  const own = (await ownVolumes(job)).find(({ part }) => part.kind === "done");
  if (own !== undefined) return own.volume;
  throw new ProviderError(`The new volume in the place of ${present.volumeId} is gone right after it was made: somebody removed it. Call again with the same id.`, { code: "VolumeGone", retryable: true, service: "ec2", operation: "DescribeVolumes" });
}

interface About {
  readonly sourceVolume: string;
  readonly replacedVolume: string;
  readonly warnings: readonly RestoreFinding[];
}

async function conclude(job: SwapJob, { volumeId, attachment, availabilityZone, volumeType, sizeBytes }: VolumeDescription, { sourceVolume, replacedVolume, warnings }: About): Promise<Untimed> {
  const { run, point, target, marks, moved, methods } = job;
  const { snapshots } = await tidyInPlace(job);
  return {
    session: run.session.id,
    id: marks.id,
    restorePoint: point.id,
    sourceVolume,
    volumeId,
    replacedVolume,
    ...(attachment !== undefined && { instanceId: attachment.instanceId, deviceName: attachment.deviceName }),
    region: target.region,
    availabilityZone,
    volumeType,
    sizeBytes,
    snapshotIds: snapshots,
    ...methods.get(sourceVolume),
    warnings,
    blocks: moved.blocks,
    bytes: moved.blocks * blockSizeBytes,
  };
}
