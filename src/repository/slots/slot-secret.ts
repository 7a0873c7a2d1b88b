import { createCipheriv, createDecipheriv, hkdfSync, randomBytes, scrypt, type ScryptOptions } from "node:crypto";
import type { CallOptions, EncryptionContext } from "../../ports/index.js";
import { keyBytes, secretBytes, type KeyRing } from "../keys/key-ring.js";
import type { KeyRole } from "../keys/key-role.js";
import type { KeySource } from "../keys/key-source.js";
import { nonceBytes, tagBytes } from "../keys/sealed-box.js";
import { signSlot, slotHeadBytes, type KeySlot, type SlotHead } from "../format/slot-document.js";

/** How hard guessing a passphrase is made. */
export interface ScryptCost {
  readonly N: number;
  readonly r: number;
  readonly p: number;
}

/** OWASP's recommendation for scrypt: 128 MiB and about half a second. */
export const defaultScryptCost: ScryptCost = { N: 2 ** 17, r: 8, p: 1 };

/** A slot that is to be made. */
export interface SlotRequest {
  readonly source: KeySource;
  readonly role: KeyRole;
  readonly createdAt: Date;
  readonly label?: string | undefined;
  /** For tests, which would else take half a second a passphrase. */
  readonly scryptCost?: ScryptCost | undefined;
}

/** Makes a slot: the role's keys, wrapped for one way of opening the repository. */
export async function sealSlot(keys: KeyRing, request: SlotRequest, options: CallOptions = {}): Promise<KeySlot> {
  const { source, role, createdAt, label, scryptCost: { N, r, p } = defaultScryptCost } = request;
  const common = {
    version: 1 as const,
    slot: randomBytes(8).toString("hex"),
    repositoryId: keys.repositoryId.toString("hex"),
    role,
    createdAt: createdAt.toISOString(),
    ...(label === undefined ? {} : { label }),
  };
  switch (source.kind) {
    case "passphrase": {
      const head = { ...common, kind: source.kind, kdf: { name: "scrypt" as const, N, r, p, salt: randomBytes(16).toString("hex") } };
      return seal(keys, head, await passphraseKey(source.passphrase, head.kdf));
    }
    case "kms": {
      const slotKey = randomBytes(keyBytes);
      const { keyId, wrapped } = await source.provider.wrap({ keyId: source.keyId, key: slotKey, encryptionContext: contextOf(common) }, options);
      return seal(keys, { ...common, kind: source.kind, kms: { keyId, wrappedKey: wrapped.toString("base64") } }, slotKey);
    }
    case "raw":
    case "recovery":
    case "none": {
      const head = { ...common, kind: source.kind };
      return seal(keys, head, derivedKey(source, keys.repositoryId));
    }
  }
}

/** The secret in a slot: the root or the role's keys. `undefined` where this source does not open it, or a single bit of it is another. */
export async function openSlot(slot: KeySlot, source: KeySource, options: CallOptions = {}): Promise<Buffer | undefined> {
  const bytes = Buffer.from(slot.wrapped, "base64");
  if (bytes.length !== nonceBytes + secretBytes(slot.role) + tagBytes) return undefined;
  const key = await slotKeyOf(slot, source, options);
  if (key?.length !== keyBytes) return undefined;
  const decipher = createDecipheriv("aes-256-gcm", key, bytes.subarray(0, nonceBytes), { authTagLength: tagBytes });
  decipher.setAAD(slotHeadBytes(slot));
  decipher.setAuthTag(bytes.subarray(-tagBytes));
  try {
    return Buffer.concat([decipher.update(bytes.subarray(nonceBytes, -tagBytes)), decipher.final()]);
  } catch {
    // A tag that does not fit is how GCM says "another key": the answer to this function's question, not a failure.
    return undefined;
  }
}

function seal(keys: KeyRing, head: SlotHead, key: Buffer): KeySlot {
  const nonce = randomBytes(nonceBytes);
  const cipher = createCipheriv("aes-256-gcm", key, nonce);
  cipher.setAAD(slotHeadBytes(head));
  const wrapped = Buffer.concat([nonce, cipher.update(keys.secretOf(head.role)), cipher.final(), cipher.getAuthTag()]);
  return signSlot(keys, { ...head, wrapped: wrapped.toString("base64") });
}

async function slotKeyOf(slot: KeySlot, source: KeySource, options: CallOptions): Promise<Buffer | undefined> {
  if (slot.kind === "passphrase") return source.kind === "passphrase" ? await passphraseKey(source.passphrase, slot.kdf) : undefined;
  if (slot.kind === "kms") {
    if (source.kind !== "kms") return undefined;
    return await source.provider.unwrap({ keyId: source.keyId, wrapped: Buffer.from(slot.kms.wrappedKey, "base64"), encryptionContext: contextOf(slot) }, options);
  }
  if (source.kind === "passphrase" || source.kind === "kms" || source.kind !== slot.kind) return undefined;
  return derivedKey(source, Buffer.from(slot.repositoryId, "hex"));
}

/** What KMS binds the slot's key to, and what a key policy can ask for. */
function contextOf({ repositoryId, role }: Pick<KeySlot, "repositoryId" | "role">): EncryptionContext {
  return { "holdfast:repository": repositoryId, "holdfast:role": role };
}

/** Keys that cannot be guessed need no slow derivation. */
function derivedKey(source: Extract<KeySource, { readonly kind: "raw" | "recovery" | "none" }>, repositoryId: Buffer): Buffer {
  switch (source.kind) {
    case "raw":
      return Buffer.from(hkdfSync("sha256", source.key, repositoryId, "holdfast/1 slot", keyBytes));
    case "recovery":
      return Buffer.from(hkdfSync("sha256", source.secret, repositoryId, "holdfast/1 recovery slot", keyBytes));
    case "none":
      // No secrecy is wanted, but the same format, its checks and its code.
      return Buffer.from(hkdfSync("sha256", Buffer.alloc(keyBytes), repositoryId, "holdfast/1 slot", keyBytes));
  }
}

async function passphraseKey(passphrase: string, { N, r, p, salt }: ScryptCost & { readonly salt: string }): Promise<Buffer> {
  return await scryptKey(passphrase.normalize("NFC"), Buffer.from(salt, "hex"), { N, r, p, maxmem: 256 * N * r + 2 ** 20 });
}

function scryptKey(passphrase: string, salt: Buffer, options: ScryptOptions): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    scrypt(passphrase, salt, keyBytes, options, (error, key) => {
      if (error) reject(error);
      else resolve(key);
    });
  });
}
