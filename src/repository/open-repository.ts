import { ConfigurationError, HoldfastError, NotFoundError } from "../errors/index.js";
import type { ObjectStore } from "../ports/index.js";
import { checkConfiguration, decodeConfiguration, type RepositoryConfiguration } from "./format/configuration.js";
import { objectNames } from "./format/object-names.js";
import { openAsItWas } from "./immutability/as-it-was.js";
import { RepositoryLocks } from "./immutability/repository-locks.js";
import type { EncryptionOptions } from "./keys/encryption-options.js";
import { decodeKeySlot, unwrapRoot } from "./keys/key-slot.js";
import { DedupIndex } from "./index/dedup-index.js";
import { KeyRing } from "./keys/key-ring.js";
import type { RepositoryContext } from "./repository-context.js";
import { checkRepositoryOptions, type RepositoryEnvironment, type RepositoryOptions } from "./repository-options.js";

/** What opens a repository: its configuration, proved, and its keys. */
interface Opened {
  readonly configuration: RepositoryConfiguration;
  readonly keys: KeyRing;
}

/** Opens a repository by its storage and key alone, also where delete markers or overwrites hide its configuration or slots. Writes nothing. */
export async function openRepository(options: RepositoryOptions, environment: RepositoryEnvironment): Promise<RepositoryContext> {
  const { storage, encryption, index } = checkRepositoryOptions(options);
  const store = await storage.openStore();
  const { configuration, keys } = await openAsItWas(store, environment.logger, async (objects) => await openKeys(objects, storage.location, encryption));
  const { immutability: rules } = configuration;
  const locks = rules === undefined ? undefined : await RepositoryLocks.open({ store, rules, ...environment });
  return { store, keys, ...environment, index: new DedupIndex(index), locks, isReadOnly: rules !== undefined && locks === undefined };
}

/** The keys that a slot gives, and the configuration that they prove. */
async function openKeys(store: Pick<ObjectStore, "get" | "list">, location: string, encryption: EncryptionOptions): Promise<Opened> {
  const configuration = decodeConfiguration(await readConfiguration(store, location), location);
  const root = await findRoot(store, configuration.repositoryId, encryption);
  if (root === undefined) {
    throw new ConfigurationError(
      `encryption: this ${describe(encryption)} opens no key slot of the repository at ${location}. Check it, and check that this is the repository meant (id ${configuration.repositoryId}).`,
      { code: "WrongKey", context: { path: "encryption", location, repositoryId: configuration.repositoryId } },
    );
  }
  const keys = new KeyRing(root, Buffer.from(configuration.repositoryId, "hex"));
  checkConfiguration(keys, configuration, location);
  return { configuration, keys };
}

async function readConfiguration(store: Pick<ObjectStore, "get">, location: string): Promise<Buffer> {
  try {
    return (await store.get(objectNames.configuration)).body;
  } catch (cause) {
    if (!(HoldfastError.isInstance(cause) && cause.code === "ObjectNotFound")) throw cause;
    throw new NotFoundError(`There is no repository at ${location}. Check the path, bucket and prefix, or make one by Repository.create.`, { code: "RepositoryNotFound", context: { location }, cause });
  }
}

async function findRoot(store: Pick<ObjectStore, "get" | "list">, repositoryId: string, encryption: EncryptionOptions): Promise<Buffer | undefined> {
  for await (const { name } of store.list(objectNames.keySlots)) {
    const slot = decodeKeySlot((await store.get(name)).body, name);
    if (slot.repositoryId !== repositoryId) continue;
    const root = await unwrapRoot(slot, encryption);
    if (root !== undefined) return root;
  }
  return undefined;
}

function describe(encryption: EncryptionOptions): string {
  if (encryption === "none") return '"none"';
  return "passphrase" in encryption ? "passphrase" : "key";
}
