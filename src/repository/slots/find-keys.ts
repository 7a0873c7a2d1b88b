import { ConfigurationError, HoldfastError, IntegrityError } from "../../errors/index.js";
import type { Logger, ObjectStore } from "../../ports/index.js";
import { isConfigurationGenuine, notGenuine, type RepositoryConfiguration } from "../format/configuration.js";
import { keyRingOf, type KeyRing } from "../keys/key-ring.js";
import { openedSlotOf, type OpenedSlot } from "../keys/opened-slot.js";
import { sourceNames, type KeySource } from "../keys/key-source.js";
import { readSlots } from "./read-slots.js";
import { isGenuine, type KeySlot } from "../format/slot-document.js";
import { openSlot } from "./slot-secret.js";

/** What a repository is opened with, and in whose words it is told about. */
export interface KeySearch {
  readonly store: Pick<ObjectStore, "get" | "list">;
  readonly configuration: RepositoryConfiguration;
  readonly source: KeySource;
  readonly location: string;
  readonly logger: Logger;
}

/** The keys that were found, and the slot that held them. */
export interface FoundKeys {
  readonly keys: KeyRing;
  readonly openedSlot: OpenedSlot;
}

/** Scrypt's N * r * p over all slots that are tried: 64 slots as they are usually made, half a minute. */
const maxScryptWorkInAll = 2 ** 26;
/** Calls to the key provider. */
const maxProviderCalls = 16;
/** Names in one message. */
const maxNamed = 8;

/** What became of the slots that did not open. */
class Attempts {
  readonly refused: string[] = [];
  readonly damaged: string[] = [];
  readonly foreign: string[] = [];
  readonly otherKinds = new Set<string>();
  readonly leftOut: string[] = [];
  isForged = false;
  failure: HoldfastError | undefined;
}

/**
 * Tries the repository's slots until one opens and holds the keys with which `holdfast.json` was signed. A slot that is
 * damaged, foreign or forged stands in nobody's way; only when none opens, it is told about.
 */
export async function findKeys(search: KeySearch): Promise<FoundKeys> {
  const { store, configuration, source, location, logger } = search;
  const attempts = new Attempts();
  let scryptWork = 0;
  let providerCalls = 0;
  for await (const { name, slot, bytes, problem, isForeign } of readSlots(store, configuration.repositoryId)) {
    if (slot === undefined) {
      (isForeign ? attempts.foreign : attempts.damaged).push(`${name} (${problem})`);
      continue;
    }
    if (!mayFit(slot, source)) {
      attempts.otherKinds.add(slot.kind === source.kind && slot.kind === "kms" ? `kms with ${slot.kms.keyId}` : slot.kind);
      continue;
    }
    if (slot.kind === "passphrase") scryptWork += slot.kdf.N * slot.kdf.r * slot.kdf.p;
    if (slot.kind === "kms") providerCalls += 1;
    if (scryptWork > maxScryptWorkInAll || providerCalls > maxProviderCalls) {
      attempts.leftOut.push(name);
      continue;
    }
    const keys = await tryOne(slot, name, source, attempts);
    if (keys === undefined) continue;
    if (!isConfigurationGenuine(keys, configuration)) {
      attempts.isForged = true;
      attempts.refused.push(name);
      continue;
    }
    if (keys.role === "owner" && !isGenuine(keys, slot)) logger.warn("the key slot that opened the repository is damaged in its MAC: replace it by keys.rotate", { object: name, location });
    if (attempts.damaged.length > 0) logger.warn("key slots are damaged; the repository was opened by another", { objects: attempts.damaged.slice(0, maxNamed), location });
    return { keys, openedSlot: openedSlotOf(name, bytes) };
  }
  throw nothingOpens(search, attempts);
}

async function tryOne(slot: KeySlot, name: string, source: KeySource, attempts: Attempts): Promise<KeyRing | undefined> {
  try {
    const secret = await openSlot(slot, source);
    if (secret !== undefined) return keyRingOf(slot.role, secret, Buffer.from(slot.repositoryId, "hex"));
    attempts.refused.push(name);
  } catch (error) {
    // The provider refuses this slot's key; another slot may be wrapped by one that it gives.
    if (!HoldfastError.isInstance(error)) throw error;
    attempts.failure ??= error;
  }
  return undefined;
}

/** Whether trying makes sense: the kind fits and, where KMS keys are named by their ids, the key does. An alias may stand for any. */
function mayFit(slot: KeySlot, source: KeySource): boolean {
  if (slot.kind !== source.kind) return false;
  if (slot.kind !== "kms" || source.kind !== "kms") return true;
  const [given, stored] = [keyPart(source.keyId), keyPart(slot.kms.keyId)];
  return given === undefined || stored === undefined || given === stored;
}

/** The id in a key's id or ARN; multi-region keys have the same in every region. */
function keyPart(keyId: string): string | undefined {
  return /^(?:arn:[^:]+:kms:[^:]+:[^:]+:key\/)?([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|mrk-[0-9a-f]{32})$/.exec(keyId)?.[1];
}

function nothingOpens({ configuration, source, location }: KeySearch, attempts: Attempts): HoldfastError {
  const { refused, damaged, foreign, otherKinds, leftOut, isForged, failure } = attempts;
  if (failure !== undefined) return failure;
  if (isForged) return notGenuine(location);
  const given = sourceNames[source.kind];
  const { repositoryId } = configuration;
  const context = { path: "encryption", location, repositoryId, refused: refused.slice(0, maxNamed), damaged: damaged.slice(0, maxNamed) };
  const aside = [...damaged, ...foreign];
  const broken = aside.length === 0 ? "" : ` Left aside: ${list(aside)}. Restore these objects if one of them is meant.`;
  if (refused.length === 0 && leftOut.length === 0 && damaged.length > 0) {
    return new IntegrityError(`No key slot of the repository at ${location} can be opened by a ${given}, and some cannot be read: ${list(damaged)}. Restore these objects (an older version, a copy), or open the repository with another slot's key: no backup is lost.`, {
      code: "DamagedKeySlot",
      context,
    });
  }
  const tried =
    refused.length > 0
      ? `opens none of the key slots that could be its own: ${list(refused)}${leftOut.length > 0 ? `; ${String(leftOut.length)} more were not tried, because there are too many: remove those that nobody made` : ""}.`
      : `fits no key slot of the repository${otherKinds.size > 0 ? `: there are ${[...otherKinds].join(", ")}` : ""}.`;
  return new ConfigurationError(`encryption: this ${given} ${tried}${broken} Check it, and check that the repository meant is the one at ${location} (id ${repositoryId}).`, { code: "WrongKey", context });
}

function list(names: readonly string[]): string {
  return names.length <= maxNamed ? names.join(", ") : `${names.slice(0, maxNamed).join(", ")} and ${String(names.length - maxNamed)} more`;
}
