/** What an object store does; those that end in `version` or `lock` are of its `versions`. */
export type StoreOperation = "put" | "get" | "head" | "list" | "delete" | "thaw" | "listVersions" | "deleteVersion" | "readLock" | "extendLock";

export const storeOperations: readonly StoreOperation[] = ["put", "get", "head", "list", "delete", "thaw", "listVersions", "deleteVersion", "readLock", "extendLock"];

/** A call of a store: what it does, to which object (for a listing: the prefix). */
export interface StoreCall {
  readonly operation: StoreOperation;
  readonly name: string;
  readonly signal?: AbortSignal | undefined;
}
