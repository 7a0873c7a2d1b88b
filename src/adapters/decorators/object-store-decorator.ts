import { inspect } from "node:util";
import type { CallOptions, GetOptions, ObjectContent, ObjectInfo, ObjectStore, ObjectVersions, PutOptions, RequestCounter } from "../../ports/index.js";
import { DecoratedVersions } from "./decorated-versions.js";
import type { ListedEntry, OpenListing, StoreCall } from "./store-operation.js";

/**
 * An object store that does something around each call of another one. It has the capabilities of that one, and they are
 * calls like the others; only the question whether there are versions goes by unseen.
 */
export abstract class ObjectStoreDecorator implements ObjectStore {
  readonly location: string;
  readonly storageClass: string | undefined;
  readonly requests: RequestCounter | undefined;
  /** Where the store underneath has it. See {@link ObjectStore}. */
  readonly versions?: NonNullable<ObjectStore["versions"]>;
  /** Where the store underneath has it. See {@link ObjectStore}. */
  readonly deleteMany?: NonNullable<ObjectStore["deleteMany"]>;
  /** Where the store underneath has it. See {@link ObjectStore}. */
  readonly thaw?: NonNullable<ObjectStore["thaw"]>;
  /** The store underneath. */
  protected readonly store: ObjectStore;

  constructor(store: ObjectStore) {
    this.location = store.location;
    this.storageClass = store.storageClass;
    this.requests = store.requests;
    this.store = store;
    if (store.versions !== undefined) {
      const open = store.versions.bind(store);
      this.versions = async (options) => this.#decorated(await open(options));
    }
    if (store.deleteMany !== undefined) {
      const deleteMany = store.deleteMany.bind(store);
      this.deleteMany = async (names, options = {}) => await this.aroundMany(names, options, async (some) => await deleteMany(some, options));
    }
    if (store.thaw !== undefined) {
      const thaw = store.thaw.bind(store);
      this.thaw = async (name, options) => await this.around({ operation: "thaw", name, signal: options.signal }, async () => await thaw(name, options));
    }
  }

  async put(name: string, body: Uint8Array | readonly Uint8Array[], options: PutOptions = {}): Promise<ObjectInfo> {
    return await this.around({ operation: "put", name, signal: options.signal }, async () => await this.store.put(name, body, options));
  }

  /** See {@link ObjectStore}. */
  async get(name: string, options: GetOptions = {}): Promise<ObjectContent> {
    return await this.around({ operation: "get", name, signal: options.signal }, async () => await this.store.get(name, options));
  }

  async head(name: string, options: CallOptions & { readonly versionId?: string | undefined } = {}): Promise<ObjectInfo | undefined> {
    return await this.around({ operation: "head", name, signal: options.signal }, async () => await this.store.head(name, options));
  }

  list(prefix: string, options: CallOptions & { readonly startAfter?: string | undefined } = {}): AsyncGenerator<ObjectInfo> {
    return this.aroundListing({ operation: "list", name: prefix, signal: options.signal }, (startAfter = options.startAfter) => this.store.list(prefix, { ...options, startAfter }));
  }

  async delete(name: string, options: CallOptions & { readonly etag?: string | undefined } = {}): Promise<void> {
    await this.around({ operation: "delete", name, signal: options.signal }, async () => {
      await this.store.delete(name, options);
    });
  }

  /** The removal of several objects: one call, told by the first of their names. */
  protected async aroundMany(names: readonly string[], { signal }: CallOptions, deleteMany: (names: readonly string[]) => Promise<void>): Promise<void> {
    await this.around({ operation: "deleteMany", name: names[0] ?? "", signal }, async () => await deleteMany(names));
  }

  #decorated(versions: ObjectVersions | undefined): ObjectVersions | undefined {
    if (versions === undefined) return undefined;
    return new DecoratedVersions(versions, {
      around: async (call, work) => await this.around(call, work),
      aroundListing: (call, open) => this.aroundListing(call, open),
    });
  }

  /** Makes a call, by `work`, with what the decorator does around it. */
  protected abstract around<T>(call: StoreCall, work: () => Promise<T>): Promise<T>;

  /** The same for a listing, which `open` begins. */
  protected abstract aroundListing<T extends ListedEntry>(call: StoreCall, open: OpenListing<T>): AsyncGenerator<T>;

  /** How it prints: what it is put around. */
  [inspect.custom](): string {
    return `${this.constructor.name} around ${inspect(this.store)}`;
  }
}
