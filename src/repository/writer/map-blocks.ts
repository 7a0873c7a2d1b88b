import type { BlockLocation, LeafSlot } from "../format/leaf.js";
import { isLocation, leafBlocks } from "../format/leaf.js";
import type { PackReference } from "../format/dictionary-page.js";
import { objectNames, type PackId } from "../format/object-names.js";
import type { DirectoryEntry } from "../format/pack-directory.js";
import type { BlockMap } from "../map/block-map.js";
import { LeastRecentlyUsed } from "../store/least-recently-used.js";
import { readPackDirectory } from "../pack/read-directory.js";
import type { QuarantinedPacks } from "../quarantine/quarantined-packs.js";
import { isDamage } from "../store/damage.js";
import type { RepositoryContext, SignalOptions } from "../repository-context.js";
import type { IndexedBlock } from "./indexed-blocks.js";
import { isThePack } from "./is-the-pack.js";

/** Packs whose presence is remembered: blocks come in volume order and so do the packs, so that few are asked for twice. */
const rememberedPacks = 10_000;
/** Directories of packs that relocations name. */
const rememberedDirectories = 64;

/** What the newest point has of a block that was read again. */
export type MapFinding =
  /** It is there, at this place. */
  | { readonly here: BlockLocation }
  /** Its place is gone or in quarantine, and a relocation names another, whose pack proves it. */
  | { readonly relocated: IndexedBlock }
  /** The map has this very block, and its place is gone or in quarantine: stored anew, it heals what points there. */
  | { readonly lost: BlockLocation; readonly pack: PackReference };

/**
 * What one writer session finds in its volume's newest point, at a block's own place. A block that was read again counts as
 * known only if its pack was seen in the store since the session's lease is visible, and is neither in quarantine nor condemned by a collection: so a full
 * backup heals a point whose packs are lost or damaged.
 */
export class MapBlocks {
  readonly #context: RepositoryContext;
  readonly #map: BlockMap;
  readonly #quarantined: QuarantinedPacks;
  readonly #options: SignalOptions;
  readonly #isCondemned: (pack: PackId) => boolean;
  readonly #isThere = new LeastRecentlyUsed<number, Promise<boolean>>(rememberedPacks);
  readonly #directories = new LeastRecentlyUsed<string, Promise<readonly DirectoryEntry[]>>(rememberedDirectories);

  constructor(context: RepositoryContext, map: BlockMap, quarantined: QuarantinedPacks, options: SignalOptions, isCondemned: (pack: PackId) => boolean = () => false) {
    this.#context = context;
    this.#map = map;
    this.#quarantined = quarantined;
    this.#options = options;
    this.#isCondemned = isCondemned;
  }

  /** What the map says of a block. */
  async slot(index: number): Promise<LeafSlot> {
    const leaf = await this.#map.leaf(Math.floor(index / leafBlocks), this.#options);
    return leaf?.[index % leafBlocks];
  }

  /** Where the block lies, if the map has this very block at `index`. */
  async find(index: number, blockId: Buffer): Promise<MapFinding | undefined> {
    const slot = await this.slot(index);
    if (!isLocation(slot) || !slot.blockId.equals(blockId)) return undefined;
    const pack = await this.#map.packReference(slot.ordinal, this.#options);
    const isThere = await LeastRecentlyUsed.load(this.#isThere, slot.ordinal, async () => await this.#look(slot.ordinal));
    // a collection may condemn the pack at any moment: each hit asks anew
    if (isThere) return this.#isCondemned(pack.id) ? undefined : { here: slot };
    const relocated = await this.#findRelocated(objectNames.pack(pack.id), slot);
    return relocated === undefined ? { lost: slot, pack } : { relocated };
  }

  async #look(ordinal: number): Promise<boolean> {
    const { logger } = this.#context;
    const reference = await this.#map.packReference(ordinal, this.#options);
    if (this.#quarantined.has(reference.id)) return false;
    if (await this.#isPresent(reference)) return true;
    logger.warn("the newest point names a pack that is gone or another: what was read of it is stored anew; verify names the points that need it", { object: objectNames.pack(reference.id) });
    return false;
  }

  async #isPresent(reference: PackReference): Promise<boolean> {
    // without a version: a pack that lies behind a delete marker is about to go
    const found = await this.#context.store.head(objectNames.pack(reference.id), this.#options);
    return found !== undefined && isThePack(found, reference);
  }

  /** The place that a relocation names, if that pack is there and its own directory shows the block. */
  async #findRelocated(packName: string, { blockId, offset }: BlockLocation): Promise<IndexedBlock | undefined> {
    for (const place of await this.#map.relocations.places(packName, offset, this.#options)) {
      const { reference } = place;
      if (this.#quarantined.has(reference.id) || this.#isCondemned(reference.id)) continue;
      const entries = await this.#directory(reference);
      const entry = entries.find((candidate) => candidate.offset === place.offset && candidate.blockId.equals(blockId));
      if (entry !== undefined) return { entry, reference };
    }
    return undefined;
  }

  async #directory(reference: PackReference): Promise<readonly DirectoryEntry[]> {
    const name = objectNames.pack(reference.id);
    try {
      return await LeastRecentlyUsed.load(this.#directories, name, async () => {
        const directory = await readPackDirectory(this.#context, name, this.#options);
        return isThePack(directory, reference) ? directory.entries : [];
      });
    } catch (error) {
      if (!isDamage(error)) throw error;
      return [];
    }
  }
}
