import type { CondemnedPacks } from "../collect/condemned-packs.js";
import type { BlockMap } from "../map/block-map.js";
import type { SignalOptions } from "../repository-context.js";

/** Whether a map reaches a pack from which nothing may be inherited. Reads the map's dictionary, a page at a time. */
export async function reachesForbidden(map: BlockMap, condemned: CondemnedPacks, options: SignalOptions): Promise<boolean> {
  if (condemned.size === 0) return false;
  for (const ordinal of map.reachedOrdinals) {
    const { id } = await map.packReference(ordinal, options);
    if (condemned.forbidsInheriting(id)) return true;
  }
  return false;
}
