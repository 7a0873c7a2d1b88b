import { concurrently } from "../../concurrency/concurrently.js";
import { maxDeletedNames, type ObjectStore } from "../../ports/index.js";
import type { SignalOptions } from "../signal-options.js";

/** Removals under way where a store takes one name at a time. */
const removalsInFlight = 32;

export interface DeleteObjectsOptions extends SignalOptions {
  /** Told of the names that are gone, as they go: all names of one call together. */
  readonly onDeleted?: ((names: readonly string[]) => void) | undefined;
}

/**
 * Removes objects, many by one request where the store can. No condition holds between them and their order is open, so this is for what may go in any order, and of which some may
 * stay behind: whoever is stopped in the middle, or raised at, has removed a part. `names` are taken as they come, and never more than one call's are held.
 */
export async function deleteObjects(store: Pick<ObjectStore, "delete" | "deleteMany">, names: Iterable<string> | AsyncIterable<string>, { signal, onDeleted }: DeleteObjectsOptions = {}): Promise<void> {
  if (store.deleteMany === undefined) {
    await concurrently(names, removalsInFlight, async (name) => {
      signal?.throwIfAborted();
      await store.delete(name, { signal });
      onDeleted?.([name]);
    });
    return;
  }
  let batch: string[] = [];
  const flush = async (): Promise<void> => {
    const [first] = batch;
    if (first === undefined) return;
    signal?.throwIfAborted();
    await (batch.length === 1 ? store.delete(first, { signal }) : store.deleteMany?.(batch, { signal }));
    onDeleted?.(batch);
    batch = [];
  };
  for await (const name of names) {
    batch.push(name);
    if (batch.length === maxDeletedNames) await flush();
  }
  await flush();
}
