import type { ByteSource } from "../../bytes/byte-source.js";
import { LogicalVolumeSource, type Segment } from "./logical-volume-source.js";
import type { MetadataSection, MetadataValue } from "./metadata-text.js";
import type { PhysicalVolume } from "./physical-volume.js";

/** A logical volume: its bytes, or why they cannot be had. */
export interface LogicalVolume {
  /** `<group>/<volume>`, as LVM names it. */
  readonly name: string;
  readonly source?: ByteSource;
  readonly reason?: string;
  /** The physical volumes that belong to the group and are here. */
  readonly physicalVolumes: readonly PhysicalVolume[];
}

const sectorBytes = 512;

/** The logical volumes of all groups that the physical volumes belong to: of each group as its newest metadata have it. */
export function findLogicalVolumes(physicalVolumes: readonly PhysicalVolume[]): LogicalVolume[] {
  const groups = new Map<string, { readonly name: string; readonly group: MetadataSection; readonly sequence: number }>();
  for (const { metadata } of physicalVolumes) {
    for (const [name, group] of Object.entries(metadata ?? {})) {
      if (!isSection(group) || !isSection(group["logical_volumes"] ?? {}) || group["extent_size"] === undefined) continue;
      const [id, sequence] = [textOf(group["id"]) ?? name, numberOf(group["seqno"]) ?? 0];
      if ((groups.get(id)?.sequence ?? -1) < sequence) groups.set(id, { name, group, sequence });
    }
  }
  return [...groups.values()].flatMap(({ name, group }) => volumesOf(name, group, physicalVolumes));
}

function volumesOf(groupName: string, group: MetadataSection, physicalVolumes: readonly PhysicalVolume[]): LogicalVolume[] {
  const extentBytes = (numberOf(group["extent_size"]) ?? 0) * sectorBytes;
  const places = new Map<string, { readonly volume: PhysicalVolume | undefined; readonly start: number }>();
  for (const [name, facts] of Object.entries(sectionOf(group["physical_volumes"]))) {
    const uuid = textOf(sectionOf(facts)["id"])?.replaceAll("-", "");
    places.set(name, { volume: physicalVolumes.find((one) => one.uuid === uuid), start: (numberOf(sectionOf(facts)["pe_start"]) ?? 0) * sectorBytes });
  }
  const here = [...places.values()].flatMap(({ volume }) => volume ?? []);
  return Object.entries(sectionOf(group["logical_volumes"])).flatMap(([name, facts]): LogicalVolume[] => {
    const volume = { name: `${groupName}/${name}`, physicalVolumes: here };
    // what is not visible is a part of another one
    const status = sectionOf(facts)["status"];
    if (Array.isArray(status) && !status.includes("VISIBLE")) return [];
    const segments = segmentsOf(sectionOf(facts), { extentBytes, places });
    return [typeof segments === "string" ? { ...volume, reason: segments } : { ...volume, source: new LogicalVolumeSource(segments) }];
  });
}

interface GroupPlaces {
  readonly extentBytes: number;
  readonly places: ReadonlyMap<string, { readonly volume: PhysicalVolume | undefined; readonly start: number }>;
}

/** The segments in order, or why they cannot be read. */
function segmentsOf(volume: MetadataSection, { extentBytes, places }: GroupPlaces): Segment[] | string {
  const segments: Segment[] = [];
  const found = Object.entries(volume).flatMap(([name, facts]) => (/^segment\d+$/.test(name) ? [sectionOf(facts)] : []));
  found.sort((a, b) => (numberOf(a["start_extent"]) ?? 0) - (numberOf(b["start_extent"]) ?? 0));
  let next = 0;
  for (const segment of found) {
    const type = textOf(segment["type"]);
    if (type !== "striped" && type !== "linear") return `it is an LVM volume of the type ${type ?? "unknown"}, and only linear and striped ones are read here. Open restore.blockDevice(point, { volume }), or restore the volume, and activate the group there`;
    const [start, count, stripeSize] = [numberOf(segment["start_extent"]), numberOf(segment["extent_count"]), numberOf(segment["stripe_size"])];
    const stripes = stripesOf(segment["stripes"], { extentBytes, places });
    if (typeof stripes === "string") return stripes;
    const sizeBytes = (count ?? 0) * extentBytes;
    const stripeBytes = stripes.length === 1 ? sizeBytes : (stripeSize ?? 0) * sectorBytes;
    const each = sizeBytes / stripes.length;
    const isSound = (start ?? -1) * extentBytes === next && sizeBytes > 0 && stripeBytes > 0 && each % stripeBytes === 0 && stripes.every(({ source, offset }) => offset >= 0 && offset + each <= source.sizeBytes);
    if (!isSound) return "its LVM metadata contradict themselves";
    segments.push({ start: next, sizeBytes, stripes, stripeBytes });
    next += sizeBytes;
  }
  return segments.length === 0 ? "its LVM metadata name no segments" : segments;
}

function stripesOf(list: MetadataValue | undefined, { extentBytes, places }: GroupPlaces): Segment["stripes"] | string {
  if (!Array.isArray(list) || list.length === 0 || list.length % 2 !== 0) return "its LVM metadata contradict themselves";
  const stripes: { readonly source: ByteSource; readonly offset: number }[] = [];
  for (let at = 0; at < list.length; at += 2) {
    const place = places.get(String(list[at]));
    const extent = numberOf(list[at + 1] as MetadataValue);
    if (place === undefined || extent === undefined || extent < 0) return "its LVM metadata contradict themselves";
    if (place.volume === undefined) return "a part of its LVM volume group lies on a volume that is not in this restore point, or was not opened";
    stripes.push({ source: place.volume.source, offset: place.start + extent * extentBytes });
  }
  return stripes;
}

function isSection(value: MetadataValue): value is MetadataSection {
  return typeof value === "object" && !Array.isArray(value);
}

function sectionOf(value: MetadataValue | undefined): MetadataSection {
  return value !== undefined && isSection(value) ? value : {};
}

function textOf(value: MetadataValue | undefined): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function numberOf(value: MetadataValue | undefined): number | undefined {
  return typeof value === "number" && Number.isSafeInteger(value) ? value : undefined;
}
