/** What an object store does; those that end in `version` or `lock` are of its `versions`. */
export type StoreOperation = "put" | "get" | "head" | "list" | "delete" | "deleteMany" | "thaw" | "listVersions" | "deleteVersion" | "readLock" | "extendLock";

export const storeOperations: readonly StoreOperation[] = ["put", "get", "head", "list", "delete", "deleteMany", "thaw", "listVersions", "deleteVersion", "readLock", "extendLock"];

/** What a listing tells, as far as decorators know it. */
export interface ListedEntry {
  readonly name: string;
  readonly versionId?: string | undefined;
}

/** Begins a listing: where it was asked to begin, or after a name that it has told already. */
export type OpenListing<T extends ListedEntry> = (startAfter?: string) => AsyncIterable<T>;

/** A call of a store: what it does, to which object (for a listing: the prefix; for a removal of several: the first). */
export interface StoreCall {
  readonly operation: StoreOperation;
  readonly name: string;
  readonly signal?: AbortSignal | undefined;
}
