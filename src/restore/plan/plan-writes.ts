import { HoldfastError } from "../../errors/index.js";
import { blockSizeBytes, type CallOptions, type CloudAccount, type SnapshotDescription, type VolumeDescription } from "../../ports/index.js";
import type { Repository } from "../../repository/repository.js";
import type { BlockSet } from "../../transfer/block-set.js";
import { measureRestore } from "../../transfer/measure-restore.js";
import { chooseParent, whyNoParent } from "../delta/choose-parent.js";
import { betweenPoints, findDifference, findKnownSnapshot, noKnownSnapshot, type Difference, type DifferenceMethod } from "../delta/find-difference.js";
import type { RestoreSource } from "../find-source.js";
import type { PlannedParent, PlannedSnapshot, RestorePlanSource } from "../restore-plan.js";
import type { PlannedWrites } from "./planned-writes.js";

/** A volume that will be written into a snapshot. */
export interface WritesQuestion {
  readonly repository: Repository;
  readonly account: CloudAccount;
  readonly region: string;
  readonly source: RestoreSource;
  /** Everything that it holds, as it was measured. */
  readonly whole: RestorePlanSource;
  readonly planned: Pick<PlannedSnapshot, "encrypted" | "kmsKeyId">;
  /** Of the snapshot. */
  readonly sizeBytes: number;
  /** Whether the finished snapshot is read again. */
  readonly compare?: boolean | undefined;
}

/** Everything is written. */
export function writesOfAll({ volume, blocks, storeReads, storeBytes }: RestorePlanSource, { compare, fullReason }: { readonly compare?: boolean | undefined; readonly fullReason?: string | undefined } = {}): PlannedWrites {
  return { volume, method: "full", ...(fullReason !== undefined && { fullReason }), isAtMost: false, blocks, storeReads, storeBytes, blocksRead: compare === true ? blocks : 0 };
}

/** What a restore over a snapshot that is there writes: by block maps and changed blocks, which read no data. */
export async function planWritesOver(question: WritesQuestion, parentSnapshotId: string | undefined, call: CallOptions): Promise<{ readonly parent?: PlannedParent; readonly writes: PlannedWrites }> {
  const { account, region, planned, sizeBytes, whole } = question;
  if (parentSnapshotId === undefined) return { writes: writesOfAll(whole, question) };
  const { parent, ...no } = await chooseParent(account.compute(region), parentSnapshotId, planned, sizeBytes, call);
  if (parent === undefined) {
    const fullReason = "why" in no ? no.why : "";
    return { parent: { parentSnapshotId, fullReason }, writes: writesOfAll(whole, { ...question, fullReason }) };
  }
  const difference = await tellDifference(question, parent, call);
  const delta = { volume: whole.volume, method: "delta" as const, over: parentSnapshotId };
  if (difference === undefined) return { parent: { parentSnapshotId }, writes: { ...delta, ...atMost(question, "reading") } };
  const { method, blocks: only } = difference;
  // what the finished snapshot holds, zeros that were written among it, nobody counts before
  return { parent: { parentSnapshotId }, writes: { ...delta, by: method, isAtMost: question.compare === true, ...(await measure(question, only, call)), blocksRead: question.compare === true ? sizeBytes / blockSizeBytes : 0 } };
}

/** What a restore over a present volume writes, of which a snapshot is taken only then. `mayRead`: whether all of it is read where nothing cheaper tells what differs. */
export async function planWritesOverVolume(question: WritesQuestion & { readonly mayRead: boolean }, present: VolumeDescription, call: CallOptions): Promise<PlannedWrites> {
  const { repository, account, region, source, whole, planned, sizeBytes, mayRead } = question;
  const { volumeId, encrypted, kmsKeyId } = present;
  const why = whyNoParent({ volumeSizeBytes: present.sizeBytes, isEncrypted: encrypted, ...(kmsKeyId !== undefined && { kmsKeyId }) }, planned, sizeBytes);
  if (why !== undefined) return writesOfAll(whole, { ...question, fullReason: `a snapshot of ${volumeId} ${why}` });
  const known = await findKnownSnapshot({ repository, source }, account.compute(region), volumeId, call);
  if (known === undefined && !mayRead) return writesOfAll(whole, { ...question, fullReason: noKnownSnapshot(volumeId) });
  const delta = { volume: whole.volume, method: "delta" as const, over: volumeId };
  if (known === undefined) return { ...delta, ...atMost(question, "reading") };
  const { point, snapshot } = known;
  const different = await betweenPoints(point, source, sizeBytes, call);
  return { ...delta, ...atMost(question, "changed blocks"), known: { since: snapshot.startedAt.toISOString(), ...(await measure(question, different, call)) } };
}

/** Every block of the volume: what is there now and the restore point lacks is written over with zeros. */
function atMost({ whole: { storeReads, storeBytes }, sizeBytes, compare }: WritesQuestion, by: DifferenceMethod): Omit<PlannedWrites, "volume" | "method"> {
  const all = sizeBytes / blockSizeBytes;
  return { by, isAtMost: true, blocks: all, storeReads, storeBytes, blocksRead: (by === "reading" ? all : 0) + (compare === true ? all : 0) };
}

async function measure({ source }: WritesQuestion, only: BlockSet, call: CallOptions): Promise<Pick<PlannedWrites, "blocks" | "storeReads" | "storeBytes">> {
  const { storeReads, storeBytes } = await measureRestore(source.map, { only, signal: call.signal });
  return { blocks: only.size, storeReads, storeBytes };
}

/** A plan may be asked for by who may not read snapshots: then it tells what it can. */
async function tellDifference({ repository, account, region, source }: WritesQuestion, parent: SnapshotDescription, call: CallOptions): Promise<Difference | undefined> {
  try {
    return await findDifference({ repository, account, region, source, parent, mayRead: false }, call);
  } catch (error) {
    if (!(HoldfastError.isInstance(error) && error.code === "AccessDenied")) throw error;
    return undefined;
  }
}
