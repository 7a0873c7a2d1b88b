import { randomBytes } from "node:crypto";
import { ConflictError, HoldfastError } from "../errors/index.js";
import { blockSizeBytes, type ObjectStore } from "../ports/index.js";
import { decodeConfiguration, formatVersion, signConfiguration } from "./format/configuration.js";
import { objectNames } from "./format/object-names.js";
import { checkBucket } from "./locks/check-bucket.js";
import type { ImmutabilityRules } from "./format/immutability-rules.js";
import { versionsOf } from "./locks/named-versions.js";
import { cannotLock, RepositoryLocks } from "./locks/repository-locks.js";
import { DedupIndex } from "./index/dedup-index.js";
import { addSlot } from "./slots/add-slot.js";
import { KeyRing } from "./keys/key-ring.js";
import type { RepositoryKeysOptions } from "./slots/repository-keys.js";
import { checkCreateRepositoryOptions, type CreateRepositoryOptions, type RepositoryEnvironment } from "./repository-options.js";
import { isConditionFailed } from "./store/store-answers.js";

/** Makes a repository: its key slot first, its configuration last, and only if there is none. */
export async function createRepository(options: CreateRepositoryOptions, environment: RepositoryEnvironment): Promise<RepositoryKeysOptions> {
  const { storage, source, keyProvider, index, keepSessionDays, immutability, packs } = checkCreateRepositoryOptions(options);
  const store = await storage.openStore();
  const exists = (cause?: unknown): ConflictError =>
    new ConflictError(`There is a repository at ${storage.location} already. Use Repository.open, or another place.`, { code: "RepositoryExists", context: { location: storage.location }, cause });
  if ((await store.head(objectNames.configuration)) !== undefined) throw exists();
  await refuseHidden(store);
  const locks = immutability === undefined ? undefined : await openLocks(store, immutability, environment);
  const root = randomBytes(32);
  const keys = new KeyRing(root, randomBytes(16));
  const createdAt = environment.clock.now();
  const openedSlot = await addSlot(store, keys, { source, role: "owner", createdAt, lock: locks?.lockNow() });
  const configuration = signConfiguration(keys, {
    format: "holdfast",
    version: formatVersion,
    repositoryId: keys.repositoryId.toString("hex"),
    createdAt: createdAt.toISOString(),
    blockSizeBytes,
    encryption: source.kind === "none" ? "none" : "sealed",
    ...(immutability !== undefined && { immutability }),
    ...(options.packs !== undefined && { packs }),
  });
  const openedConfiguration = Buffer.from(`${JSON.stringify(configuration, undefined, 2)}\n`);
  try {
    await store.put(objectNames.configuration, openedConfiguration, { condition: "absent", lock: locks?.lockNow() });
  } catch (error) {
    if (!isConditionFailed(error)) throw error;
    await store.delete(openedSlot.name);
    throw exists(error);
  }
  const context = { store, place: storage.place, keys, ...environment, keepSessionDays, packs, index: new DedupIndex(index), locks, openedSlot, openedConfiguration };
  return { context, keyProvider, isSealed: source.kind !== "none" };
}

/** Where an immutable repository lies under delete markers there is never room for another: whoever opens it would not know which is meant. */
async function refuseHidden(store: ObjectStore): Promise<void> {
  const versions = await store.versions?.();
  for (const { versionId, isDeleteMarker } of versions === undefined ? [] : (await versionsOf(versions, objectNames.configuration)).versions) {
    if (isDeleteMarker || !isImmutable((await store.get(objectNames.configuration, { versionId })).body, store.location)) continue;
    throw new ConflictError(`An immutable repository lies hidden at ${store.location}: its holdfast.json was deleted, but is there. Open it with Repository.open and call recover(), or take another place.`, {
      code: "RepositoryExists",
      context: { location: store.location, versionId },
    });
  }
}

function isImmutable(bytes: Buffer, location: string): boolean {
  try {
    return decodeConfiguration(bytes, location).immutability !== undefined;
  } catch (error) {
    if (!HoldfastError.isInstance(error)) throw error;
    return false;
  }
}

/** The locks of a store that is fit for an immutable repository; raises `ConfigurationError` where it is not. */
async function openLocks(store: ObjectStore, rules: ImmutabilityRules, { clock, logger, random }: RepositoryEnvironment): Promise<RepositoryLocks> {
  const locks = await RepositoryLocks.open({ store, clock, logger, rules });
  if (locks === undefined) throw cannotLock(store.location);
  await checkBucket(store, locks, random);
  return locks;
}
