import type { BlockMap } from "../map/block-map.js";
import type { SignalOptions } from "../repository-context.js";
import { isDamage } from "../store/damage.js";

/**
 * Whether every page of a block map opens. A full backup shares a page with its parent only after this: with one that is
 * lost or damaged it would fail half-way, or carry the damage on.
 */
export async function isWhole(map: BlockMap, options: SignalOptions): Promise<boolean> {
  try {
    for (const number of map.root.dictionary.keys()) await map.dictionaryPage(number, options);
    await map.openAllPages(options);
    return true;
  } catch (error) {
    if (!isDamage(error)) throw error;
    return false;
  }
}
