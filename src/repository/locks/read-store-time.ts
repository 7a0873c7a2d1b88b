import type { ObjectLock, ObjectStore, Random } from "../../ports/index.js";
import { objectNames } from "../format/object-names.js";
import type { RepositoryContext, SignalOptions } from "../repository-context.js";
import type { RepositoryLocks } from "./repository-locks.js";

/** Takes the store's time from an object of no use, which is put and removed for good. Gives the lock that the bucket put on it unasked. */
export async function readStoreTime(store: ObjectStore, locks: RepositoryLocks, random: Random, options: SignalOptions = {}): Promise<ObjectLock | undefined> {
  const name = objectNames.probe(random.bytes(16).toString("hex"));
  const { versionId } = await store.put(name, Buffer.from("holdfast"), { condition: "absent", signal: options.signal });
  const found = await store.head(name, { versionId, signal: options.signal });
  locks.time.note(found?.modifiedAt);
  if (found?.lock === undefined && versionId !== undefined) await locks.versions.delete(name, versionId, options);
  return found?.lock;
}

/** The lock of an object that is put now, by whoever has put nothing yet that told the store's time. `undefined` where the repository is not immutable. */
export async function freshLock({ store, locks, random }: RepositoryContext, options: SignalOptions = {}): Promise<ObjectLock | undefined> {
  if (locks?.time.isKnown === false) await readStoreTime(store, locks, random, options);
  return locks?.lockNow();
}

/** The time now: the store's, where the repository is immutable. */
export async function freshTime({ store, locks, random, clock }: RepositoryContext, options: SignalOptions = {}): Promise<Date> {
  if (locks?.time.isKnown === false) await readStoreTime(store, locks, random, options);
  return locks?.time.now() ?? clock.now();
}
