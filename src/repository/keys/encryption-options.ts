import { ConfigurationError } from "../../errors/index.js";

/**
 * How a repository's root key is kept: by a passphrase (scrypt), by a key of 32 bytes of one's own, or not at all.
 *
 * `"none"` stores the root in the open: whoever reads the storage reads the backups. Integrity is still checked.
 */
export type EncryptionOptions = { readonly passphrase: string } | { readonly key: Uint8Array } | "none";

/** The shortest passphrase that is accepted, in characters. */
export const minPassphraseLength = 8;

/** Checks the options' shape; raises `ConfigurationError` naming the path. */
export function checkEncryption(value: unknown, path = "encryption"): EncryptionOptions {
  const fail = (where: string, what: string): ConfigurationError =>
    new ConfigurationError(`${where}: ${what}`, { code: "InvalidOption", context: { path: where } });
  if (value === "none") return value;
  if (typeof value !== "object" || value === null) throw fail(path, 'must be { passphrase }, { key } or "none". There is no default: the choice is yours to make.');
  const [name, ...others] = Object.keys(value);
  if (others.length > 0) throw fail(path, `must have exactly one of passphrase and key, not ${Object.keys(value).join(" and ")}.`);
  const given: unknown = Object.values(value)[0];
  switch (name) {
    case "passphrase":
      if (typeof given !== "string" || given.length < minPassphraseLength)
        throw fail(`${path}.passphrase`, `must be a string of at least ${String(minPassphraseLength)} characters.`);
      return { passphrase: given };
    case "key":
      if (!(given instanceof Uint8Array) || given.length !== 32) throw fail(`${path}.key`, "must be exactly 32 bytes (a Buffer or Uint8Array), for example from crypto.randomBytes(32).");
      return { key: given };
    case undefined:
      throw fail(path, 'is empty; use { passphrase }, { key } or "none".');
    default:
      throw fail(path, `"${name}" is not known; use { passphrase }, { key } or "none".`);
  }
}
