import type { KeyRing } from "../keys/key-ring.js";
import { seal, unseal, type SealContext } from "../keys/sealed-box.js";
import { ByteReader } from "./byte-reader.js";
import { ByteWriter } from "./byte-writer.js";
import { damagedObject } from "../store/damage-errors.js";
import { objectNames, type PackId } from "./object-names.js";
import { decodeDirectory, directoryEntryBytes, encodeDirectory, maxPackEntries, type DirectoryEntry } from "./pack-directory.js";

const sha256Bytes = 32;

/** What an archived pack holds, and which pack it is: kept where it can be read at once. */
export interface WarmDirectory {
  readonly sizeBytes: number;
  /** Of the whole pack. */
  readonly sha256: Buffer;
  readonly entries: readonly DirectoryEntry[];
}

/** Seals the copy under its own name, which is the pack's but for its first part. */
export function sealWarmDirectory(keys: KeyRing, id: PackId, { sizeBytes, sha256, entries }: WarmDirectory): Buffer {
  const writer = new ByteWriter(16 + sha256Bytes + entries.length * directoryEntryBytes);
  writer.u32(1).u32(entries.length).u64(sizeBytes).bytes(sha256).bytes(encodeDirectory(entries));
  return seal(sealOf(keys, id), writer.finish());
}

/** Opens the copy; raises `IntegrityError` where it is damaged or another pack's. */
export function openWarmDirectory(keys: KeyRing, id: PackId, bytes: Buffer): WarmDirectory {
  const reader = new ByteReader(unseal(sealOf(keys, id), bytes), "warm copy of a directory");
  const version = reader.u32();
  if (version !== 1) throw reader.fail(`its version is ${String(version)}, not 1`);
  const count = reader.u32();
  if (count > maxPackEntries) throw damagedObject(objectNames.warmDirectory(id), "it has more entries than any pack");
  const sizeBytes = reader.u64();
  const sha256 = Buffer.from(reader.bytes(sha256Bytes));
  const entries = decodeDirectory(reader.bytes(count * directoryEntryBytes), count);
  reader.end();
  return { sizeBytes, sha256, entries };
}

function sealOf(keys: KeyRing, id: PackId): SealContext {
  return { key: keys.structure, repositoryId: keys.repositoryId, name: objectNames.warmDirectory(id), label: "warm directory" };
}
