import { ConfigurationError } from "../errors/index.js";
import type { ObjectStorage } from "../ports/index.js";
import { decodeConfiguration, isConfigurationGenuine, type RepositoryConfiguration } from "./format/configuration.js";
import { openAsItWas } from "./locks/as-it-was.js";
import { RepositoryLocks } from "./locks/repository-locks.js";
import { DedupIndex } from "./index/dedup-index.js";
import { resolveIndexOptions } from "./index/index-options.js";
import { keyRingOf, type KeyRing } from "./keys/key-ring.js";
import type { BundleRole } from "./keys/key-role.js";
import type { RepositoryKeysOptions } from "./slots/repository-keys.js";
import { readConfiguration } from "./open-repository.js";
import { defaultPackLimits } from "./pack/pack-options.js";
import type { RepositoryEnvironment } from "./repository-options.js";

/** A repository with keys that somebody who had opened it gave away: no key slot is read. */
export interface GivenKeys {
  readonly storage: ObjectStorage;
  readonly repositoryId: string;
  readonly role: BundleRole;
  readonly secret: Buffer;
}

interface Opened {
  readonly configuration: RepositoryConfiguration;
  readonly openedConfiguration: Buffer;
  readonly keys: KeyRing;
}

/** Opens a repository by a role's keys. `ConfigurationError` (`OtherRepository`) where they are not this repository's. Writes nothing. */
export async function openWithKeys(given: GivenKeys, environment: RepositoryEnvironment): Promise<RepositoryKeysOptions> {
  const { storage, repositoryId, role, secret } = given;
  const { location, place } = storage;
  const store = await storage.openStore();
  const { configuration, openedConfiguration, keys } = await openAsItWas(store, environment.logger, async (objects): Promise<Opened> => {
    const read = await readConfiguration(objects, location);
    const proving = decodeConfiguration(read, location);
    const ring = keyRingOf(role, secret, Buffer.from(repositoryId, "hex"));
    if (proving.repositoryId !== repositoryId || !isConfigurationGenuine(ring, proving)) {
      throw new ConfigurationError(`The repository at ${location} is another than the one that was meant (id ${repositoryId}), or the keys that were handed over are not its own: check that nobody put another in its place.`, { code: "OtherRepository", context: { location, repositoryId } });
    }
    return { configuration: proving, openedConfiguration: read, keys: ring };
  });
  const { immutability: rules, packs = defaultPackLimits } = configuration;
  const locks = rules === undefined ? undefined : await RepositoryLocks.open({ store, rules, ...environment });
  const context = { store, place, keys, ...environment, packs, index: new DedupIndex(resolveIndexOptions(undefined)), locks, openedConfiguration, isReadOnly: rules !== undefined && locks === undefined };
  return { context, keyProvider: undefined, isSealed: configuration.encryption === "sealed" };
}
