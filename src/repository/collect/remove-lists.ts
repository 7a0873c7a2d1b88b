import { listEpochOf, objectNames } from "../format/object-names.js";
import type { RepositoryContext, SignalOptions } from "../repository-context.js";
import { deleteObjects } from "../store/delete-objects.js";

/** Removes all lists up to a collection that is done: its own, and those of others who wanted its number and lost it. */
export async function removeLists(context: RepositoryContext, epoch: number, options: SignalOptions): Promise<void> {
  await deleteObjects(context.store, listsUpTo(context, epoch, options), options);
}

async function* listsUpTo({ store }: RepositoryContext, epoch: number, options: SignalOptions): AsyncGenerator<string> {
  for await (const { name } of store.list(objectNames.condemnedLists, options)) if ((listEpochOf(name) ?? Infinity) <= epoch) yield name;
}
