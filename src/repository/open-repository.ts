import { NotFoundError } from "../errors/index.js";
import type { ObjectStore } from "../ports/index.js";
import { decodeConfiguration, type RepositoryConfiguration } from "./format/configuration.js";
import { objectNames } from "./format/object-names.js";
import { openAsItWas } from "./locks/as-it-was.js";
import { RepositoryLocks } from "./locks/repository-locks.js";
import { DedupIndex } from "./index/dedup-index.js";
import { defaultPackLimits } from "./pack/pack-options.js";
import { findKeys, type FoundKeys } from "./slots/find-keys.js";
import type { RepositoryKeysOptions } from "./slots/repository-keys.js";
import { checkRepositoryOptions, type RepositoryEnvironment, type RepositoryOptions } from "./repository-options.js";
import { isGone } from "./store/store-answers.js";

/** What opens a repository: its configuration, proved, and its keys. */
interface Opened extends FoundKeys {
  readonly configuration: RepositoryConfiguration;
  readonly openedConfiguration: Buffer;
}

/** Opens a repository by its storage and key alone, also where delete markers or overwrites hide its configuration or slots. Writes nothing. */
export async function openRepository(options: RepositoryOptions, environment: RepositoryEnvironment): Promise<RepositoryKeysOptions> {
  const { storage, source, keyProvider, index, keepSessionDays } = checkRepositoryOptions(options);
  const { location } = storage;
  const store = await storage.openStore();
  const { configuration, keys, openedSlot, openedConfiguration } = await openAsItWas(store, environment.logger, async (objects): Promise<Opened> => {
    const read = await readConfiguration(objects, location);
    const proving = decodeConfiguration(read, location);
    return { configuration: proving, openedConfiguration: read, ...(await findKeys({ store: objects, configuration: proving, source, location, logger: environment.logger })) };
  });
  const { immutability: rules, packs = defaultPackLimits } = configuration;
  const locks = rules === undefined ? undefined : await RepositoryLocks.open({ store, rules, ...environment });
  const context = { store, place: storage.place, keys, ...environment, keepSessionDays, packs, index: new DedupIndex(index), locks, openedSlot, openedConfiguration, isReadOnly: rules !== undefined && locks === undefined };
  return { context, keyProvider, isSealed: configuration.encryption === "sealed" };
}

/** The bytes of `holdfast.json`; `NotFoundError` (`RepositoryNotFound`) where there is none. */
export async function readConfiguration(store: Pick<ObjectStore, "get">, location: string): Promise<Buffer> {
  try {
    return (await store.get(objectNames.configuration)).body;
  } catch (cause) {
    if (!isGone(cause)) throw cause;
    throw new NotFoundError(`There is no repository at ${location}. Check the path, bucket and prefix, or make one by Repository.create.`, { code: "RepositoryNotFound", context: { location }, cause });
  }
}
