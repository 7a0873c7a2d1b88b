import type { CollectionLists } from "../format/collection-step.js";
import { objectNames } from "../format/object-names.js";
import type { RepositoryContext, SignalOptions } from "../repository-context.js";

/** Lists that no step names and that are older than this were left by a collection that was cut short. */
const strayAfterMs = 24 * 3_600_000;

/** Removes the lists of a collection that is done, and those that others left behind long ago: only the newest collection can be open, and it is this one. */
export async function removeLists(context: RepositoryContext, own: CollectionLists["lists"], now: Date, options: SignalOptions): Promise<void> {
  const names = new Set(own.map(({ name }) => name));
  for await (const { name, modifiedAt } of context.store.list(objectNames.condemnedLists, options)) {
    const isStray = modifiedAt !== undefined && now.getTime() - modifiedAt.getTime() > strayAfterMs;
    if (names.has(name) || isStray) await context.store.delete(name, options);
  }
}
