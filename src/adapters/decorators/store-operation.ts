/** What an object store does. */
export type StoreOperation = "put" | "get" | "head" | "list" | "delete";

export const storeOperations: readonly StoreOperation[] = ["put", "get", "head", "list", "delete"];
