import type { PackReference } from "../format/dictionary-page.js";
import { objectNames } from "../format/object-names.js";
import { BlockMap, type MapOrigin } from "../map/block-map.js";
import type { RepositoryContext, SignalOptions } from "../repository-context.js";

/** All packs that a record's map reaches, its own meta pack included. Reads the root and the dictionary, never leaves. */
export async function* reachedPacks(context: RepositoryContext, origin: MapOrigin, options: SignalOptions = {}): AsyncGenerator<{ readonly name: string; readonly reference: PackReference }> {
  const map = await BlockMap.open(context, origin, options);
  for (const ordinal of map.reachedOrdinals) {
    const reference = await map.packReference(ordinal, options);
    yield { name: objectNames.pack(reference.id), reference };
  }
}
