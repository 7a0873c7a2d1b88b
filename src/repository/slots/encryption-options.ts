import { optionError } from "../../options/option-error.js";
import type { KeyProvider } from "../../ports/index.js";
import type { KeySource } from "../keys/key-source.js";
import { parseRecoveryKey } from "./recovery-key.js";

/** A repository's key, kept by a key of KMS or of another provider. One call of the provider opens the repository. */
export interface KmsEncryptionOptions {
  /** The master key: in KMS an id, an ARN or an alias. Its ARN is what is stored. */
  readonly kmsKeyId: string;
  /** Who has that key: `account.keyProvider()`. `s3Storage` brings its own account's, in its own region. */
  readonly keyProvider?: KeyProvider | undefined;
}

/**
 * How a repository's key is kept and found: by a passphrase (scrypt), by a key of 32 bytes of one's own, by KMS, by the
 * recovery key that `repository.keys.addRecoveryKey()` gave, or not at all.
 *
 * `"none"` stores the root in the open: whoever reads the storage reads the backups. Integrity is still checked.
 */
export type EncryptionOptions = { readonly passphrase: string } | { readonly key: Uint8Array } | KmsEncryptionOptions | { readonly recoveryKey: string } | "none";

/** The shortest passphrase that is accepted, in characters. */
export const minPassphraseLength = 8;

export interface EncryptionCheck {
  /** What the storage brings along. */
  readonly keyProvider: KeyProvider | undefined;
  /** For a slot that is to be made, which a recovery key does not choose itself. */
  readonly isForNewSlot: boolean;
}

const choices = '{ passphrase }, { key }, { kmsKeyId }, { recoveryKey } or "none"';

/** Checks the options, and gives what they say in one form; raises `ConfigurationError` naming the path, never a secret. */
export function checkEncryption(value: unknown, check: EncryptionCheck, path = "encryption"): KeySource {
  if (value === "none") return { kind: "none" };
  if (typeof value !== "object" || value === null) throw optionError(path, `must be ${choices}. There is no default: the choice is yours to make.`);
  const names = Object.keys(value);
  const options = value as Readonly<Record<string, unknown>>;
  const [name, ...others] = names.filter((candidate) => candidate !== "keyProvider");
  if (others.length > 0) throw optionError(path, `must have exactly one of passphrase, key, kmsKeyId and recoveryKey, not ${names.join(" and ")}.`);
  if (name !== "kmsKeyId" && names.includes("keyProvider")) throw optionError(`${path}.keyProvider`, "goes with kmsKeyId only.");
  switch (name) {
    case "passphrase":
      return { kind: "passphrase", passphrase: checkPassphrase(options[name], `${path}.${name}`) };
    case "key":
      return { kind: "raw", key: checkRawKey(options[name], `${path}.${name}`) };
    case "kmsKeyId":
      return { kind: "kms", keyId: checkKmsKeyId(options[name], `${path}.${name}`), provider: checkKeyProvider(options["keyProvider"] ?? check.keyProvider, `${path}.keyProvider`) };
    case "recoveryKey":
      if (check.isForNewSlot) throw optionError(`${path}.${name}`, "opens a repository. A new one is made, and shown once, by repository.keys.addRecoveryKey().");
      return { kind: "recovery", secret: parseRecoveryKey(options[name], `${path}.${name}`) };
    case undefined:
      throw optionError(path, `is empty; use ${choices}.`);
    default:
      throw optionError(path, `"${name}" is not known; use ${choices}.`);
  }
}

function checkPassphrase(given: unknown, path: string): string {
  if (typeof given === "string" && given.length >= minPassphraseLength) return given;
  throw optionError(path, `must be a string of at least ${String(minPassphraseLength)} characters.`);
}

function checkRawKey(given: unknown, path: string): Buffer {
  // A copy: the caller may wipe its own.
  if (given instanceof Uint8Array && given.length === 32) return Buffer.from(given);
  throw optionError(path, "must be exactly 32 bytes (a Buffer or Uint8Array), for example from crypto.randomBytes(32).");
}

function checkKmsKeyId(given: unknown, path: string): string {
  if (typeof given === "string" && /^[\x21-\x7e]{1,2048}$/.test(given)) return given;
  throw optionError(path, "must name a KMS key: by its id, its ARN or an alias (alias/backups).");
}

function checkKeyProvider(given: unknown, path: string): KeyProvider {
  const isOne = typeof given === "object" && given !== null && ["wrap", "unwrap"].every((method) => typeof (given as Readonly<Record<string, unknown>>)[method] === "function");
  if (isOne) return given as KeyProvider;
  throw optionError(path, "is missing: this storage has no account of its own, so say who has the key: account.keyProvider().");
}
