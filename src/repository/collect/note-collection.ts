import { objectNames } from "../format/object-names.js";
import { seal } from "../keys/sealed-box.js";
import type { RepositoryContext, SignalOptions } from "../repository-context.js";

/**
 * Puts a note of who collects and gives the time at which the store says that it came: ages by it are those of one clock. `undefined` where the store does not tell.
 * The note itself protects nothing.
 */
export async function noteCollection(context: RepositoryContext, collection: string, options: SignalOptions): Promise<Date | undefined> {
  const { store, keys, clock } = context;
  const name = objectNames.collectionLease;
  const note = Buffer.from(JSON.stringify({ collection, at: clock.now().toISOString() }));
  const put = await store.put(name, seal({ key: keys.structure, repositoryId: keys.repositoryId, name, label: "collection" }, note), { signal: options.signal });
  return put.modifiedAt ?? (await store.head(name, options))?.modifiedAt;
}
