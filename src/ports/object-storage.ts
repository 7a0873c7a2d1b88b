import type { CloudAccount } from "./cloud-account.js";
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
  /** How another machine finds it; absent where no other can. */
  readonly place?: ObjectPlace | undefined;
}

/** A prefix of a bucket, as another machine needs to know it. */
export interface ObjectPlace {
  readonly bucket: string;
  /** Empty for the whole bucket. */
  readonly prefix: string;
  readonly region: string;
  readonly storageClass?: string | undefined;
  readonly expectedBucketOwner?: string | undefined;
  /** As whom it is reached. */
  readonly account: CloudAccount;
}
