import type { ObjectStore } from "./object-store.js";

/** Where a repository may live: a value that opens an `ObjectStore` when it is needed, and touches nothing before. */
export interface ObjectStorage {
  /** Where this is, for people: `s3://bucket/prefix`, `/var/backups`. Never a secret. */
  readonly location: string;
  /** Opens what is stored there; whoever opens a repository does it once. */
  openStore(): Promise<ObjectStore>;
}
