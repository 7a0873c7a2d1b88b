import type { KeyProvider } from "./key-provider.js";
import type { ObjectStore } from "./object-store.js";

/** Where a repository may live: a value that opens an `ObjectStore` when it is needed, and touches nothing before. */
export interface ObjectStorage {
  /** Where this is, for people: `s3://bucket/prefix`, `/var/backups`. Never a secret. */
  readonly location: string;
  /** Opens what is stored there; whoever opens a repository does it once. */
  openStore(): Promise<ObjectStore>;
  /** The master keys of the account in which it lies, for `encryption: { kmsKeyId }`; absent where there are none. */
  readonly keyProvider?: KeyProvider | undefined;
}
