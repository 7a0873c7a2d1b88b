import { randomBytes } from "node:crypto";
import { ConflictError, HoldfastError } from "../errors/index.js";
import { blockSizeBytes } from "../ports/index.js";
import { formatVersion, signConfiguration } from "./format/configuration.js";
import { objectNames } from "./format/object-names.js";
import { wrapRoot } from "./keys/key-slot.js";
import { DedupIndex } from "./index/dedup-index.js";
import { KeyRing } from "./keys/key-ring.js";
import type { RepositoryContext } from "./repository-context.js";
import { checkRepositoryOptions, type RepositoryEnvironment, type RepositoryOptions } from "./repository-options.js";

/** Makes a repository: its key slot first, its configuration last, and only if there is none. */
export async function createRepository(options: RepositoryOptions, environment: RepositoryEnvironment): Promise<RepositoryContext> {
  const { storage, encryption, index } = checkRepositoryOptions(options);
  const store = await storage.openStore();
  const exists = (cause?: unknown): ConflictError =>
    new ConflictError(`There is a repository at ${storage.location} already. Use Repository.open, or another place.`, { code: "RepositoryExists", context: { location: storage.location }, cause });
  if ((await store.head(objectNames.configuration)) !== undefined) throw exists();
  const root = randomBytes(32);
  const keys = new KeyRing(root, randomBytes(16));
  const slot = await wrapRoot(root, keys.repositoryId, encryption);
  await store.put(objectNames.keySlot(slot.slot), Buffer.from(JSON.stringify(slot)), { condition: "absent" });
  const configuration = signConfiguration(keys, {
    format: "holdfast",
    version: formatVersion,
    repositoryId: keys.repositoryId.toString("hex"),
    createdAt: environment.clock.now().toISOString(),
    blockSizeBytes,
    encryption: encryption === "none" ? "none" : "sealed",
  });
  try {
    await store.put(objectNames.configuration, Buffer.from(`${JSON.stringify(configuration, undefined, 2)}\n`), { condition: "absent" });
  } catch (error) {
    if (!(HoldfastError.isInstance(error) && error.code === "ConditionFailed")) throw error;
    await store.delete(objectNames.keySlot(slot.slot));
    throw exists(error);
  }
  return { store, keys, ...environment, index: new DedupIndex(index) };
}
