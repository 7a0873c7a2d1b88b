import type { KeyRing } from "../keys/key-ring.js";
import { seal, unseal } from "../keys/sealed-box.js";
import { ByteReader } from "../format/byte-reader.js";
import { ByteWriter } from "../format/byte-writer.js";
import { readPackReference, writePackReference, type PackReference } from "../format/dictionary-page.js";
import { objectNames } from "../format/object-names.js";

/** A place in a pack. */
export interface FramePlace {
  readonly reference: PackReference;
  readonly offset: number;
  readonly length: number;
  readonly compression: number;
}

/** A frame of a pack that is gone or damaged, and where the same block is found. */
export interface RelocatedFrame {
  readonly offset: number;
  readonly length: number;
  readonly to: FramePlace;
}

/** Where frames of one pack are found (docs/repository-format.md, section 12). */
export interface Relocation {
  readonly packs: readonly PackReference[];
  readonly size: number;
  /** Where the frame at `offset` is found, if this relocation has it. */
  find(offset: number): FramePlace | undefined;
  /** All frames, ascending. */
  frames(): Generator<RelocatedFrame>;
}

/** More than a pack has frames: a bound on what is read and held at once. */
export const maxRelocatedFrames = 65_536;
const entryBytes = 20;

/** Seals a relocation; `frames` ascending by offset. */
export function sealRelocation(keys: KeyRing, name: string, frames: readonly RelocatedFrame[]): Buffer {
  const positions = new Map<string, number>();
  const packs: PackReference[] = [];
  for (const { to } of frames) {
    const packName = objectNames.pack(to.reference.id);
    if (positions.has(packName)) continue;
    positions.set(packName, packs.length);
    packs.push(to.reference);
  }
  const writer = new ByteWriter(12 + packs.length * 96 + frames.length * entryBytes).u32(1).u32(packs.length).u32(frames.length);
  packs.forEach((pack, position) => writePackReference(writer, position, pack));
  for (const { offset, length, to } of frames) {
    const position = positions.get(objectNames.pack(to.reference.id)) ?? 0;
    writer.u32(offset).u24(length).u8(to.compression).u32(position).u32(to.offset).u24(to.length).u8(0);
  }
  return seal(sealOf(keys, name), writer.finish());
}

/** Opens a relocation; raises `IntegrityError` where it is damaged. */
export function openRelocation(keys: KeyRing, name: string, bytes: Buffer): Relocation {
  const reader = new ByteReader(unseal(sealOf(keys, name), bytes), "relocation");
  const version = reader.u32();
  if (version !== 1) throw reader.fail(`its version is ${String(version)}, not 1`);
  const packCount = reader.u32();
  const size = reader.u32();
  if (packCount > size || size > maxRelocatedFrames) throw reader.fail("its numbers are impossible");
  const packs = Array.from({ length: packCount }, () => readPackReference(reader)[1]);
  const entries = reader.bytes(size * entryBytes);
  reader.end();
  const frameAt = (position: number): RelocatedFrame => {
    const entry = new ByteReader(entries.subarray(position * entryBytes, (position + 1) * entryBytes), "relocation");
    const offset = entry.u32();
    const length = entry.u24();
    const compression = entry.u8();
    const reference = packs[entry.u32()];
    if (reference === undefined) throw entry.fail("a frame lies in a pack that it does not name");
    return { offset, length, to: { reference, offset: entry.u32(), length: entry.u24(), compression } };
  };
  return {
    packs,
    size,
    find: (offset) => {
      const position = positionOf(entries, offset);
      return position === undefined ? undefined : frameAt(position).to;
    },
    *frames() {
      for (let position = 0; position < size; position++) yield frameAt(position);
    },
  };
}

function positionOf(entries: Buffer, offset: number): number | undefined {
  let low = 0;
  let high = entries.length / entryBytes;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (entries.readUInt32BE(middle * entryBytes) < offset) low = middle + 1;
    else high = middle;
  }
  return low * entryBytes < entries.length && entries.readUInt32BE(low * entryBytes) === offset ? low : undefined;
}

function sealOf(keys: KeyRing, name: string): { key: Buffer; repositoryId: Buffer; name: string; label: string } {
  return { key: keys.structure, repositoryId: keys.repositoryId, name, label: "relocation" };
}
