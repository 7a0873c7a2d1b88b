import { listEpochOf, objectNames } from "../format/object-names.js";
import type { RepositoryContext, SignalOptions } from "../repository-context.js";

/** Removes all lists up to a collection that is done: its own, and those of others who wanted its number and lost it. */
export async function removeLists(context: RepositoryContext, epoch: number, options: SignalOptions): Promise<void> {
  for await (const { name } of context.store.list(objectNames.condemnedLists, options)) {
    if ((listEpochOf(name) ?? Infinity) <= epoch) await context.store.delete(name, options);
  }
}
