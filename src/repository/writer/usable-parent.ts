import { objectNames } from "../format/object-names.js";
import type { BlockMap } from "../map/block-map.js";
import type { QuarantinedPacks } from "../quarantine/quarantined-packs.js";
import { isDamage } from "../store/damage.js";
import type { RepositoryContext, SignalOptions } from "../repository-context.js";
import { isWhole } from "./is-whole.js";

/** The newest point's map, unless a meta pack that it reaches is in quarantine and a page of it does not open: then nothing is built on it. */
export async function usableParent(context: RepositoryContext, map: BlockMap | undefined, quarantined: QuarantinedPacks, options: SignalOptions): Promise<BlockMap | undefined> {
  if (map === undefined || quarantined.isEmpty) return map;
  try {
    if (!(await reachesQuarantinedPages(map, quarantined, options))) return map;
    if (await isWhole(map, options)) return map;
  } catch (error) {
    if (!isDamage(error)) throw error;
  }
  context.logger.warn("pages of the newest point's block map are damaged; a full backup begins a new map, which heals the volume's next points", { root: objectNames.pack(map.ownMetaPack.reference.id) });
  return undefined;
}

async function reachesQuarantinedPages(map: BlockMap, quarantined: QuarantinedPacks, options: SignalOptions): Promise<boolean> {
  for (const ordinal of map.reachedOrdinals) {
    const { id } = await map.packReference(ordinal, options);
    if (id.kind === "meta" && quarantined.has(id)) return true;
  }
  return false;
}
