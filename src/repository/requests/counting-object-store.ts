import type { GetOptions, ObjectContent, ObjectInfo, ObjectStore, ObjectVersion, ObjectVersions, PutOptions } from "../../ports/index.js";
import { isConflict } from "../store/store-answers.js";
import { noRequests, type RequestCounts } from "./request-counts.js";

type Counter = { -readonly [Name in keyof RequestCounts]: RequestCounts[Name] };

/** A page of an S3 listing. */
const pageObjects = 1_000;

/** Counts the requests that S3 bills: those that succeed, and those that it refuses because an object is there or is not. */
export class StoreRequests {
  readonly #counts: Counter = { ...noRequests };

  get counts(): RequestCounts {
    return { ...this.#counts };
  }

  add(kind: keyof RequestCounts, amount = 1): void {
    this.#counts[kind] += amount;
  }

  /** Counts a request by its answer; what failed without one, or by S3's own fault, costs nothing. */
  async of<Answer>(kind: keyof RequestCounts, ask: () => Promise<Answer>): Promise<Answer> {
    try {
      const answer = await ask();
      this.add(kind);
      return answer;
    } catch (error) {
      if (isConflict(error)) this.add(kind);
      throw error;
    }
  }
}

/** A store whose requests are counted, beside others of the same store whose requests are not. */
export function countingObjectStore(store: ObjectStore, counter: StoreRequests): ObjectStore {
  return {
    location: store.location,
    storageClass: store.storageClass,
    requests: store.requests,
    put: async (name: string, body: Uint8Array | readonly Uint8Array[], options?: PutOptions): Promise<ObjectInfo> => {
      const info = await counter.of(options?.temperature === "cold" ? "dataPuts" : "puts", () => store.put(name, body, options));
      counter.add("putBytes", info.sizeBytes);
      return info;
    },
    get: async (name: string, options?: GetOptions): Promise<ObjectContent> => {
      const content = await counter.of("gets", () => store.get(name, options));
      counter.add("gotBytes", content.body.length);
      return content;
    },
    head: (name, options) => counter.of("gets", () => store.head(name, options)),
    list: (prefix, options) => countPages(store.list(prefix, options), counter),
    delete: (name, options) => counter.of("deletes", () => store.delete(name, options)),
    ...(store.deleteMany !== undefined && {
      deleteMany: async (names: readonly string[], options?: { readonly signal?: AbortSignal | undefined }): Promise<void> => await counter.of("deletes", async () => await store.deleteMany?.(names, options)),
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
    delete: (name, versionId, options) => counter.of("deletes", () => versions.delete(name, versionId, options)),
    lockOf: (name, versionId, options) => counter.of("gets", () => versions.lockOf(name, versionId, options)),
    extendLock: (name, versionId, lock, options) => counter.of("puts", () => versions.extendLock(name, versionId, lock, options)),
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
