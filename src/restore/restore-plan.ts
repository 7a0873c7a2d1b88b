import { ConfigurationError } from "../errors/index.js";
import { blockSizeBytes, type CallOptions, type CloudAccount, type CreateVolumeRequest, type SnapshotWriterRequest, type Tags } from "../ports/index.js";
import { measureRestore } from "../transfer/measure-restore.js";
import type { RestoreSource } from "./find-source.js";
import type { ImageRestoreOptions, ResolvedVolumeRestoreOptions } from "./restore-options.js";

/** What a restore reads, whatever it makes. JSON. */
export interface RestorePlanSource {
  readonly restorePoint: string;
  readonly volume: string;
  readonly createdAt: string;
  readonly sizeBytes: number;
  /** Blocks of 512 KiB that hold data: each is read, verified and written once. */
  readonly blocks: number;
  readonly dataBytes: number;
  /** Ranged reads of the repository's packs, and the bytes they bring. */
  readonly storeReads: number;
  readonly storeBytes: number;
}

/** A volume as it will be made. JSON. */
export interface PlannedVolume {
  readonly region: string;
  readonly availabilityZone: string;
  /** A whole number of GiB: an image that is none is filled up with zeros. */
  readonly sizeBytes: number;
  readonly volumeType: string;
  readonly iops?: number | undefined;
  readonly throughputMiBps?: number | undefined;
  readonly encrypted?: boolean | undefined;
  readonly kmsKeyId?: string | undefined;
  readonly tags: Tags;
}

/** What `restore.volume` will do. JSON. */
export interface VolumeRestorePlan {
  readonly kind: "volume";
  readonly source: RestorePlanSource;
  readonly volume: PlannedVolume;
  /** PutSnapshotBlock calls; each is paid for. */
  readonly putSnapshotBlockCalls: number;
  readonly keepSnapshot: boolean;
}

/** What `restore.image` will do. JSON. */
export interface ImageRestorePlan {
  readonly kind: "image";
  readonly source: RestorePlanSource;
  readonly image: { readonly path: string; readonly format: "raw"; readonly sizeBytes: number; readonly overwrite: boolean };
}

const gib = 2 ** 30;

/** EC2 takes IOPS for these types only, and for others calls them an error, though it tells their IOPS when asked. */
const typesWithIops: readonly string[] = ["gp3", "io1", "io2"];
const typesWithThroughput: readonly string[] = ["gp3"];

export async function measureSource({ point, volumeId, map }: RestoreSource, options: CallOptions): Promise<RestorePlanSource> {
  const { blocks, storeReads, storeBytes } = await measureRestore(map, options);
  return { restorePoint: point.id, volume: volumeId, createdAt: point.createdAt.toISOString(), sizeBytes: map.root.volumeSizeBytes, blocks, dataBytes: blocks * blockSizeBytes, storeReads, storeBytes };
}

/** Decides what the new volume will be; raises `ConfigurationError` where the availability zone is not in the region. */
export async function planVolume(source: RestoreSource, options: ResolvedVolumeRestoreOptions, account: CloudAccount): Promise<PlannedVolume> {
  const { region, availabilityZone, signal, encrypted, kmsKeyId } = options;
  const zones = await account.compute(region).availabilityZones({ signal });
  if (!zones.includes(availabilityZone)) {
    throw new ConfigurationError(`availabilityZone: this account has no zone "${availabilityZone}" in ${region}; it has ${zones.join(", ")}.`, { code: "InvalidOption", context: { path: "availabilityZone", zones } });
  }
  const original = (await source.point.volumeAttributes(source.volumeId, { signal })) ?? {};
  const originalType = typeof original["volumeType"] === "string" ? original["volumeType"] : undefined;
  const volumeType = options.volumeType ?? originalType ?? "gp3";
  const inherited = (name: string, types: readonly string[]): number | undefined => {
    const value = original[name];
    return typeof value === "number" && volumeType === originalType && types.includes(volumeType) ? value : undefined;
  };
  const iops = options.iops ?? inherited("iops", typesWithIops);
  const throughputMiBps = options.throughputMiBps ?? inherited("throughputMiBps", typesWithThroughput);
  // the original's key may be out of reach where the volume is restored; but what was encrypted does not become readable by default
  const isEncrypted = encrypted ?? (kmsKeyId !== undefined || original["encrypted"] === true ? true : undefined);
  return {
    region,
    availabilityZone,
    sizeBytes: Math.max(1, Math.ceil(source.map.root.volumeSizeBytes / gib)) * gib,
    volumeType,
    ...(iops !== undefined && { iops }),
    ...(throughputMiBps !== undefined && { throughputMiBps }),
    ...(isEncrypted !== undefined && { encrypted: isEncrypted }),
    ...(kmsKeyId !== undefined && { kmsKeyId }),
    tags: options.tags ?? userTags(original["tags"]),
  };
}

/** An original's tags, without those that AWS keeps to itself. */
function userTags(tags: unknown): Tags {
  if (typeof tags !== "object" || tags === null) return {};
  return Object.fromEntries(Object.entries(tags).filter((entry): entry is [string, string] => typeof entry[1] === "string" && !entry[0].startsWith("aws:")));
}

/** The snapshot that the volume is made from. Encrypted from its first block on, where the volume will be. */
export function snapshotRequest(source: RestoreSource, volume: PlannedVolume, session: string): SnapshotWriterRequest {
  return {
    region: volume.region,
    session,
    volumeSizeBytes: volume.sizeBytes,
    description: `holdfast restore of ${source.volumeId}, restore point ${source.point.id}`,
    tags: restoreTags(source, session),
    clientToken: `holdfast-${session}`,
    ...(volume.encrypted !== undefined && { encrypted: volume.encrypted }),
    ...(volume.kmsKeyId !== undefined && { kmsKeyArn: volume.kmsKeyId }),
  };
}

export function volumeRequest(source: RestoreSource, volume: PlannedVolume, session: string, snapshotId: string): CreateVolumeRequest {
  const { availabilityZone, volumeType, iops, throughputMiBps, encrypted, kmsKeyId } = volume;
  return { snapshotId, availabilityZone, volumeType, iops, throughputMiBps, encrypted, kmsKeyId, tags: withRestoreTags(volume.tags, restoreTags(source, session)), clientToken: `holdfast-${session}-volume` };
}

/** What is made by a restore says so: a crash's left-overs are found by these. */
export function restoreTags(source: RestoreSource, session: string): Tags {
  return { "holdfast:session": session, "holdfast:restore-point": source.point.id, "holdfast:source-volume": source.volumeId };
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
