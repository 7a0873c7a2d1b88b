import { ConflictError } from "../errors/index.js";
import { invalidOption } from "../options/option-error.js";
import type { CallOptions, CloudAccount, Compute, InstanceCompute, SnapshotDescription, Tags, VolumeDescription } from "../ports/index.js";
import { digest } from "./instance/instance-options.js";
import { instanceAccount } from "./instance/instance-target.js";
import { restoreTag } from "./instance/instance-marks.js";
import { isWritten } from "../workers/tags/restore-tags.js";
import type { RestoreSource } from "./find-source.js";
import { restoreTags, type PlannedSnapshot } from "./restore-plan.js";
import { judgeLeft, type LeftSnapshots } from "./left-snapshots.js";
import { WrittenMark, type MarkedSnapshot } from "./written-mark.js";
import type { RestoreRun } from "./restore-run.js";

/** What was asked for, so that nobody goes on with something else. */
const optionsTag = "holdfast:restore-options";

const maxOtherTags = 48;

/** A volume's restore that has an id, and so can be gone on with by whoever calls again with the same id and options. */
export interface ResumableRestore {
  readonly id: string;
  readonly compute: Compute;
  readonly instances: Pick<InstanceCompute, "tag">;
  /** What the snapshot and the volume carry beside other tags. */
  readonly tags: Tags;
}

/** What an earlier call with the same id left. */
export interface EarlierAttempt extends Omit<LeftSnapshots, "useless"> {
  readonly volume?: VolumeDescription | undefined;
}

/** How long a snapshot that is left half written can be gone on with: a day. */
export const resumableForMinutes = 24 * 60;

/** By which everything of a restore with this id is found. */
function tagsOfRestore(id: string): Tags {
  return { [restoreTag]: id };
}

/** By which everything is found that a restore makes: that of all calls with its id, or of this session alone. */
export function foundBy(source: RestoreSource, session: string, id: string | undefined): Tags {
  return id === undefined ? restoreTags(source, session) : tagsOfRestore(id);
}

/** Of a restore that has an id: what it carries, and what earlier calls of it left. `undefined` of one that has none. */
export async function findEarlierOf(run: RestoreRun, source: RestoreSource, planned: PlannedSnapshot, { id }: { readonly id?: string | undefined }, account: CloudAccount): Promise<{ readonly restore: ResumableRestore; readonly earlier: EarlierAttempt } | undefined> {
  if (id === undefined) return undefined;
  if (Object.keys(planned.tags).length > maxOtherTags) throw invalidOption("id", id, `needs two tags of its own, and there are ${String(Object.keys(planned.tags).length)} others: AWS allows 50 in all. Give fewer in "tags", or no id.`);
  const restore = resumable(id, source, planned, { compute: account.compute(planned.region), instances: instanceAccount(account).instanceCompute(planned.region) });
  return { restore, earlier: await findEarlier(restore, { signal: run.signal }) };
}

/** The restore of this id; what decides what is made goes into a digest. */
function resumable(id: string, source: RestoreSource, planned: PlannedSnapshot, target: Pick<ResumableRestore, "compute" | "instances">): ResumableRestore {
  const options = digest([source.point.id, source.volumeId, Object.entries(planned).sort(([a], [b]) => (a < b ? -1 : 1))]);
  return { ...target, id, tags: { [restoreTag]: id, [optionsTag]: options } };
}

/** Looks for what earlier calls made; a snapshot that nobody can go on with is removed. `ConflictError` (`RestoreDiffers`) where they had other options. */
async function findEarlier({ id, compute, tags }: ResumableRestore, options: CallOptions): Promise<EarlierAttempt> {
  const wanted = tagsOfRestore(id);
  let volume: VolumeDescription | undefined;
  for await (const found of compute.volumesByTags(wanted, options)) {
    assertSame(found.tags, tags, id);
    volume ??= found;
  }
  const snapshots: SnapshotDescription[] = [];
  for await (const found of compute.snapshotsByTags(wanted, options)) {
    if (!isWritten(found)) continue;
    assertSame(found.tags, tags, id);
    snapshots.push(found);
  }
  const { useless, ...left } = judgeLeft(snapshots);
  for (const snapshotId of useless) await compute.deleteSnapshot(snapshotId, options);
  return { volume, ...left };
}

/** Keeps on a snapshot how far it is written. Raises what the provider says where that may not be done: before anything is moved. */
export async function markFor(run: RestoreRun, { instances }: ResumableRestore, snapshot: Omit<MarkedSnapshot, "instances">, startIndex: number): Promise<WrittenMark> {
  const mark = new WrittenMark({ ...snapshot, instances }, run);
  await mark.begin(startIndex);
  return mark;
}

function assertSame(found: Tags, tags: Tags, id: string): void {
  if (found[optionsTag] === tags[optionsTag]) return;
  throw new ConflictError(`The restore ${id} began with other options, of another restore point, or was one of an instance: go on with the same ones, or take another id.`, { code: "RestoreDiffers", context: { restore: id } });
}
