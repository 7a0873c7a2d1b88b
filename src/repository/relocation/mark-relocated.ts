import { IntegrityError } from "../../errors/index.js";
import type { PackSet } from "../pack/pack-set.js";
import { damageOf } from "../store/damage-errors.js";
import { objectNames, packIdOf, relocatedPack } from "../format/object-names.js";
import { isCorruption } from "../store/damage.js";
import { readProven } from "../store/read-proven.js";
import type { RepositoryContext, SignalOptions } from "../repository-context.js";
import { openRelocation } from "./relocation.js";
import { isGone } from "../store/store-answers.js";

/**
 * Marks what relocations of reached packs name, and what relocations of those name, to the end: whoever reaches a pack
 * reaches the places where its frames are found. One that cannot be read stops the collection: nobody can tell what it needs.
 */
export async function markRelocated(context: RepositoryContext, reached: PackSet, options: SignalOptions = {}): Promise<void> {
  // few: one for each pack that was healed, repaired or compacted
  const waiting = new Map<string, string[]>();
  for await (const { name } of context.store.list(objectNames.allRelocations, options)) {
    const pack = relocatedPack(name);
    if (pack !== undefined) waiting.set(pack, [...(waiting.get(pack) ?? []), name]);
  }
  for (let isNew = true; isNew; ) {
    isNew = false;
    for (const [pack, names] of [...waiting]) {
      const id = packIdOf(pack);
      if (id === undefined || !reached.has(id)) continue;
      waiting.delete(pack);
      for (const name of names) isNew = (await mark(context, name, reached, options)) || isNew;
    }
  }
}

async function mark({ store, keys, logger }: RepositoryContext, name: string, reached: PackSet, options: SignalOptions): Promise<boolean> {
  try {
    const { packs } = await readProven(logger, name, async () => openRelocation(keys, name, (await store.get(name, options)).body));
    let isNew = false;
    for (const { id } of packs) isNew = reached.add(id) || isNew;
    return isNew;
  } catch (cause) {
    // removed since the listing, with the pack that it was of
    if (isGone(cause)) return false;
    if (!isCorruption(cause)) throw cause;
    throw new IntegrityError(`What ${name} names cannot be read (${damageOf(cause)}). Nothing was removed. Restore this object, or delete it if verify finds the repository healthy without it, and collect again.`, {
      code: "CollectionBlocked",
      context: { object: name },
      cause,
    });
  }
}
