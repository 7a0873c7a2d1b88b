import { isArchiveClass } from "../../prices/storage-classes.js";
import type { BlockMap } from "../map/block-map.js";
import type { SignalOptions } from "../repository-context.js";
import { pointPacks } from "./point-packs.js";
import { thawNeeded } from "../read/thaw-needed.js";

/**
 * Raises `ConflictError` (`ThawNeeded`) unless every data pack that the map reaches can be read now, before anything is made
 * of it. Where packs do not lie in an archive class nothing is asked; one that a rule of the bucket archived is met when it is read.
 */
export async function assertReadable(map: BlockMap, options: SignalOptions): Promise<void> {
  const { store } = map.context;
  if (!isArchiveClass(store.storageClass)) return;
  let [archived, thawing, packs] = [0, 0, 0];
  for await (const { state } of pointPacks(store, [map], options)) {
    packs++;
    if (state === "archived") archived++;
    if (state === "thawing") thawing++;
  }
  if (archived + thawing === 0) return;
  throw thawNeeded(`${String(archived + thawing)} of its ${String(packs)} data packs lie${thawing === 0 ? "" : ` (${String(thawing)} are being thawed)`}`, { packs, archived, thawing, storageClass: store.storageClass });
}
