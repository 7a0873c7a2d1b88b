import type { BlockLocation, LeafSlot } from "../format/leaf.js";
import { isLocation, leafBlocks } from "../format/leaf.js";
import { objectNames, type PackId } from "../format/object-names.js";
import type { BlockMap } from "../map/block-map.js";
import { LeastRecentlyUsed } from "../map/least-recently-used.js";
import type { RepositoryContext, SignalOptions } from "../repository-context.js";
import { isThePack } from "./is-the-pack.js";

/** Packs whose presence is remembered: blocks come in volume order and so do the packs, so that few are asked for twice. */
const rememberedPacks = 10_000;

/**
 * What one writer session finds in its volume's newest point, at a block's own place. A block that was read again counts as
 * known only if its pack was seen in the store since the session's lease is visible, and no collection has condemned it: so a full backup heals
 * a point whose packs are lost.
 */
export class MapBlocks {
  readonly #context: RepositoryContext;
  readonly #map: BlockMap;
  readonly #options: SignalOptions;
  readonly #isCondemned: (pack: PackId) => boolean;
  /** The packs that were seen; nothing where a pack is gone or another. */
  readonly #seen = new LeastRecentlyUsed<number, Promise<PackId | undefined>>(rememberedPacks);

  constructor(context: RepositoryContext, map: BlockMap, options: SignalOptions, isCondemned: (pack: PackId) => boolean = () => false) {
    this.#context = context;
    this.#map = map;
    this.#options = options;
    this.#isCondemned = isCondemned;
  }

  /** What the map says of a block. */
  async slot(index: number): Promise<LeafSlot> {
    const leaf = await this.#map.leaf(Math.floor(index / leafBlocks), this.#options);
    return leaf?.[index % leafBlocks];
  }

  /** Where the block lies, if the map has this very block at `index`. */
  async find(index: number, blockId: Buffer): Promise<BlockLocation | undefined> {
    const slot = await this.slot(index);
    if (!isLocation(slot) || !slot.blockId.equals(blockId)) return undefined;
    const pack = await LeastRecentlyUsed.load(this.#seen, slot.ordinal, async () => await this.#look(slot.ordinal));
    // a collection may condemn the pack at any moment: each hit asks anew
    return pack === undefined || this.#isCondemned(pack) ? undefined : slot;
  }

  async #look(ordinal: number): Promise<PackId | undefined> {
    const { store, logger } = this.#context;
    const reference = await this.#map.packReference(ordinal, this.#options);
    const name = objectNames.pack(reference.id);
    // without a version: a pack that lies behind a delete marker is about to go
    const found = await store.head(name, this.#options);
    if (found !== undefined && isThePack(found, reference)) return reference.id;
    logger.warn("the newest point names a pack that is gone or another: what was read of it is stored anew; verify names the points that need it", { object: name });
    return undefined;
  }
}
