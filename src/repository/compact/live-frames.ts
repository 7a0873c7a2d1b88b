import type { ListedPack } from "../collect/pack-listing.js";
import type { BlockLocation } from "../format/leaf.js";
import { objectNames, type PackId } from "../format/object-names.js";

/** A pack of which little is needed, with the frames that are. */
export interface SparsePack {
  readonly pack: ListedPack;
  /** By offset. */
  readonly frames: ReadonlyMap<number, BlockLocation>;
  readonly liveBytes: number;
}

interface Tracked {
  readonly pack: ListedPack;
  readonly frames: Map<number, BlockLocation>;
  liveBytes: number;
}

/** Which frames of some packs live points need. A pack that turns out to be needed enough is tracked no more: that bounds the memory. */
export class LiveFrames {
  readonly #maxLiveShare: number;
  readonly #tracked = new Map<string, Tracked>();

  constructor(packs: Iterable<ListedPack>, maxLiveShare: number) {
    this.#maxLiveShare = maxLiveShare;
    for (const pack of packs) this.#tracked.set(objectNames.pack(pack.id), { pack, frames: new Map(), liveBytes: 0 });
  }

  isTracked(id: PackId): boolean {
    return this.#tracked.has(objectNames.pack(id));
  }

  /** A live point needs this frame. */
  add(id: PackId, location: BlockLocation): void {
    const name = objectNames.pack(id);
    const tracked = this.#tracked.get(name);
    if (tracked === undefined || tracked.frames.has(location.offset)) return;
    tracked.frames.set(location.offset, { ...location, blockId: Buffer.from(location.blockId) });
    tracked.liveBytes += location.length;
    if (tracked.liveBytes > tracked.pack.sizeBytes * this.#maxLiveShare) this.#tracked.delete(name);
  }

  /** The packs of which little is needed, but something: what is not needed at all, a collection removes. */
  get sparse(): SparsePack[] {
    return [...this.#tracked.values()].filter(({ frames }) => frames.size > 0);
  }
}
