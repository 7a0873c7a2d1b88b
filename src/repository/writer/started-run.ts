import type { IndexedPack } from "../format/index-run.js";
import type { LeafSlot } from "../format/leaf.js";
import type { PointCover } from "../immutability/point-cover.js";
import type { BlockMap } from "../map/block-map.js";
import { BlockMapBuilder } from "../map/block-map-builder.js";
import { PackDictionary } from "../map/pack-dictionary.js";
import type { StreamHead } from "../points/read-stream.js";
import type { QuarantinedPacks } from "../quarantine/quarantined-packs.js";
import type { RepositoryContext, SignalOptions } from "../repository-context.js";
import { Healing } from "./healing.js";
import { isWhole } from "./is-whole.js";
import { MapBlocks } from "./map-blocks.js";
import { MetaPackWriter } from "./meta-pack-writer.js";
import { PackWriter, type PackInTheMaking } from "./pack-writer.js";
import type { RunBlocks } from "./run-blocks.js";
import type { WriterSession } from "./writer-session.js";

/** What a writer is made of once its stream's head is read. */
export interface WriterParts {
  readonly context: RepositoryContext;
  readonly stream: string;
  readonly session: WriterSession;
  readonly head: StreamHead;
  readonly quarantined: QuarantinedPacks;
  /** Blocks on their way, shared by all volumes of the point. */
  readonly runBlocks: RunBlocks;
  readonly cover: PointCover;
  readonly options: SignalOptions;
}

/** What a writer works with from its first block on. */
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

/** Gives a number to another volume's pack that is being made, and tells the dictionary of it once it is stored. */
export function share({ dictionary, shared }: StartedRun, pack: PackInTheMaking): number {
  const ordinal = dictionary.allocate(pack.id);
  const resolved = pack.stored.then((reference) => dictionary.resolve(ordinal, reference));
  // `finish` awaits it; a run that fails before need not
  resolved.catch(() => undefined);
  shared.push({ pack, resolved });
  return ordinal;
}
