import type { ByteSource } from "../../bytes/byte-source.js";
import { parseMetadata, type MetadataSection } from "./metadata-text.js";

/** A disk or partition of a volume group, with what it says of the whole group. */
export interface PhysicalVolume {
  /** 32 characters. */
  readonly uuid: string;
  readonly metadata: MetadataSection | undefined;
  readonly source: ByteSource;
}

const sectorBytes = 512;
/** A label lies in one of the first four sectors. */
const labelSectors = 4;
const metadataMagic = Buffer.from(" LVM2 x[5A%r0N*>", "latin1");
/** Some ten thousand logical volumes: far above what any group of real size writes. A token of the text takes up to a hundred times its length. */
const maxTextBytes = 4 * 2 ** 20;

/** What the texts of all physical volumes may have together: each carries its group's, and a hostile disk has a thousand partitions that do. */
export interface MetadataBudget {
  leftBytes: number;
}

/** The budget of one restore point. */
export function newMetadataBudget(): MetadataBudget {
  return { leftBytes: 4 * maxTextBytes };
}

/** Reads a label and the group's metadata; `undefined` where there is no label. */
export async function readPhysicalVolume(source: ByteSource, budget = newMetadataBudget()): Promise<PhysicalVolume | undefined> {
  if (source.sizeBytes < labelSectors * sectorBytes) return undefined;
  const start = await source.read(0, labelSectors * sectorBytes);
  for (let sector = 0; sector < labelSectors; sector++) {
    const label = start.subarray(sector * sectorBytes, (sector + 1) * sectorBytes);
    if (label.toString("latin1", 0, 8) !== "LABELONE" || label.toString("latin1", 24, 32) !== "LVM2 001") continue;
    const headerAt = label.readUInt32LE(20);
    if (headerAt + 40 > sectorBytes) return undefined;
    const uuid = label.toString("latin1", headerAt, headerAt + 32);
    // two lists of places, each ended by zeros: the data, then the metadata
    let at = headerAt + 40;
    const data = placesIn(label, at);
    at += (data.length + 1) * 16;
    for (const { offset } of placesIn(label, at)) {
      const metadata = await readMetadata(source, offset, budget);
      if (metadata !== undefined) return { uuid, metadata, source };
    }
    return { uuid, metadata: undefined, source };
  }
  return undefined;
}

function placesIn(label: Buffer, start: number): { readonly offset: number; readonly sizeBytes: number }[] {
  const places: { readonly offset: number; readonly sizeBytes: number }[] = [];
  for (let at = start; at + 16 <= label.length && label.readBigUInt64LE(at) !== 0n; at += 16) places.push({ offset: Number(label.readBigUInt64LE(at)), sizeBytes: Number(label.readBigUInt64LE(at + 8)) });
  return places;
}

/** The newest text in a metadata area, which is written round and round. */
async function readMetadata(source: ByteSource, area: number, budget: MetadataBudget): Promise<MetadataSection | undefined> {
  if (area + sectorBytes > source.sizeBytes) return undefined;
  const header = await source.read(area, sectorBytes);
  if (!header.subarray(4, 20).equals(metadataMagic)) return undefined;
  const areaBytes = Number(header.readBigUInt64LE(32));
  const [offset, length] = [Number(header.readBigUInt64LE(40)), Number(header.readBigUInt64LE(48))];
  const isSound = length > 0 && length <= maxTextBytes && offset >= sectorBytes && offset < areaBytes && length <= areaBytes - sectorBytes && area + areaBytes <= source.sizeBytes;
  if (!isSound || length > budget.leftBytes) return undefined;
  budget.leftBytes -= length;
  const first = await source.read(area + offset, Math.min(length, areaBytes - offset));
  const wrapped = first.length < length ? await source.read(area + sectorBytes, length - first.length) : Buffer.alloc(0);
  return parseMetadata(withoutEnd(Buffer.concat([first, wrapped])).toString("utf8"));
}

/** The text ends with a zero or more; looked for from the end, for a pattern would try each of them. */
function withoutEnd(text: Buffer): Buffer {
  let end = text.length;
  while (end > 0 && text[end - 1] === 0) end--;
  return text.subarray(0, end);
}
