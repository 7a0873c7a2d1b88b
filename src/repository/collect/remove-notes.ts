import { objectNames, packIdOf, quarantinedPack, relocatedPack, type PackId } from "../format/object-names.js";
import type { RepositoryContext, SignalOptions } from "../repository-context.js";
import type { PackSet } from "../pack/pack-set.js";
import { deleteObjects } from "../store/delete-objects.js";

/** The packs that have relocations, each once. */
export async function listRelocatedPacks(context: RepositoryContext, options: SignalOptions = {}): Promise<PackId[]> {
  const packs = new Map<string, PackId>();
  for await (const { name } of context.store.list(objectNames.allRelocations, options)) {
    const pack = relocatedPack(name);
    const id = pack === undefined ? undefined : packIdOf(pack);
    if (pack !== undefined && id !== undefined) packs.set(pack, id);
  }
  return [...packs.values()];
}

/** Removes what was noted of packs that are deleted: their relocations and quarantines. */
export async function removeNotes(context: RepositoryContext, deleted: PackSet, options: SignalOptions): Promise<void> {
  await deleteObjects(context.store, notesOf(context, deleted, options), options);
}

async function* notesOf({ store }: RepositoryContext, deleted: PackSet, options: SignalOptions): AsyncGenerator<string> {
  for (const [prefix, packOf] of [[objectNames.allRelocations, relocatedPack], [objectNames.quarantines, quarantinedPack]] as const) {
    for await (const { name } of store.list(prefix, options)) {
      const id = packIdOf(packOf(name) ?? "");
      if (id !== undefined && deleted.has(id)) yield name;
    }
  }
}
