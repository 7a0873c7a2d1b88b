import { HoldfastError } from "../../errors/index.js";
import type { Logger, ObjectStore } from "../../ports/index.js";
import type { KeyRing } from "../keys/key-ring.js";
import type { SignalOptions } from "../signal-options.js";

/** What of the index is read together: what reading takes in memory on top of the budget. */
const maxBytesInFlight = 8 * 2 ** 20;
const maxObjectsInFlight = 16;

/** Where the stored index lies. */
export interface IndexSource {
  readonly store: ObjectStore;
  readonly keys: KeyRing;
  readonly logger: Logger;
}

/** What became of reading an object of the index: it is a cache, and what cannot be opened is left aside. */
export type Opened<T> = T | "gone" | "damaged";

/** Reads and opens an object of the index. Only a store that does not answer is an error. */
export async function openIndexObject<T>({ store, logger }: IndexSource, name: string, open: (body: Buffer) => T, options: SignalOptions): Promise<Opened<T>> {
  try {
    return open((await store.get(name, options)).body);
  } catch (error) {
    if (!HoldfastError.isInstance(error)) throw error;
    if (error.code === "ObjectNotFound") return "gone";
    if (error.name !== "IntegrityError") throw error;
    logger.warn("a part of the dedup index is damaged: its blocks may be stored again", { object: name, error: error.message });
    return "damaged";
  }
}

/** Reads several objects at a time, and gives them in order. */
export async function* readInOrder<Item, T>(items: readonly Item[], sizeOf: (item: Item) => number, read: (item: Item) => Promise<T>): AsyncGenerator<[Item, T]> {
  for (let start = 0; start < items.length; ) {
    let end = start;
    for (let bytes = 0; end < items.length && end - start < maxObjectsInFlight; end++) {
      bytes += sizeOf(items[end] as Item);
      if (bytes > maxBytesInFlight && end > start) break;
    }
    const batch = items.slice(start, end);
    const opened = await Promise.all(batch.map(async (item): Promise<[Item, T]> => [item, await read(item)]));
    yield* opened;
    start = end;
  }
}
