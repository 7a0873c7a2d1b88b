import { ConfigurationError } from "../../errors/index.js";
import type { InstanceNow } from "../../ports/index.js";
import type { RestorePoint } from "../../repository/points/restore-point.js";
import { assertReadable } from "../../repository/archive/assert-readable.js";
import { blockSizeBytes } from "../../ports/index.js";
import type { SnapshotMethod } from "../delta/snapshot-written.js";
import { noted, type RestoreRun } from "../restore-run.js";
import { ownVolumes, type InstanceJob } from "./instance-job.js";
import { RestoreMarks, sourceTag } from "./instance-marks.js";
import { digestOf, type InstanceRestoreOptions } from "./instance-options.js";
import type { RestoreFinding } from "../plan/restore-finding.js";
import type { InstanceTarget } from "./instance-target.js";
import { decideInstance, findMade, findOriginal, type InstanceDecision } from "./plan-instance.js";
import { presentVolumes } from "./present-volumes.js";
import { refuseErrors } from "../plan/refuse-errors.js";
import { restoreInPlace, tidyInPlace } from "./restore-in-place.js";
import { restoreNew, tidyNew } from "./restore-new.js";
import { undoOrLeave } from "./undo-instance.js";

/** What an instance's restore made. JSON. */
export interface InstanceRestored {
  readonly session: string;
  /** By which it is gone on with or undone. */
  readonly id: string;
  readonly restorePoint: string;
  /** The instance that was backed up. */
  readonly sourceInstance: string;
  readonly instanceId: string;
  /** Whether that is the original, kept. */
  readonly isInPlace: boolean;
  readonly accountId: string;
  readonly region: string;
  readonly availabilityZone: string;
  readonly state: string;
  /** How each was written stands there where this process wrote it. */
  readonly volumes: readonly ({ readonly deviceName: string; readonly volumeId: string; readonly sourceVolume?: string | undefined } & Partial<SnapshotMethod>)[];
  /** Volumes that were replaced, where they are kept. */
  readonly replacedVolumes: readonly string[];
  /** Snapshots, where they are kept. */
  readonly snapshotIds: readonly string[];
  /** In what it differs from the original. */
  readonly warnings: readonly RestoreFinding[];
  readonly blocks: number;
  readonly bytes: number;
  readonly startedAt: string;
  readonly endedAt: string;
  readonly durationMs: number;
}

type Untimed = Omit<InstanceRestored, "startedAt" | "endedAt" | "durationMs">;

/** Restores an instance, or goes on where an attempt of the same id was cut short. */
export async function restoreInstance(run: RestoreRun, point: RestorePoint, target: InstanceTarget, options: InstanceRestoreOptions): Promise<Untimed> {
  const marks = new RestoreMarks(options.id ?? run.session.id, digestOf(point.id, options));
  run.session.emit({ type: "instance:restoring", id: marks.id, restorePoint: point.id, instance: target.captured.instanceId });
  const base = { run, point, target, options, marks, moved: { blocks: 0 }, methods: new Map<string, SnapshotMethod>() };
  const finished = await findFinished(target, marks, options, run);
  const decision = await decideInstance({ point, target, options, marks }, run);
  const job: InstanceJob = { ...base, decision };
  if (finished !== undefined) return await conclude(job, finished.now, finished.isInPlace);
  refuseErrors(decision, "restore.planInstance()");
  for (const { sourceVolume } of decision.volumes) await assertReadable(await point.blockMap(sourceVolume, { signal: run.signal }), run);
  return await noted(run, { account: target.account, region: target.region, tags: marks.all, restoreId: marks.id }, async (begun) => await carryOut({ ...job, run: begun }));
}

async function carryOut(job: InstanceJob): Promise<Untimed> {
  const { decision } = job;
  let now: InstanceNow;
  try {
    now = decision.inPlace === undefined ? await restoreNew(job, required(decision)) : await restoreInPlace(job, decision.inPlace, await presentVolumes(job, decision.inPlace));
  } catch (error) {
    await undoOrLeave(job, error);
    throw error;
  }
  return await conclude(job, now, decision.inPlace !== undefined);
}

/** The instance of an attempt that had come to its last step. */
async function findFinished(target: InstanceTarget, marks: RestoreMarks, { to }: InstanceRestoreOptions, run: RestoreRun): Promise<{ readonly now: InstanceNow; readonly isInPlace: boolean } | undefined> {
  const made = await findMade(target, marks, run);
  if (made !== undefined) return marks.partOf(made.tags)?.kind === "done" ? { now: made, isInPlace: false } : undefined;
  const original = to === "original" ? await findOriginal(target, run) : undefined;
  return original !== undefined && marks.partOf(original.tags)?.kind === "done" ? { now: original, isInPlace: true } : undefined;
}

async function conclude(job: InstanceJob, now: InstanceNow, isInPlace: boolean): Promise<Untimed> {
  const { run, point, target, marks, decision, moved } = job;
  const tidied = isInPlace ? await tidyInPlace(job) : { replaced: [], snapshots: await tidyNew(job) };
  const sources = new Map((await ownVolumes(job)).map(({ volume }) => [volume.volumeId, volume.tags[sourceTag]]));
  return {
    session: run.session.id,
    id: marks.id,
    restorePoint: point.id,
    sourceInstance: target.captured.instanceId,
    instanceId: now.instanceId,
    isInPlace,
    accountId: target.accountId,
    region: target.region,
    availabilityZone: now.availabilityZone,
    state: now.state,
    volumes: now.volumes.map(({ deviceName, volumeId }) => {
      const sourceVolume = sources.get(volumeId);
      return { deviceName, volumeId, ...(sourceVolume !== undefined && { sourceVolume, ...job.methods.get(sourceVolume) }) };
    }),
    replacedVolumes: tidied.replaced,
    snapshotIds: tidied.snapshots,
    warnings: decision.findings.filter(({ severity }) => severity === "warning"),
    blocks: moved.blocks,
    bytes: moved.blocks * blockSizeBytes,
  };
}

function required({ instance, restorePoint }: InstanceDecision): NonNullable<InstanceDecision["instance"]> {
  if (instance !== undefined) return instance;
  throw new ConfigurationError(`to: nothing was decided for ${restorePoint}.`, { code: "NotRestorable", context: { path: "to" } });
}
