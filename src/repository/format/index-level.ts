import type { IntegrityError } from "../../errors/index.js";
import type { KeyRing } from "../keys/key-ring.js";
import { seal, unseal } from "../keys/sealed-box.js";
import { ByteReader } from "./byte-reader.js";
import { ByteWriter } from "./byte-writer.js";
import { damagedObject } from "../store/damage-errors.js";
import { readPackReference, writePackReference, type PackReference } from "./dictionary-page.js";
import type { PackId } from "./object-names.js";

/** Entries of a shard: 3 MiB. All shards of a level but the last are full. */
export const shardEntries = 2 ** 18;
/** First 8 bytes of the block id, position of the pack in the level. */
export const shardEntryBytes = 12;
/** Packs of a page. All pages of a level but the last are full. */
export const packPageEntries = 2 ** 14;
/** Entries are ordered by how many zero bits the first 8 bytes of their block id end in, at most so many. */
export const maxZeroBits = 15;
/** Bytes of the level's objects that are not entries: nonce, tag, version and number. */
const overheadBytes = 28 + 8;
/** The longest object that can be part of a level: packs, each with a long version id. */
export const maxLevelObjectBytes = 16 * 2 ** 20;

/** A run of entries that maintenance merged (docs/repository-format.md, section 8). */
export interface IndexLevel {
  readonly generation: string;
  readonly packs: number;
  /** How many entries' ids end in 0, 1, … 15 or more zero bits. */
  readonly entries: readonly number[];
}

export function levelEntries({ entries }: IndexLevel): number {
  return entries.reduce((sum, count) => sum + count, 0);
}

/** How many entries a sample of one block in 2^sampling has: they are the first ones. */
export function sampledEntries({ entries }: IndexLevel, sampling: number): number {
  return entries.slice(sampling).reduce((sum, count) => sum + count, 0);
}

/** How many zero bits a block id's bytes 4 to 7 end in, as far as it matters. */
export function zeroBitsOf(low: number): number {
  const lowest = low & -low;
  return lowest === 0 ? maxZeroBits : Math.min(maxZeroBits, 31 - Math.clz32(lowest));
}

/** A pack as the short list of a level has it. */
export interface ListedPack {
  readonly id: PackId;
  readonly versionCheck: number;
}

/** `entries` as they are stored: 12 bytes each. */
export function sealShard(keys: KeyRing, name: string, entries: Buffer): Buffer {
  const plain = new ByteWriter(8 + entries.length).u32(1).u32(entries.length / shardEntryBytes).bytes(entries).finish();
  return seal(sealOf(keys, name, "index shard"), plain);
}

/** The entries of a shard; `IntegrityError` where it is damaged or has not as many as expected. */
export function openShard(keys: KeyRing, name: string, bytes: Buffer, expectedEntries: number): Buffer {
  if (bytes.length !== overheadBytes + expectedEntries * shardEntryBytes) throw wrongLength(name);
  const reader = openLevelObject(keys, name, "index shard", bytes, expectedEntries);
  const entries = reader.bytes(expectedEntries * shardEntryBytes);
  reader.end();
  return entries;
}

/** Packs in ascending order of session and number. */
export function sealPackList(keys: KeyRing, name: string, packs: readonly ListedPack[]): Buffer {
  const writer = new ByteWriter(packs.length * 12).u32(1).u32(packs.length);
  for (let at = 0; at < packs.length; ) {
    const { sessionId } = packs[at]?.id ?? { sessionId: "" };
    let end = at + 1;
    while (packs[end]?.id.sessionId === sessionId) end++;
    writer.bytes(Buffer.from(sessionId, "hex")).u32(end - at);
    for (const { id, versionCheck } of packs.slice(at, end)) writer.u32(id.number).u32(versionCheck);
    at = end;
  }
  return seal(sealOf(keys, name, "index packs"), writer.finish());
}

export function openPackList(keys: KeyRing, name: string, bytes: Buffer, expectedPacks: number): ListedPack[] {
  const reader = openLevelObject(keys, name, "index packs", bytes, expectedPacks);
  const packs: ListedPack[] = [];
  while (packs.length < expectedPacks) {
    const sessionId = reader.bytes(16).toString("hex");
    const count = reader.u32();
    if (count === 0 || packs.length + count > expectedPacks) throw reader.fail("its numbers are impossible");
    for (let n = 0; n < count; n++) packs.push({ id: { kind: "data", sessionId, number: reader.u32() }, versionCheck: reader.u32() });
  }
  reader.end();
  return packs;
}

export function sealPackDetails(keys: KeyRing, name: string, packs: readonly PackReference[]): Buffer {
  const writer = new ByteWriter(packs.length * 96).u32(1).u32(packs.length);
  packs.forEach((pack, position) => writePackReference(writer, position, pack));
  return seal(sealOf(keys, name, "index pack details"), writer.finish());
}

export function openPackDetails(keys: KeyRing, name: string, bytes: Buffer, expectedPacks: number): PackReference[] {
  const reader = openLevelObject(keys, name, "index pack details", bytes, expectedPacks);
  const packs = Array.from({ length: expectedPacks }, () => readPackReference(reader)[1]);
  reader.end();
  return packs;
}

function openLevelObject(keys: KeyRing, name: string, label: string, bytes: Buffer, expected: number): ByteReader {
  if (bytes.length > maxLevelObjectBytes) throw wrongLength(name);
  const reader = new ByteReader(unseal(sealOf(keys, name, label), bytes), label);
  const version = reader.u32();
  if (version !== 1) throw reader.fail(`its version is ${String(version)}, not 1`);
  if (reader.u32() !== expected) throw reader.fail("it has not as many entries as the manifest says");
  return reader;
}

function wrongLength(name: string): IntegrityError {
  return damagedObject(name, "it has not the length that the manifest of the index says");
}

function sealOf(keys: KeyRing, name: string, label: string): { key: Buffer; repositoryId: Buffer; name: string; label: string } {
  return { key: keys.structure, repositoryId: keys.repositoryId, name, label };
}
