import type { GetOptions, ObjectContent, ObjectInfo, ObjectStore, ObjectVersion, ObjectVersions, PutOptions } from "../../ports/index.js";
import { noRequests, type RequestCounts } from "./request-counts.js";

type Counter = { -readonly [Name in keyof RequestCounts]: RequestCounts[Name] };

/** A page of an S3 listing. */
const pageObjects = 1_000;

/** Counts the requests that succeed: those that fail are mostly not billed, and are told as errors. */
export class StoreRequests {
  readonly #counts: Counter = { ...noRequests };

  get counts(): RequestCounts {
    return { ...this.#counts };
  }

  add(kind: keyof RequestCounts, amount = 1): void {
    this.#counts[kind] += amount;
  }
}

/** A store whose requests are counted, beside others of the same store whose requests are not. */
export function countingObjectStore(store: ObjectStore, counter: StoreRequests): ObjectStore {
  return {
    location: store.location,
    storageClass: store.storageClass,
    requests: store.requests,
    put: async (name: string, body: Uint8Array | readonly Uint8Array[], options?: PutOptions): Promise<ObjectInfo> => {
      const info = await store.put(name, body, options);
      counter.add(options?.temperature === "cold" ? "dataPuts" : "puts");
      counter.add("putBytes", info.sizeBytes);
      return info;
    },
    get: async (name: string, options?: GetOptions): Promise<ObjectContent> => {
      const content = await store.get(name, options);
      counter.add("gets");
      counter.add("gotBytes", content.body.length);
      return content;
    },
    head: async (name, options) => {
      const info = await store.head(name, options);
      counter.add("gets");
      return info;
    },
    list: (prefix, options) => countPages(store.list(prefix, options), counter),
    delete: async (name, options) => {
      await store.delete(name, options);
      counter.add("deletes");
    },
    ...(store.deleteMany !== undefined && {
      deleteMany: async (names: readonly string[], options?: { readonly signal?: AbortSignal | undefined }): Promise<void> => {
        await store.deleteMany?.(names, options);
        counter.add("deletes");
      },
    }),
    ...(store.versions !== undefined && {
      versions: async (options?: { readonly signal?: AbortSignal | undefined }): Promise<ObjectVersions | undefined> => {
        const found = await store.versions?.(options);
        return found && countingVersions(found, counter);
      },
    }),
    ...(store.thaw !== undefined && { thaw: store.thaw.bind(store) }),
  };
}

/** The same for what versions can do. */
export function countingVersions(versions: ObjectVersions, counter: StoreRequests): ObjectVersions {
  return {
    canLock: versions.canLock,
    list: (prefix, options) => countPages<ObjectVersion>(versions.list(prefix, options), counter),
    delete: async (name, versionId, options) => {
      await versions.delete(name, versionId, options);
      counter.add("deletes");
    },
    lockOf: async (name, versionId, options) => {
      const lock = await versions.lockOf(name, versionId, options);
      counter.add("gets");
      return lock;
    },
    extendLock: async (name, versionId, lock, options) => {
      await versions.extendLock(name, versionId, lock, options);
      counter.add("puts");
    },
  };
}

async function* countPages<Item>(items: AsyncIterable<Item>, counter: StoreRequests): AsyncGenerator<Item> {
  let listed = 0;
  counter.add("lists");
  for await (const item of items) {
    if (listed > 0 && listed % pageObjects === 0) counter.add("lists");
    listed++;
    yield item;
  }
}
