import { objectNames } from "../format/object-names.js";
import type { BlockMap } from "../map/block-map.js";
import type { SignalOptions } from "../repository-context.js";

/** Several points reach the pack. */
const shared = -1;

/** Finds the data packs that one point alone reaches, as points are added one after another. */
export class ExclusivePacks {
  /** Pack -> the point that reaches it, and its size. */
  readonly #owners = new Map<string, { owner: number; readonly sizeBytes: number }>();

  async add(point: number, maps: readonly BlockMap[], options: SignalOptions): Promise<void> {
    for (const map of maps) {
      for (const ordinal of map.reachedOrdinals) {
        const { id, sizeBytes } = await map.packReference(ordinal, options);
        if (id.kind !== "data") continue;
        const name = objectNames.pack(id);
        const known = this.#owners.get(name);
        if (known === undefined) this.#owners.set(name, { owner: point, sizeBytes });
        else if (known.owner !== point) known.owner = shared;
      }
    }
  }

  /** Point -> bytes that only it reaches. */
  bytes(): Map<number, number> {
    const bytes = new Map<number, number>();
    for (const { owner, sizeBytes } of this.#owners.values()) bytes.set(owner, (bytes.get(owner) ?? 0) + sizeBytes);
    return bytes;
  }
}
