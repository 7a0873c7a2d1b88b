import type { CallOptions, CloudAccount, Compute, SnapshotDescription, Tags, VolumeDescription } from "../../ports/index.js";
import type { Repository } from "../../repository/repository.js";
import { isWritten, partTag, pointTag, restoreTag, sessionTag, sourceTag } from "../../workers/tags/restore-tags.js";

/** A volume or snapshot that a restore made. JSON. */
export interface MadeByRestore {
  readonly kind: "volume" | "snapshot";
  readonly resourceId: string;
  readonly restorePoint: string;
  /** The volume that was backed up. */
  readonly sourceVolume: string;
  readonly sizeBytes: number;
}

/** What an undo will remove of what a volume's or a snapshot's restore made. JSON. */
export interface RestoreUndoPlan {
  readonly kind: "undo";
  /** The restore's id, or its session. */
  readonly id: string;
  readonly accountId: string;
  readonly region: string;
  /** Also what a restore made that was through: a volume or snapshot that is in use without being attached is not told from others. */
  readonly remove: readonly MadeByRestore[];
  /** What carries the id and stays, and why. */
  readonly stays: readonly (MadeByRestore & { readonly reason: string })[];
}

/** In which account and region is looked. */
export interface UndoPlace {
  readonly repository: Repository;
  readonly account: CloudAccount;
  readonly region: string;
}

/** What there is of a restore now, by what it wrote on all that it made. Changes nothing. */
export async function planUndo({ repository, account, region }: UndoPlace, id: string, call: CallOptions): Promise<RestoreUndoPlan> {
  const compute = account.compute(region);
  const remove: MadeByRestore[] = [];
  const stays: RestoreUndoPlan["stays"][number][] = [];
  const underway = await sessionUnderway(repository, id, call);
  for (const { made, tags, reason: own } of await madeBy(compute, id, call)) {
    const reason = own ?? otherwise(id, tags, underway);
    if (reason === undefined) remove.push(made);
    else stays.push({ ...made, reason });
  }
  return { kind: "undo", id, accountId: await account.accountId(call), region, remove, stays };
}

interface FoundPart {
  readonly made: MadeByRestore;
  readonly tags: Tags;
  /** Why it stays, by what it is. */
  readonly reason?: string | undefined;
}

/** Volumes first: as long as its snapshot is there, a volume can be made again. */
async function madeBy(compute: Compute, id: string, call: CallOptions): Promise<FoundPart[]> {
  const volumes = new Map<string, VolumeDescription>();
  const snapshots = new Map<string, SnapshotDescription>();
  for (const tag of [restoreTag, sessionTag]) {
    for await (const volume of compute.volumesByTags({ [tag]: id }, call)) if (isMade(volume.tags, id)) volumes.set(volume.volumeId, volume);
    for await (const snapshot of compute.snapshotsByTags({ [tag]: id }, call)) if (isMade(snapshot.tags, id)) snapshots.set(snapshot.snapshotId, snapshot);
  }
  return [
    ...[...volumes.values()].map(({ volumeId, sizeBytes, tags, attachment }) => ({
      made: madeOf("volume", volumeId, sizeBytes, tags),
      tags,
      ...(attachment !== undefined && { reason: `it is attached to ${attachment.instanceId}: detach it first, if it is to go` }),
    })),
    ...[...snapshots.values()].map((snapshot) => ({
      made: madeOf("snapshot", snapshot.snapshotId, snapshot.volumeSizeBytes, snapshot.tags),
      tags: snapshot.tags,
      ...(!isWritten(snapshot) && { reason: "somebody took it of a restored volume: no restore made it" }),
    })),
  ];
}

/** By the tags on the thing itself, not by how the provider reads a filter: a policy's snapshots have a session too. */
function isMade(tags: Tags, id: string): boolean {
  return (tags[restoreTag] === id || tags[sessionTag] === id) && (tags[partTag] !== undefined || (tags[pointTag] !== undefined && tags[sourceTag] !== undefined));
}

function madeOf(kind: MadeByRestore["kind"], resourceId: string, sizeBytes: number, tags: Tags): MadeByRestore {
  return { kind, resourceId, restorePoint: tags[pointTag] ?? "", sourceVolume: tags[sourceTag] ?? "", sizeBytes };
}

/** Why what carries the id stays all the same. */
function otherwise(id: string, tags: Tags, underway: string | undefined): string | undefined {
  const restore = tags[restoreTag];
  if (tags[partTag] !== undefined) return `it is of an instance's restore or of a volume's replacement: undo that (undoInstance("${restore ?? id}"))`;
  if (restore !== undefined && restore !== id) return `it is of the restore ${restore}: plan with that id`;
  // one with an id has a lease, which says so better
  if (restore === undefined && underway !== undefined) return underway;
  return undefined;
}

async function sessionUnderway(repository: Repository, id: string, call: CallOptions): Promise<string | undefined> {
  for await (const { session, state } of repository.sessions({ kind: "restore", signal: call.signal })) if (session === id && state === "running") return "its restore may be under way still: a process that is gone is known to be so fifteen minutes after it was last heard of";
  return undefined;
}
