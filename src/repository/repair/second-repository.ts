import type { BlockData } from "../../ports/index.js";
import { isLocation, leafBlocks } from "../format/leaf.js";
import type { KeyRing } from "../keys/key-ring.js";
import { LeastRecentlyUsed } from "../store/least-recently-used.js";
import type { BlockMap } from "../map/block-map.js";
import type { RestorePoint } from "../points/restore-point.js";
import { isDamage } from "../store/damage.js";
import { planRanges } from "../read/frame-ranges.js";
import { readRange } from "../read/read-frames.js";
import type { SignalOptions } from "../repository-context.js";
import type { BlockPlace } from "../verify/damage-trace.js";

/** Maps of the other repository that are held open. */
const openMaps = 16;

/** What is asked of another repository: less than a `Repository` is. */
export interface PointSource {
  readonly location: string;
  restorePoints(options: { readonly resource: string; readonly signal?: AbortSignal | undefined }): AsyncIterable<RestorePoint>;
}

/**
 * Another repository that may hold copies of the same restore points: of the same resource, begun at the same moment. What it
 * gives is accepted only where this repository's own keys say that it is the block wanted, so it need not be trusted.
 */
export class SecondRepository {
  readonly #source: PointSource;
  readonly #keys: KeyRing;
  readonly #readPoint: (id: string) => Promise<RestorePoint>;
  readonly #options: SignalOptions;
  readonly #maps = new LeastRecentlyUsed<string, Promise<BlockMap | undefined>>(openMaps);

  constructor(source: PointSource, keys: KeyRing, readPoint: (id: string) => Promise<RestorePoint>, options: SignalOptions) {
    this.#source = source;
    this.#keys = keys;
    this.#readPoint = readPoint;
    this.#options = options;
  }

  get location(): string {
    return this.#source.location;
  }

  /** The block with this id, from one of the places that need it; nothing where the other repository has it in none. */
  async find(blockId: Buffer, places: readonly BlockPlace[]): Promise<BlockData | undefined> {
    for (const place of places) {
      try {
        const block = await this.#read(place);
        if (block !== undefined && this.#keys.blockId(block.sha256).equals(blockId)) return block;
      } catch (error) {
        // damaged there as well, at this place
        if (!isDamage(error)) throw error;
      }
    }
    return undefined;
  }

  async #read({ point, volumeId, block }: BlockPlace): Promise<BlockData | undefined> {
    const map = await LeastRecentlyUsed.load(this.#maps, `${point} ${volumeId}`, async () => await this.#copyOf(point, volumeId));
    const slot = (await map?.leaf(Math.floor(block / leafBlocks), this.#options))?.[block % leafBlocks];
    if (map === undefined || !isLocation(slot)) return undefined;
    for (const range of planRanges([{ index: block, location: slot }])) for await (const data of readRange(map, range, this.#options)) return data;
    return undefined;
  }

  async #copyOf(id: string, volumeId: string): Promise<BlockMap | undefined> {
    const point = await this.#readPoint(id);
    for await (const candidate of this.#source.restorePoints({ resource: point.resource, signal: this.#options.signal })) {
      if (candidate.createdAt.getTime() !== point.createdAt.getTime()) continue;
      if (candidate.volumes.some((volume) => volume.volumeId === volumeId)) return await candidate.blockMap(volumeId, { signal: this.#options.signal });
    }
    return undefined;
  }
}
