import { IntegrityError } from "../../errors/index.js";
import type { ObjectStore } from "../../ports/index.js";
import { decodeDirectory, decodeTrailer, directoryCheck, directoryEntryBytes, maxPackEntries, packTrailerBytes, type DirectoryEntry } from "../format/pack-directory.js";
import type { KeyRing } from "../keys/key-ring.js";
import { unseal } from "../keys/sealed-box.js";

const sealedOverheadBytes = 28;
/** The longest directory and trailer of version 1: one read from the pack's end brings both. */
const suffixBytes = maxPackEntries * directoryEntryBytes + sealedOverheadBytes + packTrailerBytes;

/** A pack's own table of contents, as its end says, and the pack's size. */
export interface PackDirectory {
  readonly entries: readonly DirectoryEntry[];
  readonly sizeBytes: number;
  /** The version that was read, where the store has versions. */
  readonly versionId: string | undefined;
}

/** Reads a data pack's directory by one ranged read. */
export async function readPackDirectory(
  context: { readonly store: ObjectStore; readonly keys: KeyRing },
  name: string,
  options: { readonly signal?: AbortSignal | undefined; readonly versionId?: string | undefined } = {},
): Promise<PackDirectory> {
  const { body, sizeBytes, versionId } = await context.store.get(name, { range: { suffix: suffixBytes }, ...options });
  return { entries: openDirectory(context.keys, name, body), sizeBytes, versionId };
}

/** Opens the directory in `end`, the last bytes of the pack `name` (or the whole pack). */
export function openDirectory(keys: KeyRing, name: string, end: Buffer): DirectoryEntry[] {
  const trailer = decodeTrailer(end.subarray(Math.max(0, end.length - packTrailerBytes)), name);
  const start = end.length - packTrailerBytes - trailer.sealedLength;
  if (start < 0) throw new IntegrityError(`The directory of ${name} is longer than the pack.`, { code: "DamagedPack", context: { pack: name } });
  const sealed = end.subarray(start, start + trailer.sealedLength);
  if (!directoryCheck(sealed).equals(trailer.check)) throw new IntegrityError(`The directory of ${name} is damaged.`, { code: "DamagedPack", context: { pack: name } });
  return decodeDirectory(unseal({ key: keys.structure, repositoryId: keys.repositoryId, name, label: "directory" }, sealed), trailer.entries);
}
