import { IllegalStateError } from "../../errors/index.js";
import type { CondemnedPack } from "../format/condemned-list.js";
import type { CollectionLists } from "../format/collection-step.js";
import { objectNames } from "../format/object-names.js";
import type { RepositoryContext, SignalOptions } from "../repository-context.js";
import { deleteObjects } from "../store/delete-objects.js";
import { isGone } from "../store/store-answers.js";
import type { Collection } from "./condemn.js";
import { readFinal, readLists } from "./condemned-packs.js";
import { removeLists } from "./remove-lists.js";

/** How an epoch that is published is brought to its end. */
export interface ConcludeOptions extends SignalOptions {
  /** Asked where nobody has decided yet: the packs to delete, once every session has looked; nothing where one has not, in time. */
  readonly decide: () => Promise<Iterable<CondemnedPack> | AsyncIterable<CondemnedPack> | undefined>;
  /** Told of each pack that is deleted. */
  readonly onDeleted?: ((pack: CondemnedPack) => void) | undefined;
  /** What is done once all are deleted, before the epoch is done. */
  readonly beforeDone?: (() => Promise<void>) | undefined;
}

/** How it went. `elsewhere`: another run brought it to its end meanwhile. */
export type Conclusion = { readonly status: "done"; readonly final: CollectionLists; readonly deleted: number } | { readonly status: "waiting" | "elsewhere" };

/**
 * Decides, deletes and says that it is done (docs/repository-format.md, section 11, steps 8 to 10): whoever was first has
 * decided, and any number may carry it out.
 */
export async function concludeEpoch(context: RepositoryContext, collection: Collection, epoch: number, options: ConcludeOptions): Promise<Conclusion> {
  try {
    return await conclude(context, collection, epoch, options);
  } catch (error) {
    // lists are removed once an epoch is done, and only then
    if (!isGone(error) || (await context.store.head(objectNames.collectionDone(epoch), options)) === undefined) throw error;
    return { status: "elsewhere" };
  }
}

async function conclude(context: RepositoryContext, collection: Collection, epoch: number, { decide, onDeleted, beforeDone, signal }: ConcludeOptions): Promise<Conclusion> {
  let final = await readFinal(context, epoch, { signal });
  if (final === undefined) {
    const packs = await decide();
    if (packs === undefined) return { status: "waiting" };
    await collection.decide("final", epoch, await collection.putLists(epoch, packs, { signal }), { signal });
    final = await readFinal(context, epoch, { signal });
  }
  if (final === undefined) throw new IllegalStateError(`Collection ${String(epoch)} has no decision though one was put. Somebody removes objects of the repository: nothing was deleted. Find out who, then run repository.verify().`, { code: "DecisionVanished" });
  const deleted = await deletePacks(context, readLists(context, final, { signal }), { onDeleted, signal });
  await beforeDone?.();
  await collection.finish(epoch, deleted, { signal });
  await removeLists(context, epoch, { signal });
  return { status: "done", final, deleted };
}

/** What is decided is decided for ever, and the names of packs never come again: they go in any order, many by one request, and whoever goes on after this run does it all again. */
async function deletePacks({ store }: RepositoryContext, packs: AsyncIterable<CondemnedPack>, { onDeleted, signal }: Pick<ConcludeOptions, "onDeleted" | "signal">): Promise<number> {
  const underway = new Map<string, CondemnedPack>();
  let deleted = 0;
  const names = async function* (): AsyncGenerator<string> {
    for await (const pack of packs) {
      const name = objectNames.pack(pack.id);
      underway.set(name, pack);
      yield name;
    }
  };
  await deleteObjects(store, names(), {
    signal,
    onDeleted: (gone) => {
      for (const name of gone) {
        const pack = underway.get(name);
        underway.delete(name);
        deleted++;
        if (pack !== undefined) onDeleted?.(pack);
      }
    },
  });
  return deleted;
}
