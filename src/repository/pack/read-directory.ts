import { IntegrityError } from "../../errors/index.js";
import type { Logger, ObjectStore } from "../../ports/index.js";
import { decodeDirectory, decodeTrailer, directoryCheck, directoryEntryBytes, maxPackEntries, packTrailerBytes, type DirectoryEntry } from "../format/pack-directory.js";
import type { KeyRing } from "../keys/key-ring.js";
import { readProven } from "../read/read-proven.js";
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

/** Reads a data pack's directory by one ranged read. `IntegrityError` where it is damaged, or the pack is longer or shorter than its directory says. */
export async function readPackDirectory(
  { store, keys, logger }: { readonly store: ObjectStore; readonly keys: KeyRing; readonly logger: Logger },
  name: string,
  options: { readonly signal?: AbortSignal | undefined; readonly versionId?: string | undefined } = {},
): Promise<PackDirectory> {
  return await readProven(logger, name, async () => {
    const { body, sizeBytes, versionId } = await store.get(name, { range: { suffix: suffixBytes }, ...options });
    const entries = openDirectory(keys, name, body);
    if (sizeBytes !== packSizeOf(entries)) {
      throw new IntegrityError(`${name} has ${String(sizeBytes)} bytes, its directory says ${String(packSizeOf(entries))}.`, { code: "DamagedPack", context: { pack: name } });
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

/** Opens the directory in `end`, the last bytes of the pack `name` (or the whole pack). */
export function openDirectory(keys: KeyRing, name: string, end: Buffer): DirectoryEntry[] {
  const trailer = decodeTrailer(end.subarray(Math.max(0, end.length - packTrailerBytes)), name);
  const start = end.length - packTrailerBytes - trailer.sealedLength;
  if (start < 0) throw new IntegrityError(`The directory of ${name} is longer than the pack.`, { code: "DamagedPack", context: { pack: name } });
  const sealed = end.subarray(start, start + trailer.sealedLength);
  if (!directoryCheck(sealed).equals(trailer.check)) throw new IntegrityError(`The directory of ${name} is damaged.`, { code: "DamagedPack", context: { pack: name } });
  return decodeDirectory(unseal({ key: keys.structure, repositoryId: keys.repositoryId, name, label: "directory" }, sealed), trailer.entries);
}
