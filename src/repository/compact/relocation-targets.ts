import { PackSet } from "../pack/pack-set.js";
import { objectNames } from "../format/object-names.js";
import { readProven } from "../store/read-proven.js";
import { openRelocation } from "../relocation/relocation.js";
import type { RepositoryContext, SignalOptions } from "../repository-context.js";
import { isGone } from "../store/store-answers.js";

/**
 * The packs that relocations lead into. What is needed of them is more than the leaves say, so they are not compacted; when
 * nothing reaches the old packs any more, their relocations go, and the new ones may be. One that cannot be read stops the compaction.
 */
export async function relocationTargets({ store, keys, logger }: RepositoryContext, options: SignalOptions): Promise<PackSet> {
  const targets = new PackSet();
  for await (const { name } of store.list(objectNames.allRelocations, options)) {
    try {
      const { packs } = await readProven(logger, name, async () => openRelocation(keys, name, (await store.get(name, options)).body));
      for (const { id } of packs) targets.add(id);
    } catch (error) {
      // removed since the listing, with the pack that it was of
      if (!isGone(error)) throw error;
    }
  }
  return targets;
}
