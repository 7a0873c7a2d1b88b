import type { IndexedPack } from "../format/index-run.js";
import type { LeafSlot } from "../format/leaf.js";
import type { BlockMap } from "../map/block-map.js";
import { BlockMapBuilder } from "../map/block-map-builder.js";
import { PackDictionary } from "../map/pack-dictionary.js";
import { Healing } from "./healing.js";
import { isWhole } from "./is-whole.js";
import { MapBlocks } from "./map-blocks.js";
import { MetaPackWriter } from "../map/meta-pack-writer.js";
import { PackWriter } from "./pack-writer.js";
import type { StartedRun } from "./started-run.js";
import type { WriterParts } from "./volume-writer-parts.js";

/** How a run begins, and who is told what. */
export interface RunStart {
  readonly method: "full" | "incremental";
  readonly volumeSizeBytes: number;
  readonly onStoredPage: () => void;
  readonly onStoredPack: (pack: IndexedPack) => Promise<void>;
  /** Called for each block, ascending, once the map has it. */
  readonly onSet: (index: number, slot: LeafSlot) => void;
}

/** Begins the block map, on the newest point's where that can be built on. */
export async function beginRun(parts: WriterParts, newest: BlockMap | undefined, { method, volumeSizeBytes, onStoredPage, onStoredPack, onSet }: RunStart): Promise<StartedRun> {
  const { context, stream, session, quarantined, options } = parts;
  let parent = newest;
  if (method === "full" && parent !== undefined && !(await isWhole(parent, options))) {
    context.logger.warn("the newest point's block map is damaged: the full backup begins a new one, which heals the volume's next points", { stream });
    parent = undefined;
  }
  const dictionary = new PackDictionary(parent);
  const pages = new MetaPackWriter(context, dictionary, () => session.nextPackId("meta"), { ...options, onStored: onStoredPage });
  return {
    parent,
    mapBlocks: parent === undefined ? undefined : new MapBlocks(context, parent, quarantined, options, (pack) => session.condemned.has(pack)),
    healing: parent === undefined ? undefined : await Healing.begin(context, parent, quarantined, options),
    dictionary,
    builder: new BlockMapBuilder(parent, dictionary, pages, { volumeSizeBytes, method, onSet, ...options }),
    packs: new PackWriter(context, dictionary, { nextPackId: () => session.nextPackId("data"), onStored: onStoredPack, signal: options.signal }),
    shared: [],
  };
}
