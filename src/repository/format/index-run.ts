import type { KeyRing } from "../keys/key-ring.js";
import { seal, unseal } from "../keys/sealed-box.js";
import { ByteReader } from "./byte-reader.js";
import { ByteWriter } from "./byte-writer.js";
import { damagedObject } from "../store/damage-errors.js";
import { readPackReference, writePackReference, type PackReference } from "./dictionary-page.js";
import { blockIdBytes } from "./frame-header.js";
import type { DirectoryEntry } from "./pack-directory.js";

/** Block id, position of the pack in the run, number of the entry in the pack's directory. */
const entryBytes = blockIdBytes + 4 + 2;
/** More than this and a run is not one of version 1: a bound on what is read and held at once. */
const maxEntries = 2 ** 20;
/** The longest object that can be a run: its entries, and for each a pack with a long version id. */
export const maxIndexRunBytes = 64 * 2 ** 20;

/** A pack that was stored, with what lies in it. */
export interface IndexedPack {
  readonly reference: PackReference;
  readonly entries: readonly DirectoryEntry[];
}

/** A run of the dedup index: which blocks lie in which packs. */
export interface IndexRun {
  readonly packs: readonly PackReference[];
  readonly size: number;
  /** Calls back for each entry, in ascending order: bytes 0 to 3 and 4 to 7 of the block id, and the pack's position. */
  forEach(visit: (high: number, low: number, packPosition: number) => void): void;
}

/** About how many entries an object of this size has: at least so many fit. */
export function estimateEntries(sizeBytes: number): number {
  return Math.min(maxEntries, Math.ceil(sizeBytes / entryBytes));
}

export function sealIndexRun(keys: KeyRing, name: string, packs: readonly IndexedPack[]): Buffer {
  const entries = packs.flatMap((pack, position) => pack.entries.map(({ blockId }, slot) => ({ blockId, position, slot })));
  entries.sort((a, b) => Buffer.compare(a.blockId, b.blockId));
  const writer = new ByteWriter(12 + packs.length * 96 + entries.length * entryBytes).u32(1).u32(packs.length).u32(entries.length);
  packs.forEach(({ reference }, position) => writePackReference(writer, position, reference));
  for (const { blockId, position, slot } of entries) writer.bytes(blockId).u32(position).u16(slot);
  return seal(sealOf(keys, name), writer.finish());
}

/** Opens a run; raises `IntegrityError` where it is damaged. */
export function openIndexRun(keys: KeyRing, name: string, bytes: Buffer): IndexRun {
  if (bytes.length > maxIndexRunBytes) throw damagedObject(name, "it is too long for a run of the index");
  const reader = new ByteReader(unseal(sealOf(keys, name), bytes), "run of the dedup index");
  const version = reader.u32();
  if (version !== 1) throw reader.fail(`its version is ${String(version)}, not 1`);
  const packCount = reader.u32();
  const size = reader.u32();
  if (size > maxEntries || packCount > maxEntries) throw reader.fail("its numbers are impossible");
  const packs: PackReference[] = [];
  for (let position = 0; position < packCount; position++) packs.push(readPackReference(reader)[1]);
  const entries = reader.bytes(size * entryBytes);
  reader.end();
  return {
    packs,
    size,
    forEach: (visit) => {
      for (let at = 0; at < entries.length; at += entryBytes) visit(entries.readUInt32BE(at), entries.readUInt32BE(at + 4), entries.readUInt32BE(at + blockIdBytes));
    },
  };
}

function sealOf(keys: KeyRing, name: string): { key: Buffer; repositoryId: Buffer; name: string; label: string } {
  return { key: keys.structure, repositoryId: keys.repositoryId, name, label: "index" };
}
