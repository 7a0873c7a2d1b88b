import type { GetOptions, ObjectContent, ObjectInfo, PutOptions } from "../../ports/index.js";
import { ObjectStoreDecorator } from "./object-store-decorator.js";
import { storeOperations, type ListedEntry, type OpenListing, type StoreCall, type StoreOperation } from "./store-operation.js";

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
export class MeasuringObjectStore extends ObjectStoreDecorator {
  #counters = counters();

  /** The counts since the beginning or the last `reset`. */
  measures(): Readonly<Record<StoreOperation, StoreMeasure>> {
    return Object.fromEntries(storeOperations.map((operation) => [operation, { ...this.#counters[operation] }])) as Record<StoreOperation, StoreMeasure>;
  }

  /** Counts from zero again. */
  reset(): void {
    this.#counters = counters();
  }

  override async put(name: string, body: Uint8Array | readonly Uint8Array[], options: PutOptions = {}): Promise<ObjectInfo> {
    const info = await super.put(name, body, options);
    this.#counters.put.bytes += info.sizeBytes;
    return info;
  }

  override async get(name: string, options: GetOptions = {}): Promise<ObjectContent> {
    const content = await super.get(name, options);
    this.#counters.get.bytes += content.body.length;
    return content;
  }

  protected override async around<T>({ operation }: StoreCall, work: () => Promise<T>): Promise<T> {
    const counter = this.#counters[operation];
    counter.calls += 1;
    try {
      const result = await work();
      counter.objects += 1;
      return result;
    } catch (error) {
      counter.failures += 1;
      throw error;
    }
  }

  protected override async *aroundListing<T extends ListedEntry>({ operation }: StoreCall, open: OpenListing<T>): AsyncGenerator<T> {
    const counter = this.#counters[operation];
    counter.calls += 1;
    try {
      for await (const entry of open()) {
        counter.objects += 1;
        yield entry;
      }
    } catch (error) {
      counter.failures += 1;
      throw error;
    }
  }
}

function counters(): Record<StoreOperation, Counter> {
  return Object.fromEntries(storeOperations.map((operation) => [operation, { calls: 0, failures: 0, bytes: 0, objects: 0 }])) as Record<StoreOperation, Counter>;
}
