import { ConfigurationError } from "../../errors/index.js";
import type { ObjectStore, Random } from "../../ports/index.js";
import { readStoreTime } from "./read-store-time.js";
import type { RepositoryLocks } from "./repository-locks.js";

/**
 * Sees whether a bucket is fit for an immutable repository: one that locks by itself what nobody asked to lock is not. Leases
 * and the runs of the index, which are overwritten all the time, would pile up there for as long as that lock runs.
 */
export async function checkBucket(store: ObjectStore, locks: RepositoryLocks, random: Random): Promise<void> {
  const lock = await readStoreTime(store, locks, random);
  if (lock !== undefined) {
    throw new ConfigurationError(
      `immutability: the bucket at ${store.location} locks every object by a default retention, also those that are rewritten every few minutes, and so they would pile up. Remove the bucket's default retention (aws s3api put-object-lock-configuration without a Rule): holdfast locks each object of a restore point itself.`,
      { code: "BucketLocksEverything", context: { path: "immutability", location: store.location } },
    );
  }
}
