import { HoldfastError } from "../../errors/index.js";
import type { Logger, ObjectStore } from "../../ports/index.js";
import { isArchiveClass } from "../../prices/storage-classes.js";
import { damagedPack } from "../store/damage-errors.js";
import { objectNames, type PackId } from "../format/object-names.js";
import { decodeDirectory, decodeTrailer, directoryCheck, directoryEntryBytes, packTrailerBytes, type DirectoryEntry } from "../format/pack-directory.js";
import { openWarmDirectory } from "../format/warm-directory.js";
import type { KeyRing } from "../keys/key-ring.js";
import { readProven } from "../store/read-proven.js";
import { unseal } from "../keys/sealed-box.js";
import type { PackLimits } from "./pack-options.js";
import { isGone } from "../store/store-answers.js";

const sealedOverheadBytes = 28;

/** A pack's own table of contents, as its end says, and the pack's size. */
export interface PackDirectory {
  readonly entries: readonly DirectoryEntry[];
  readonly sizeBytes: number;
  /** The version that was read, where the store has versions. */
  readonly versionId: string | undefined;
  /** SHA-256 of the whole pack, where whoever says so knows it. */
  readonly sha256?: Buffer | undefined;
}

/** Where packs are. */
export interface PackSource {
  readonly store: ObjectStore;
  readonly keys: KeyRing;
  readonly logger: Logger;
  readonly packs: PackLimits;
}

/** Reads a data pack's directory by one ranged read. `IntegrityError` where it is damaged, or the pack is longer or shorter than its directory says. */
export async function readPackDirectory(
  { store, keys, logger, packs }: PackSource,
  name: string,
  options: { readonly signal?: AbortSignal | undefined; readonly versionId?: string | undefined } = {},
): Promise<PackDirectory> {
  // the longest directory and trailer of this repository: one read from the pack's end brings both
  const suffix = packs.maxBlocks * directoryEntryBytes + sealedOverheadBytes + packTrailerBytes;
  return await readProven(logger, name, async () => {
    const { body, sizeBytes, versionId } = await store.get(name, { range: { suffix }, ...options });
    const entries = openDirectory(keys, name, body);
    if (sizeBytes !== packSizeOf(entries)) {
      throw damagedPack(name, `the pack has ${String(sizeBytes)} bytes, and by it ${String(packSizeOf(entries))}`);
    }
    return { entries, sizeBytes, versionId };
  });
}

/** How many bytes a pack with these frames has: directory and trailer follow the last frame. */
function packSizeOf(entries: readonly DirectoryEntry[]): number {
  const last = entries.at(-1);
  const framesBytes = last === undefined ? 0 : last.offset + last.length;
  return framesBytes + entries.length * directoryEntryBytes + sealedOverheadBytes + packTrailerBytes;
}

/**
 * What lies in a data pack that was seen in the store by this very call: by its own directory or, where the pack lies in an
 * archive and cannot be read, by the warm copy of it. Nothing where the pack is gone.
 */
export async function lookIntoPack(context: PackSource, id: PackId, options: { readonly signal?: AbortSignal | undefined } = {}): Promise<PackDirectory | undefined> {
  const name = objectNames.pack(id);
  if (isArchiveClass(context.store.storageClass)) return (await readWarmDirectory(context, id, options)) ?? (await whereFound(readPackDirectory(context, name, options)));
  try {
    return await whereFound(readPackDirectory(context, name, options));
  } catch (error) {
    // the class was another when the pack was stored, or a rule of the bucket moved it
    if (!(HoldfastError.isInstance(error) && error.code === "ObjectArchived")) throw error;
    const warm = await readWarmDirectory(context, id, options);
    if (warm === undefined) throw error;
    return warm;
  }
}

/** The pack is asked for first: that the copy is there says nothing of the pack. */
async function readWarmDirectory({ store, keys }: PackSource, id: PackId, options: { readonly signal?: AbortSignal | undefined }): Promise<PackDirectory | undefined> {
  const pack = await store.head(objectNames.pack(id), options);
  if (pack === undefined) return undefined;
  const copy = await whereFound(store.get(objectNames.warmDirectory(id), options));
  if (copy === undefined) return undefined;
  const { entries, sizeBytes, sha256 } = openWarmDirectory(keys, id, copy.body);
  if (sizeBytes !== pack.sizeBytes) throw damagedPack(pack.name, "its warm copy is not that of this pack");
  return { entries, sizeBytes, sha256, versionId: pack.versionId };
}

async function whereFound<T>(reading: Promise<T>): Promise<T | undefined> {
  try {
    return await reading;
  } catch (error) {
    if (!isGone(error)) throw error;
    return undefined;
  }
}

/** Opens the directory in `end`, the last bytes of the pack `name` (or the whole pack). */
export function openDirectory(keys: KeyRing, name: string, end: Buffer): DirectoryEntry[] {
  const trailer = decodeTrailer(end.subarray(Math.max(0, end.length - packTrailerBytes)), name);
  const start = end.length - packTrailerBytes - trailer.sealedLength;
  if (start < 0) throw damagedPack(name, "it is longer than the pack");
  const sealed = end.subarray(start, start + trailer.sealedLength);
  if (!directoryCheck(sealed).equals(trailer.check)) throw damagedPack(name, "its check does not fit");
  return decodeDirectory(unseal({ key: keys.structure, repositoryId: keys.repositoryId, name, label: "directory" }, sealed), trailer.entries);
}
