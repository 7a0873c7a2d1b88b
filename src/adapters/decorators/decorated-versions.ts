import type { CallOptions, ObjectLock, ObjectVersion, ObjectVersions } from "../../ports/index.js";
import type { ListedEntry, OpenListing, StoreCall } from "./store-operation.js";

/** What a decorator does around each call. */
export interface AroundCalls {
  readonly around: <T>(call: StoreCall, work: () => Promise<T>) => Promise<T>;
  readonly aroundListing: <T extends ListedEntry>(call: StoreCall, open: OpenListing<T>) => AsyncGenerator<T>;
}

/** The versions of a decorated store: each call goes through the decorator. */
export class DecoratedVersions implements ObjectVersions {
  readonly canLock: boolean;
  readonly #versions: ObjectVersions;
  readonly #calls: AroundCalls;

  constructor(versions: ObjectVersions, calls: AroundCalls) {
    this.canLock = versions.canLock;
    this.#versions = versions;
    this.#calls = calls;
  }

  list(prefix: string, options: CallOptions & { readonly startAfter?: string | undefined } = {}): AsyncGenerator<ObjectVersion> {
    return this.#calls.aroundListing({ operation: "listVersions", name: prefix, signal: options.signal }, (startAfter = options.startAfter) => this.#versions.list(prefix, { ...options, startAfter }));
  }

  async delete(name: string, versionId: string, options: CallOptions = {}): Promise<void> {
    await this.#calls.around({ operation: "deleteVersion", name, signal: options.signal }, async () => {
      await this.#versions.delete(name, versionId, options);
    });
  }

  async lockOf(name: string, versionId: string, options: CallOptions = {}): Promise<ObjectLock | undefined> {
    return await this.#calls.around({ operation: "readLock", name, signal: options.signal }, async () => await this.#versions.lockOf(name, versionId, options));
  }

  async extendLock(name: string, versionId: string, lock: ObjectLock, options: CallOptions = {}): Promise<void> {
    await this.#calls.around({ operation: "extendLock", name, signal: options.signal }, async () => {
      await this.#versions.extendLock(name, versionId, lock, options);
    });
  }
}
