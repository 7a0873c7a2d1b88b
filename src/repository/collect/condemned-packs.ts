import { openCollectionLists, type CollectionLists } from "../format/collection-step.js";
import { openCondemnedList, type CondemnedPack } from "../format/condemned-list.js";
import { epochOf, objectNames, type PackId } from "../format/object-names.js";
import type { RepositoryContext, SignalOptions } from "../repository-context.js";
import { PackSet } from "../pack/pack-set.js";
import { isGone } from "../store/store-answers.js";

/** The packs that collections under way have condemned: nothing new may rely on them. */
export class CondemnedPacks {
  /** All of them: no block is found there by the index. */
  readonly #all = new PackSet();
  /** Those whose frames are nowhere else: what is inherited from a live point may not lie there either. */
  readonly #strict = new PackSet();
  #epoch = 0;
  #isDecided = false;

  /** Whether one of these collections has decided: it has waited for every session that it knew of. */
  get isDecided(): boolean {
    return this.#isDecided;
  }

  /** The newest collection that is known: 0 where there was none. */
  get epoch(): number {
    return this.#epoch;
  }

  get size(): number {
    return this.#all.size;
  }

  has(id: PackId): boolean {
    return this.#all.has(id);
  }

  /** Whether what an older point has may not be inherited from this pack. */
  forbidsInheriting(id: PackId): boolean {
    return this.#strict.has(id);
  }

  /** Whether a pack of `packs` is condemned. */
  includesAny(packs: PackSet): boolean {
    return this.#all.intersects(packs);
  }

  /**
   * Reads what was condemned since the last time. Gives the new packs' own set, or `undefined` where there is no newer
   * collection. From when it resolves, `has` knows them.
   */
  async refresh(context: RepositoryContext, options: SignalOptions = {}): Promise<CondemnedPacks | undefined> {
    const newest = await newestEpoch(context, this.#epoch, options);
    if (newest === this.#epoch) return undefined;
    const news = new CondemnedPacks();
    news.#epoch = newest;
    const pending = await pendingEpochs(context, this.#epoch, newest, options);
    news.#isDecided = pending.length < newest - this.#epoch;
    for (const epoch of pending) {
      news.#isDecided ||= (await context.store.head(objectNames.collectionFinal(epoch), options)) !== undefined;
      for await (const pack of readCondemned(context, epoch, options)) {
        news.#add(pack);
        this.#add(pack);
      }
    }
    this.#epoch = newest;
    return news;
  }

  #add({ id, isRelocated }: CondemnedPack): void {
    this.#all.add(id);
    if (!isRelocated) this.#strict.add(id);
  }
}

/** The newest collection's number, looked for from `known` on. */
export async function newestEpoch(context: RepositoryContext, known: number, options: SignalOptions = {}): Promise<number> {
  let newest = known;
  const startAfter = known === 0 ? undefined : objectNames.collectionEpoch(known);
  for await (const { name } of context.store.list(objectNames.collectionEpochs, { startAfter, ...options })) newest = epochOf(name) ?? newest;
  return newest;
}

/** Collections in (after, newest] that are not done, ascending. */
async function pendingEpochs(context: RepositoryContext, after: number, newest: number, options: SignalOptions): Promise<number[]> {
  const done = new Set<number>();
  const startAfter = after === 0 ? undefined : objectNames.collectionDone(after);
  for await (const { name } of context.store.list(objectNames.collectionsDone, { startAfter, ...options })) done.add(epochOf(name) ?? 0);
  const pending: number[] = [];
  for (let epoch = after + 1; epoch <= newest; epoch++) if (!done.has(epoch)) pending.push(epoch);
  return pending;
}

/** The packs that a collection condemns: those that it decided to delete, or as long as that is open, those that it asks for. */
async function* readCondemned(context: RepositoryContext, epoch: number, options: SignalOptions): AsyncGenerator<CondemnedPack> {
  try {
    yield* readLists(context, (await readFinal(context, epoch, options)) ?? (await readEpoch(context, epoch, options)), options);
  } catch (error) {
    // lists are removed once a collection is done, and only then
    if (!isGone(error) || (await context.store.head(objectNames.collectionDone(epoch), options)) === undefined) throw error;
  }
}

/** What a collection asks for. */
export async function readEpoch(context: RepositoryContext, epoch: number, options: SignalOptions = {}): Promise<CollectionLists> {
  const name = objectNames.collectionEpoch(epoch);
  return openCollectionLists(context.keys, name, "epoch", (await context.store.get(name, options)).body);
}

/** What a collection decided, or `undefined` where it has not yet. */
export async function readFinal(context: RepositoryContext, epoch: number, options: SignalOptions = {}): Promise<CollectionLists | undefined> {
  const name = objectNames.collectionFinal(epoch);
  try {
    return openCollectionLists(context.keys, name, "final", (await context.store.get(name, options)).body);
  } catch (error) {
    if (!isGone(error)) throw error;
    return undefined;
  }
}

/** The packs in a step's lists, one list in memory at a time. */
export async function* readLists(context: RepositoryContext, { lists }: CollectionLists, options: SignalOptions = {}): AsyncGenerator<CondemnedPack> {
  for (const { name } of lists) yield* openCondemnedList(context.keys, name, (await context.store.get(name, options)).body);
}
