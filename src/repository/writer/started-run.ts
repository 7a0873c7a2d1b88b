import type { PackId } from "../format/object-names.js";
import type { BlockLocation } from "../format/leaf.js";
import type { DirectoryEntry } from "../format/pack-directory.js";
import type { BlockMap } from "../map/block-map.js";
import type { BlockMapBuilder } from "../map/block-map-builder.js";
import type { PackDictionary } from "../map/pack-dictionary.js";
import type { HealedPlace, Healing } from "./healing.js";
import type { MapBlocks, MapFinding } from "./map-blocks.js";
import type { PackInTheMaking, PackWriter, PlacedBlock } from "./pack-writer.js";

/** What a volume's writer works with once its block map is begun. */
export interface StartedRun {
  /** The newest point, where this one's map grows from it. */
  readonly parent: BlockMap | undefined;
  readonly mapBlocks: MapBlocks | undefined;
  readonly healing: Healing | undefined;
  readonly dictionary: PackDictionary;
  readonly builder: BlockMapBuilder;
  readonly packs: PackWriter;
  /** Packs of the point's other volumes that this one's map points into. */
  readonly shared: { readonly pack: PackInTheMaking; readonly resolved: Promise<void> }[];
}

/** A block that need not be stored. */
export interface KnownBlock {
  readonly location: BlockLocation;
  readonly count: "knownInMapBlocks" | "knownInRunBlocks" | "knownInIndexBlocks";
  /** Where it was found by the index or in this run; what the map has at its place is inherited. */
  readonly pack?: PackId | undefined;
  /** Where it was found by the index or in this run: what a lost place of the same block is healed with. */
  readonly place?: HealedPlace | undefined;
}

/** What the newest point has at the block's own place, where it can be relied on. */
export function knownInMap({ dictionary }: StartedRun, found: MapFinding | undefined): KnownBlock | undefined {
  if (found === undefined || "lost" in found) return undefined;
  if ("here" in found) return { location: found.here, count: "knownInMapBlocks" };
  const { entry, reference } = found.relocated;
  return { location: locationOf(entry, dictionary.ordinalOf(reference)), count: "knownInMapBlocks", pack: reference.id };
}

/** How a block map names a frame. */
export function locationOf({ blockId, offset, length, compression }: DirectoryEntry, ordinal: number): BlockLocation {
  return { blockId, ordinal, offset, length, compression };
}

/** A block that this run has placed, for this volume or another of the point. */
export function knownInRun(run: StartedRun, { entry, pack }: PlacedBlock): KnownBlock {
  const ordinal = run.dictionary.knownOrdinal(pack.id) ?? share(run, pack);
  return { location: locationOf(entry, ordinal), count: "knownInRunBlocks", pack: pack.id, place: { entry, pack: pack.stored } };
}

/** Gives a number to another volume's pack that is being made, and tells the dictionary of it once it is stored. */
function share({ dictionary, shared }: StartedRun, pack: PackInTheMaking): number {
  const ordinal = dictionary.allocate(pack.id);
  const resolved = pack.stored.then((reference) => dictionary.resolve(ordinal, reference));
  // `finish` awaits it; a run that fails before need not
  resolved.catch(() => undefined);
  shared.push({ pack, resolved });
  return ordinal;
}
