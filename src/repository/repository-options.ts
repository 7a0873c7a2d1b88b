import { checkOptionNames, optionError } from "../options/option-error.js";
import type { Clock, KeyProvider, Logger, ObjectStorage, Random } from "../ports/index.js";
import { resolveIndexOptions, type IndexOptions, type ResolvedIndexOptions } from "./index/index-options.js";
import type { ImmutabilityRules } from "./format/immutability-rules.js";
import { resolveImmutability, type ImmutabilityOptions } from "./immutability/immutability-options.js";
import { checkEncryption, type EncryptionOptions } from "./slots/encryption-options.js";
import { resolvePackOptions, type PackLimits, type PackOptions } from "./pack/pack-options.js";
import type { KeySource } from "./keys/key-source.js";

/** How a repository is created or opened. */
export interface RepositoryOptions {
  readonly storage: ObjectStorage;
  readonly encryption: EncryptionOptions;
  /** The dedup index in memory. */
  readonly index?: IndexOptions | undefined;
  /** How long the records of restores, verifications and retention passes that are made by this object stay: 1 to 36,500 days, 365 by default. Policies say it of their runs by themselves. */
  readonly sessions?: { readonly keepDays?: number | undefined } | undefined;
}

/** How a repository is made. */
export interface CreateRepositoryOptions extends RepositoryOptions {
  /** Object Lock on all that restore points need: an S3 bucket with versioning and Object Lock. None by default; said once, when the repository is made. */
  readonly immutability?: ImmutabilityOptions | undefined;
  /** How large its data packs are. */
  readonly packs?: PackOptions | undefined;
}

export interface ResolvedRepositoryOptions {
  readonly storage: ObjectStorage;
  /** What opens the repository, or shall open it. */
  readonly source: KeySource;
  /** Who has the KMS keys of this repository's slots, if that is known. */
  readonly keyProvider: KeyProvider | undefined;
  readonly index: ResolvedIndexOptions;
  readonly immutability: ImmutabilityRules | undefined;
  readonly keepSessionDays: number | undefined;
}

/** What the engine around a repository gives it. */
export interface RepositoryEnvironment {
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

/** Checks the options of a repository that is to be made; raises `ConfigurationError` naming the path. */
export function checkCreateRepositoryOptions(options: CreateRepositoryOptions): ResolvedRepositoryOptions & { readonly packs: PackLimits } {
  return { ...checkOptions(options, "a new repository", [...optionNames, "immutability", "packs"], true), packs: resolvePackOptions(options.packs) };
}

/** Checks the options' shape; raises `ConfigurationError` naming the path. */
export function checkRepositoryOptions(options: RepositoryOptions): ResolvedRepositoryOptions {
  return checkOptions(options, "a repository", optionNames, false);
}

const optionNames = ["storage", "encryption", "index", "sessions"];
const maxSessionDays = 36_500;

function checkOptions(options: RepositoryOptions, of: string, known: readonly string[], isNew: boolean): ResolvedRepositoryOptions {
  const given: unknown = options;
  checkOptionNames(given, known, of);
  const storage: unknown = "storage" in given ? given.storage : undefined;
  if (typeof storage !== "object" || storage === null || !("openStore" in storage) || typeof storage.openStore !== "function") {
    throw optionError("storage", "must be what s3Storage({ … }) or directoryStorage(path) gives.");
  }
  const sessions: unknown = options.sessions;
  if (sessions !== undefined) checkOptionNames(sessions, ["keepDays"], "sessions", "sessions");
  const keepSessionDays = options.sessions?.keepDays;
  if (keepSessionDays !== undefined && !(Number.isInteger(keepSessionDays) && keepSessionDays >= 1 && keepSessionDays <= maxSessionDays)) throw optionError("sessions.keepDays", `must be a whole number from 1 to ${String(maxSessionDays)}.`);
  const source = checkEncryption(options.encryption, { keyProvider: options.storage.keyProvider, isForNewSlot: isNew });
  const keyProvider = source.kind === "kms" ? source.provider : options.storage.keyProvider;
  return { storage: options.storage, source, keyProvider, keepSessionDays, index: resolveIndexOptions(options.index), immutability: resolveImmutability("immutability" in given ? given.immutability : undefined) };
}
