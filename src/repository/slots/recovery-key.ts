import { createHash } from "node:crypto";
import { ConfigurationError } from "../../errors/index.js";

/** 160 random bits: nobody guesses them, so no slow derivation is needed, and 36 characters can be typed from paper. */
export const recoverySecretBytes = 20;
const checkCharacters = 4;
const secretCharacters = (recoverySecretBytes * 8) / 5;
const groupLength = 4;
const prefix = "HF1";

/** Crockford's base 32: no I, L, O and U, which are read for others (https://www.crockford.com/base32.html). */
const alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const lookalikes: Readonly<Record<string, string>> = { I: "1", L: "1", O: "0" };

/** A recovery key as people keep it: `HF1-` and nine groups of four characters, the last of which is a checksum. */
export function formatRecoveryKey(secret: Buffer): string {
  const text = encode(secret) + checkOf(secret);
  return [prefix, ...(text.match(new RegExp(`.{${String(groupLength)}}`, "g")) ?? [])].join("-");
}

/**
 * The secret in a recovery key, however it was typed: lower case, other spaces, O for 0. A typing error is found before
 * anything is tried (one in a million is not). Raises `ConfigurationError`, which repeats nothing of the key.
 */
export function parseRecoveryKey(given: unknown, path: string): Buffer {
  const wrong = (what: string): ConfigurationError => new ConfigurationError(`${path}: ${what}`, { code: "InvalidRecoveryKey", context: { path } });
  if (typeof given !== "string") throw wrong("must be the text that repository.keys.addRecoveryKey() gave: HF1- and nine groups of four characters.");
  const compact = given.toUpperCase().replace(/[\s-]/g, "");
  // Without its hyphen the prefix could be the key's own beginning: then the length tells.
  const hasPrefix = compact.startsWith(prefix) && (/^\s*HF1\s*-/i.test(given) || compact.length > secretCharacters + checkCharacters);
  const body = hasPrefix ? compact.slice(prefix.length) : compact;
  const text = Array.from(body, (character) => lookalikes[character] ?? character);
  const strange = text.findIndex((character) => !alphabet.includes(character));
  if (strange >= 0) throw wrong(`has a character in group ${String(Math.floor(strange / groupLength) + 1)} that no recovery key has. Look at the paper again.`);
  if (text.length !== secretCharacters + checkCharacters) {
    throw wrong(`has ${String(text.length)} characters (without HF1 and hyphens), but a recovery key has ${String(secretCharacters + checkCharacters)}: nine groups of four.`);
  }
  const secret = decode(text.slice(0, secretCharacters));
  if (checkOf(secret) !== text.slice(secretCharacters).join("")) throw wrong("has a typing error: its checksum does not fit. Compare it with the paper, group by group.");
  return secret;
}

function checkOf(secret: Buffer): string {
  return encode(createHash("sha256").update("holdfast/1 recovery key").update(secret).digest().subarray(0, 5)).slice(0, checkCharacters);
}

/** Five bits a character; the bytes come in multiples of five. */
function encode(bytes: Buffer): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += 5) {
    let value = BigInt(bytes.readUIntBE(at, 5));
    let group = "";
    for (let character = 0; character < 8; character++, value >>= 5n) group = alphabet.charAt(Number(value & 31n)) + group;
    text += group;
  }
  return text;
}

function decode(characters: readonly string[]): Buffer {
  const bytes = Buffer.alloc((characters.length * 5) / 8);
  for (let group = 0; group * 8 < characters.length; group++) {
    let value = 0n;
    for (const character of characters.slice(group * 8, group * 8 + 8)) value = (value << 5n) | BigInt(alphabet.indexOf(character));
    bytes.writeUIntBE(Number(value), group * 5, 5);
  }
  return bytes;
}
