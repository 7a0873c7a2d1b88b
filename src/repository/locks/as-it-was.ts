import { HoldfastError } from "../../errors/index.js";
import type { Logger, ObjectStore, ObjectVersion, ObjectVersions } from "../../ports/index.js";
import type { RepositoryConfiguration } from "../format/configuration.js";
import { objectNames } from "../format/object-names.js";
import { decodeKeySlot } from "../format/slot-document.js";
import { namedVersions, versionsOf } from "./named-versions.js";
import { isDamage } from "../store/damage.js";

/** What opening reads of a store. */
export type Opening = Pick<ObjectStore, "get" | "list">;

interface Opened {
  readonly configuration: RepositoryConfiguration;
}

/**
 * Opens what `open` opens from a repository's configuration and key slots. On a versioned bucket it looks behind what was put
 * over them: the first configuration of an immutable repository stands, since nothing can come before it while it is locked,
 * and of its own later versions the one that protects longest. So neither a delete marker, nor garbage, nor another
 * repository's configuration and slots lock the owner out. What is opened proves itself by its key.
 */
export async function openAsItWas<T extends Opened>(store: ObjectStore, logger: Logger, open: (store: Opening) => Promise<T>): Promise<T> {
  const current = await attempt(async () => await open(store));
  const versions = await versionsOfConfiguration(store, logger);
  if (versions === undefined) return result(current);
  const { all, capability } = versions;
  if ("value" in current && all.length < 2) return current.value;
  const slots = await firstSlots(store, capability);
  let standing: T | undefined;
  for (const { versionId, isDeleteMarker } of all.toReversed()) {
    if (isDeleteMarker) continue;
    const past = await attempt(async () => await open(new PastObjects(store, versionId, slots)));
    if ("value" in past && stands(past.value, standing)) standing = past.value;
  }
  // without immutability the newest is meant; older ones serve only where it cannot be opened
  if (standing?.configuration.immutability === undefined && "value" in current) return current.value;
  if (standing === undefined) return result(current);
  if (!("value" in current) || current.value.configuration.mac !== standing.configuration.mac) {
    logger.warn("the repository's configuration or key slots are hidden or overwritten: older versions were read; repository.recover() brings them back", { location: store.location });
  }
  return standing;
}

/** Whether a later version of the configuration takes the place of what stood so far. */
function stands({ configuration: later }: Opened, standing: Opened | undefined): boolean {
  const first = standing?.configuration;
  if (first?.immutability === undefined) return true;
  return later.repositoryId === first.repositoryId && (later.immutability?.periodDays ?? 0) >= first.immutability.periodDays;
}

type Attempt<T> = { readonly value: T } | { readonly error: HoldfastError };

/** What `open` gives, or the error about content that it met; a store that does not answer is raised. */
async function attempt<T>(open: () => Promise<T>): Promise<Attempt<T>> {
  try {
    return { value: await open() };
  } catch (error) {
    if (!HoldfastError.isInstance(error) || error.name === "ProviderError" || ["NewerFormat", "BucketNotFound", "WrongRegion"].includes(error.code)) throw error;
    return { error };
  }
}

function result<T>(outcome: Attempt<T>): T {
  if ("error" in outcome) throw outcome.error;
  return outcome.value;
}

/** All versions of the configuration, newest first; nothing where the store has none, or they may not be listed. */
async function versionsOfConfiguration(store: ObjectStore, logger: Logger): Promise<{ readonly all: readonly ObjectVersion[]; readonly capability: ObjectVersions } | undefined> {
  try {
    const capability = await store.versions?.();
    if (capability === undefined) return undefined;
    return { all: (await versionsOf(capability, objectNames.configuration)).versions, capability };
  } catch (error) {
    if (!(HoldfastError.isInstance(error) && error.code === "AccessDenied")) throw error;
    logger.warn("the versions of the repository's configuration may not be listed: what was put over it would not be noticed", { location: store.location, error: error.message });
    return undefined;
  }
}

/** Of each slot the first version that says to lie there: names are random, so what comes later was put over it. */
async function firstSlots(store: ObjectStore, versions: ObjectVersions): Promise<Map<string, Buffer>> {
  const slots = new Map<string, Buffer>();
  for await (const { name, versions: all } of namedVersions(versions, objectNames.keySlots)) {
    for (const { versionId, isDeleteMarker } of all.toReversed()) {
      const body = isDeleteMarker ? undefined : await readSlot(store, name, versionId);
      if (body === undefined) continue;
      slots.set(name, body);
      break;
    }
  }
  return slots;
}

async function readSlot(store: ObjectStore, name: string, versionId: string): Promise<Buffer | undefined> {
  try {
    const { body } = await store.get(name, { versionId });
    return objectNames.keySlot(decodeKeySlot(body, name).slot) === name ? body : undefined;
  } catch (error) {
    if (isDamage(error)) return undefined;
    throw error;
  }
}

/** The configuration and the slots as they were. */
class PastObjects implements Opening {
  readonly #store: ObjectStore;
  readonly #configurationVersion: string;
  readonly #slots: ReadonlyMap<string, Buffer>;

  constructor(store: ObjectStore, configurationVersion: string, slots: ReadonlyMap<string, Buffer>) {
    this.#store = store;
    this.#configurationVersion = configurationVersion;
    this.#slots = slots;
  }

  async get(...[name, options]: Parameters<ObjectStore["get"]>): ReturnType<ObjectStore["get"]> {
    const body = this.#slots.get(name);
    if (body !== undefined) return { name, body, sizeBytes: body.length, etag: "" };
    return await this.#store.get(name, { ...options, versionId: this.#configurationVersion });
  }

  async *list(...[prefix]: Parameters<ObjectStore["list"]>): ReturnType<ObjectStore["list"]> {
    for (const [name, body] of this.#slots) if (name.startsWith(prefix)) yield await Promise.resolve({ name, sizeBytes: body.length, etag: "" });
  }
}
