import { invalidOption, optionError } from "../options/option-error.js";
import { blockSizeBytes, type CallOptions, type CloudAccount, type CreateVolumeRequest, type SnapshotWriterRequest, type Tags } from "../ports/index.js";
import { pointTag, sessionTag, sourceTag } from "../workers/tags/restore-tags.js";
import { measureRestore } from "../transfer/measure-restore.js";
import type { RestoreSource } from "./find-source.js";
import type { PlannedWrites } from "./plan/planned-writes.js";
import type { VolumeNeeds } from "./plan/volume-needs.js";
import type { RestoreThawPlan } from "./thaw/thaw-first.js";
import type { ImageRestoreOptions } from "./restore-options.js";
import type { ResolvedSnapshotRestoreOptions, ResolvedVolumeRestoreOptions, SnapshotSettings } from "./volume-restore-options.js";
import { checkVolumeShape, takes } from "./volume-rules.js";

/** What a restore reads, whatever it makes. JSON. */
export interface RestorePlanSource {
  readonly restorePoint: string;
  readonly volume: string;
  readonly createdAt: string;
  readonly sizeBytes: number;
  /** Blocks of 512 KiB that hold data: where everything is written, each is read, verified and written once. */
  readonly blocks: number;
  readonly dataBytes: number;
  /** Ranged reads of the repository's packs, and the bytes they bring. */
  readonly storeReads: number;
  readonly storeBytes: number;
  /** Of a repository in an archive: what must be thawed, how soon that can be, and what it costs. */
  readonly thaw?: RestoreThawPlan | undefined;
}

/** What `restore.blockDevice` and `restore.files` will need. JSON. */
export interface OpeningPlan {
  readonly kind: "opening";
  readonly restorePoint: string;
  /** Nothing but what a question needs is read; what of an archive is thawed is all that the volume has. */
  readonly volumes: readonly { readonly volume: string; readonly sizeBytes: number; readonly dataBytes: number; readonly thaw?: RestoreThawPlan | undefined }[];
}

/** A snapshot as it will be written. JSON. */
export interface PlannedSnapshot {
  readonly region: string;
  /** A whole number of GiB: an image that is none is filled up with zeros. */
  readonly sizeBytes: number;
  readonly encrypted?: boolean | undefined;
  readonly kmsKeyId?: string | undefined;
  readonly tags: Tags;
}

/** A volume as it will be made. JSON. */
export interface PlannedVolume extends PlannedSnapshot {
  readonly availabilityZone: string;
  readonly volumeType: string;
  readonly iops?: number | undefined;
  readonly throughputMiBps?: number | undefined;
  /** How fast EC2 brings the blocks into it; absent: as they are first read. */
  readonly initializationRateMiBps?: number | undefined;
}

/** The snapshot that is to be written over. JSON. */
export interface PlannedParent {
  readonly parentSnapshotId: string;
  /** Why it cannot be: then everything is written. */
  readonly fullReason?: string | undefined;
}

/** What `restore.volume` will do. JSON. */
export interface VolumeRestorePlan extends VolumeNeeds {
  readonly kind: "volume";
  readonly source: RestorePlanSource;
  readonly volume: PlannedVolume;
  readonly parent?: PlannedParent | undefined;
  readonly writes: PlannedWrites;
  /** As `writes.blocks`; each is paid for. */
  readonly putSnapshotBlockCalls: number;
  readonly keepSnapshot: boolean;
}

/** What `restore.snapshot` will do. JSON. */
export interface SnapshotRestorePlan {
  readonly kind: "snapshot";
  readonly source: RestorePlanSource;
  readonly snapshot: PlannedSnapshot;
  readonly parent?: PlannedParent | undefined;
  readonly writes: PlannedWrites;
  /** As `writes.blocks`; each is paid for. */
  readonly putSnapshotBlockCalls: number;
}

/** What `restore.image` will do. JSON. */
export interface ImageRestorePlan {
  readonly kind: "image";
  readonly source: RestorePlanSource;
  readonly image: { readonly path: string; readonly format: "raw"; readonly sizeBytes: number; readonly overwrite: boolean };
}

const gib = 2 ** 30;

export async function measureSource({ point, volumeId, map }: RestoreSource, options: CallOptions): Promise<RestorePlanSource> {
  const { blocks, storeReads, storeBytes } = await measureRestore(map, options);
  return { restorePoint: point.id, volume: volumeId, createdAt: point.createdAt.toISOString(), sizeBytes: map.root.volumeSizeBytes, blocks, dataBytes: blocks * blockSizeBytes, storeReads, storeBytes };
}

/** Decides what the new volume will be; raises `ConfigurationError` where EC2 would make no such volume, or none there. */
export async function planVolume(source: RestoreSource, options: ResolvedVolumeRestoreOptions, account: CloudAccount): Promise<PlannedVolume> {
  const { region, availabilityZone, initializationRateMiBps, signal } = options;
  const zones = await account.compute(region).availabilityZones({ signal });
  if (!zones.includes(availabilityZone)) {
    throw optionError("availabilityZone", `this account has no zone "${availabilityZone}" in ${region}; it has ${zones.join(", ")}.`, { context: { zones } });
  }
  const original = await originalOf(source, options);
  const originalType = typeof original["volumeType"] === "string" ? original["volumeType"] : undefined;
  const volumeType = options.volumeType ?? originalType ?? "gp3";
  const inherited = (name: "iops" | "throughputMiBps"): number | undefined => {
    const value = original[name];
    return typeof value === "number" && volumeType === originalType && takes(volumeType, name) ? value : undefined;
  };
  const iops = options.iops ?? inherited("iops");
  const throughputMiBps = options.throughputMiBps ?? inherited("throughputMiBps");
  const leastGib = wholeGib(source);
  const sizeGib = options.sizeGib ?? leastGib;
  if (sizeGib < leastGib) throw invalidOption("sizeGib", sizeGib, `must be at least ${String(leastGib)}, the original's size.`);
  checkVolumeShape({ volumeType, sizeGib, iops, throughputMiBps });
  return {
    region,
    availabilityZone,
    sizeBytes: sizeGib * gib,
    volumeType,
    ...(iops !== undefined && { iops }),
    ...(throughputMiBps !== undefined && { throughputMiBps }),
    ...(initializationRateMiBps !== undefined && { initializationRateMiBps }),
    ...encryptionOf(original, options),
    tags: options.tags ?? userTags(original["tags"]),
  };
}

/** Decides what the snapshot will be. */
export async function planSnapshot(source: RestoreSource, options: ResolvedSnapshotRestoreOptions): Promise<PlannedSnapshot> {
  const original = await originalOf(source, options);
  return { region: options.region, sizeBytes: snapshotSizeBytes(source), ...encryptionOf(original, options), tags: options.tags ?? userTags(original["tags"]) };
}

async function originalOf({ point, volumeId }: RestoreSource, { signal }: CallOptions): Promise<Readonly<Record<string, unknown>>> {
  return (await point.volumeAttributes(volumeId, { signal })) ?? {};
}

/** Of the snapshot that is written: the original's size, in whole GiB. */
export function snapshotSizeBytes(source: RestoreSource): number {
  return wholeGib(source) * gib;
}

function wholeGib({ map }: RestoreSource): number {
  return Math.max(1, Math.ceil(map.root.volumeSizeBytes / gib));
}

/** The original's key may be out of reach where the volume is restored; but what was encrypted does not become readable by default. */
function encryptionOf(original: Readonly<Record<string, unknown>>, { encrypted, kmsKeyId }: SnapshotSettings): Pick<PlannedSnapshot, "encrypted" | "kmsKeyId"> {
  const isEncrypted = encrypted ?? (kmsKeyId !== undefined || original["encrypted"] === true ? true : undefined);
  return { ...(isEncrypted !== undefined && { encrypted: isEncrypted }), ...(kmsKeyId !== undefined && { kmsKeyId }) };
}

/** An original's tags, without those that AWS keeps to itself, and without the engine's: by these a restore would take what another one makes for its own. */
function userTags(tags: unknown): Tags {
  if (typeof tags !== "object" || tags === null) return {};
  return Object.fromEntries(Object.entries(tags).filter((entry): entry is [string, string] => typeof entry[1] === "string" && !entry[0].startsWith("aws:") && !entry[0].startsWith("holdfast:")));
}

/** The snapshot that is written, as large as the original, and encrypted from its first block on. */
export function snapshotRequest(source: RestoreSource, planned: PlannedSnapshot, session: string, tags: Tags = {}): SnapshotWriterRequest {
  return {
    region: planned.region,
    session,
    volumeSizeBytes: snapshotSizeBytes(source),
    description: `holdfast restore of ${source.volumeId}, restore point ${source.point.id}`,
    tags: withRestoreTags(tags, restoreTags(source, session)),
    clientToken: `holdfast-${session}`,
    ...(planned.encrypted !== undefined && { encrypted: planned.encrypted }),
    ...(planned.kmsKeyId !== undefined && { kmsKeyArn: planned.kmsKeyId }),
  };
}

export function volumeRequest(source: RestoreSource, volume: PlannedVolume, session: string, snapshotId: string): CreateVolumeRequest {
  const { region: _region, tags, ...wanted } = volume;
  return { ...wanted, snapshotId, tags: withRestoreTags(tags, restoreTags(source, session)), clientToken: `holdfast-${session}-volume` };
}

/** What is made by a restore says so: a crash's left-overs are found by these. */
export function restoreTags(source: RestoreSource, session: string): Tags {
  return { [sessionTag]: session, [pointTag]: source.point.id, [sourceTag]: source.volumeId };
}

/** AWS's limit of tags on a resource. */
const maxTags = 50;

/** The volume's own tags come first: where there is no room for ours beside them, ours are left out. */
function withRestoreTags(tags: Tags, ours: Tags): Tags {
  const all = { ...tags, ...ours };
  return Object.keys(all).length <= maxTags ? all : tags;
}

export async function planImageRestore(source: RestoreSource, options: ImageRestoreOptions): Promise<ImageRestorePlan> {
  return {
    kind: "image",
    source: await measureSource(source, options),
    image: { path: options.path, format: "raw", sizeBytes: source.map.root.volumeSizeBytes, overwrite: options.overwrite ?? false },
  };
}
