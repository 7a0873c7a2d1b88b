import { HoldfastError } from "../../errors/index.js";
import { blockSizeBytes, type BlockReader, type CallOptions, type CloudAccount, type Compute, type SnapshotDescription } from "../../ports/index.js";
import { changedSlots } from "../../repository/copy/changed-slots.js";
import type { RestorePoint } from "../../repository/points/restore-point.js";
import type { Repository } from "../../repository/repository.js";
import { BlockSet } from "../../transfer/block-set.js";
import type { RestoreSource } from "../find-source.js";
import { differenceByReading } from "./difference-by-reading.js";

/** How it was found out in which blocks a snapshot differs from what is restored. */
export type DifferenceMethod =
  /** The snapshot is one that the repository holds a restore point of: the two block maps were compared. */
  | "block maps"
  /** By the provider's changed blocks since a snapshot that the repository holds a restore point of. */
  | "changed blocks"
  /** Every block of the snapshot was read. */
  | "reading";

/** In which blocks a snapshot differs from what is restored: never fewer than do, perhaps some more. */
export interface Difference {
  readonly method: DifferenceMethod;
  readonly blocks: BlockSet;
}

export interface DifferenceRequest {
  readonly repository: Repository;
  readonly account: CloudAccount;
  readonly region: string;
  readonly source: RestoreSource;
  readonly parent: SnapshotDescription;
  /** Whether every block of the parent may be read where nothing cheaper tells. */
  readonly mayRead: boolean;
}

/** Restore points whose snapshots are tried: what is farther away differs in more blocks, and each try is a call. */
const maxTries = 8;

/** Finds out by the cheapest way that can tell; nothing where that would be reading, and reading is not wanted. */
export async function findDifference(request: DifferenceRequest, options: CallOptions): Promise<Difference | undefined> {
  const { account, region, source, parent, mayRead } = request;
  const known = await knownStates(request, options);
  const same = known.find(({ snapshotId }) => snapshotId === parent.snapshotId);
  const { volumeSizeBytes } = parent;
  if (same !== undefined) return { method: "block maps", blocks: await betweenPoints(same.point, source, volumeSizeBytes, options) };
  const reader = await account.openSnapshotReader({ region, snapshotId: parent.snapshotId }, options);
  try {
    for (const { point, snapshotId } of known.slice(0, maxTries)) {
      const blocks = await changesSince(reader, snapshotId, parent, options);
      if (blocks === undefined) continue;
      for (const index of await betweenPoints(point, source, volumeSizeBytes, options)) blocks.add(index);
      return { method: "changed blocks", blocks };
    }
    if (!mayRead) return undefined;
    return { method: "reading", blocks: await differenceByReading(reader, source.map, parent.volumeSizeBytes, options) };
  } finally {
    await reader.close();
  }
}

/** Of which volume of which resource states are looked for. */
interface KnownRequest {
  readonly repository: Repository;
  readonly source: Pick<RestoreSource, "point" | "volumeId">;
}

/** The newest restore point of which a snapshot is still there that was taken of this very volume: since then the provider can tell what has changed. */
export async function findKnownSnapshot(request: KnownRequest, compute: Compute, volumeId: string, options: CallOptions): Promise<{ readonly point: RestorePoint; readonly snapshot: SnapshotDescription } | undefined> {
  const newestFirst = (await knownStates(request, options)).slice(0, maxTries).sort((a, b) => b.point.createdAt.getTime() - a.point.createdAt.getTime());
  for (const { point, snapshotId } of newestFirst) {
    try {
      const snapshot = await compute.snapshot(snapshotId, options);
      if (snapshot.state === "completed" && snapshot.volumeId === volumeId) return { point, snapshot };
    } catch (error) {
      if (!(HoldfastError.isInstance(error) && error.name === "NotFoundError")) throw error;
    }
  }
  return undefined;
}

/** Why nothing but everything can be written over a volume of which there is no such snapshot, unless all of it is read. */
export function noKnownSnapshot(volumeId: string): string {
  return `of ${volumeId} there is no snapshot of a restore point any more, by which to tell what has changed`;
}

interface KnownState {
  readonly point: RestorePoint;
  readonly snapshotId: string;
}

/** The volume's states that the repository holds and that were backed up from a snapshot: the one that is restored first, then the newest. */
async function knownStates({ repository, source }: KnownRequest, { signal }: CallOptions): Promise<KnownState[]> {
  const states: KnownState[] = [];
  const add = (point: RestorePoint): void => {
    const snapshotId = point.volumes.find(({ volumeId }) => volumeId === source.volumeId)?.snapshotId;
    if (snapshotId !== undefined) states.push({ point, snapshotId });
  };
  for await (const point of repository.restorePoints({ resource: source.point.resource, signal })) if (point.id !== source.point.id) add(point);
  add(source.point);
  return states.reverse();
}

/** In which blocks of a volume of this size another restore point is another, by the two block maps; in none where it is the one that is restored. */
export async function betweenPoints(point: RestorePoint, source: RestoreSource, volumeSizeBytes: number, { signal }: CallOptions): Promise<BlockSet> {
  const blocks = new BlockSet(volumeSizeBytes / blockSizeBytes);
  if (point.id === source.point.id) return blocks;
  const map = await point.blockMap(source.volumeId, { signal });
  for await (const { index } of changedSlots(map, source.map, { signal })) blocks.add(index);
  return blocks;
}

/** The changed blocks of the parent since another snapshot; nothing where that one is gone, or of another lineage. */
async function changesSince(reader: BlockReader, snapshotId: string, parent: SnapshotDescription, { signal }: CallOptions): Promise<BlockSet | undefined> {
  if (reader.changesSince === undefined) return undefined;
  const blocks = new BlockSet(parent.volumeSizeBytes / blockSizeBytes);
  try {
    for await (const { index } of reader.changesSince(snapshotId, { signal })) blocks.add(index);
    return blocks;
  } catch (error) {
    if (HoldfastError.isInstance(error) && (error.code === "UnrelatedSnapshots" || error.name === "NotFoundError")) return undefined;
    throw error;
  }
}
