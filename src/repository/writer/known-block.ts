import type { BlockLocation } from "../format/leaf.js";
import type { PackId } from "../format/object-names.js";
import type { DirectoryEntry } from "../format/pack-directory.js";
import type { PackDictionary } from "../map/pack-dictionary.js";
import type { HealedPlace } from "./healing.js";
import type { MapFinding } from "./map-blocks.js";

/** A block that need not be stored again. */
export interface KnownBlock {
  readonly location: BlockLocation;
  readonly count: "knownInMapBlocks" | "knownInRunBlocks" | "knownInIndexBlocks";
  /** Where it was found by the index or in this run; what the map has at its place is inherited. */
  readonly pack?: PackId | undefined;
  /** Where it was found by the index or in this run: what a lost place of the same block is healed with. */
  readonly place?: HealedPlace | undefined;
}

/** What the map has at its place. */
export function knownInMap(dictionary: PackDictionary, found: MapFinding | undefined): KnownBlock | undefined {
  if (found === undefined || "lost" in found) return undefined;
  if ("here" in found) return { location: found.here, count: "knownInMapBlocks" };
  const { entry, reference } = found.relocated;
  return { location: locationOf(entry, dictionary.ordinalOf(reference)), count: "knownInMapBlocks", pack: reference.id };
}

/** A pack's entry as a leaf names it. */
export function locationOf({ blockId, offset, length, compression }: DirectoryEntry, ordinal: number): BlockLocation {
  return { blockId, ordinal, offset, length, compression };
}
