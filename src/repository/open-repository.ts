import { createHash } from "node:crypto";
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
import { defaultPackLimits } from "./pack/pack-options.js";
import { isCorruption } from "./read/damage.js";
import type { OpenedSlot, RepositoryContext } from "./repository-context.js";
import { checkRepositoryOptions, type RepositoryEnvironment, type RepositoryOptions } from "./repository-options.js";

/** What opens a repository: its configuration, proved, and its keys. */
interface Opened {
  readonly configuration: RepositoryConfiguration;
  readonly keys: KeyRing;
  readonly openedSlot: OpenedSlot;
  readonly openedConfiguration: Buffer;
}

/** Opens a repository by its storage and key alone, also where delete markers or overwrites hide its configuration or slots. Writes nothing. */
export async function openRepository(options: RepositoryOptions, environment: RepositoryEnvironment): Promise<RepositoryContext> {
  const { storage, encryption, index } = checkRepositoryOptions(options);
  const store = await storage.openStore();
  const { configuration, keys, openedSlot, openedConfiguration } = await openAsItWas(store, environment.logger, async (objects) => await openKeys(objects, storage.location, encryption));
  const { immutability: rules, packs = defaultPackLimits } = configuration;
  const locks = rules === undefined ? undefined : await RepositoryLocks.open({ store, rules, ...environment });
  return { store, keys, ...environment, packs, index: new DedupIndex(index), locks, openedSlot, openedConfiguration, isReadOnly: rules !== undefined && locks === undefined };
}

/** The keys that a slot gives, and the configuration that they prove. */
async function openKeys(store: Pick<ObjectStore, "get" | "list">, location: string, encryption: EncryptionOptions): Promise<Opened> {
  const openedConfiguration = await readConfiguration(store, location);
  const configuration = decodeConfiguration(openedConfiguration, location);
  const opened = await openSlot(store, configuration.repositoryId, encryption);
  if (opened === undefined) {
    throw new ConfigurationError(
      `encryption: this ${describe(encryption)} opens no key slot of the repository at ${location}. Check it, and check that this is the repository meant (id ${configuration.repositoryId}).`,
      { code: "WrongKey", context: { path: "encryption", location, repositoryId: configuration.repositoryId } },
    );
  }
  const { root, ...openedSlot } = opened;
  const keys = new KeyRing(root, Buffer.from(configuration.repositoryId, "hex"));
  checkConfiguration(keys, configuration, location);
  return { configuration, keys, openedSlot, openedConfiguration };
}

async function readConfiguration(store: Pick<ObjectStore, "get">, location: string): Promise<Buffer> {
  try {
    return (await store.get(objectNames.configuration)).body;
  } catch (cause) {
    if (!(HoldfastError.isInstance(cause) && cause.code === "ObjectNotFound")) throw cause;
    throw new NotFoundError(`There is no repository at ${location}. Check the path, bucket and prefix, or make one by Repository.create.`, { code: "RepositoryNotFound", context: { location }, cause });
  }
}

/** The slot that this key opens. A damaged one does not stand in the way of the others; where none opens, it is what is said. */
async function openSlot(store: Pick<ObjectStore, "get" | "list">, repositoryId: string, encryption: EncryptionOptions): Promise<(OpenedSlot & { readonly root: Buffer }) | undefined> {
  let damage: HoldfastError | undefined;
  for await (const { name } of store.list(objectNames.keySlots)) {
    const bytes = (await store.get(name)).body;
    try {
      const slot = decodeKeySlot(bytes, name);
      const root = slot.repositoryId === repositoryId ? await unwrapRoot(slot, encryption) : undefined;
      if (root !== undefined) return { root, name, bytes, sha256: createHash("sha256").update(bytes).digest("hex") };
    } catch (error) {
      if (!isCorruption(error)) throw error;
      damage ??= error;
    }
  }
  if (damage !== undefined) throw damage;
  return undefined;
}

function describe(encryption: EncryptionOptions): string {
  if (encryption === "none") return '"none"';
  return "passphrase" in encryption ? "passphrase" : "key";
}
