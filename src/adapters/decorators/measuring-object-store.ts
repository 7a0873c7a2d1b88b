import type { GetOptions, ObjectContent, ObjectInfo, ObjectStore, PutOptions } from "../../ports/index.js";
import { storeOperations, type StoreOperation } from "./store-operation.js";

/** What was asked of a store with one operation. */
export interface StoreMeasure {
  /** Calls of the port; a listing is one, however many pages it takes. */
  readonly calls: number;
  /** Of these, rejected. */
  readonly failures: number;
  /** Bytes of bodies put or got. */
  readonly bytes: number;
  /** Objects that listings named; for other operations the calls that succeeded. */
  readonly objects: number;
}

type Counter = { -readonly [Name in keyof StoreMeasure]: StoreMeasure[Name] };

/** An object store that counts what is asked of it. */
export class MeasuringObjectStore implements ObjectStore {
  readonly location: string;
  readonly #store: ObjectStore;
  #counters = counters();

  constructor(store: ObjectStore) {
    this.location = store.location;
    this.#store = store;
  }

  /** The counts since the beginning or the last `reset`. */
  measures(): Readonly<Record<StoreOperation, StoreMeasure>> {
    return Object.fromEntries(storeOperations.map((operation) => [operation, { ...this.#counters[operation] }])) as Record<StoreOperation, StoreMeasure>;
  }

  /** Counts from zero again. */
  reset(): void {
    this.#counters = counters();
  }

  async put(name: string, body: Uint8Array | readonly Uint8Array[], options: PutOptions = {}): Promise<ObjectInfo> {
    return await this.#measure("put", async () => await this.#store.put(name, body, options), ({ sizeBytes }) => sizeBytes);
  }

  /** See {@link ObjectStore}. */
  async get(name: string, options: GetOptions = {}): Promise<ObjectContent> {
    return await this.#measure("get", async () => await this.#store.get(name, options), (content) => content.body.length);
  }

  async head(name: string, options: { readonly versionId?: string | undefined; readonly signal?: AbortSignal | undefined } = {}): Promise<ObjectInfo | undefined> {
    return await this.#measure("head", async () => await this.#store.head(name, options));
  }

  async *list(prefix: string, options: { readonly startAfter?: string | undefined; readonly signal?: AbortSignal | undefined } = {}): AsyncGenerator<ObjectInfo> {
    const counter = this.#counters.list;
    counter.calls += 1;
    try {
      for await (const info of this.#store.list(prefix, options)) {
        counter.objects += 1;
        yield info;
      }
    } catch (error) {
      counter.failures += 1;
      throw error;
    }
  }

  async delete(name: string, options: { readonly etag?: string | undefined; readonly signal?: AbortSignal | undefined } = {}): Promise<void> {
    await this.#measure("delete", async () => {
      await this.#store.delete(name, options);
    });
  }

  async #measure<T>(operation: StoreOperation, work: () => Promise<T>, bytesOf: (result: T) => number = () => 0): Promise<T> {
    const counter = this.#counters[operation];
    counter.calls += 1;
    try {
      const result = await work();
      counter.bytes += bytesOf(result);
      counter.objects += 1;
      return result;
    } catch (error) {
      counter.failures += 1;
      throw error;
    }
  }
}

function counters(): Record<StoreOperation, Counter> {
  const zero = (): Counter => ({ calls: 0, failures: 0, bytes: 0, objects: 0 });
  return { put: zero(), get: zero(), head: zero(), list: zero(), delete: zero() };
}
