import { createCipheriv, createDecipheriv, hkdfSync, randomBytes, scrypt, type ScryptOptions } from "node:crypto";
import { z } from "zod";
import { IntegrityError } from "../../errors/index.js";
import { canonicalJson } from "../format/canonical-json.js";
import type { EncryptionOptions } from "./encryption-options.js";
import { nonceBytes, tagBytes } from "./sealed-box.js";

const scryptSchema = z.strictObject({
  name: z.literal("scrypt"),
  // The upper bounds keep a hostile slot from eating the machine: at most 4 GiB is refused, 1 GiB is allowed.
  N: z.int().min(2).max(2 ** 20),
  r: z.int().min(1).max(32),
  p: z.int().min(1).max(16),
  salt: z.string().regex(/^[0-9a-f]{32,128}$/),
});

const slotSchema = z.strictObject({
  version: z.literal(1),
  slot: z.string().regex(/^[0-9a-f]{16}$/),
  repositoryId: z.string().regex(/^[0-9a-f]{32}$/),
  kind: z.enum(["passphrase", "raw", "none", "kms"]),
  role: z.string(),
  kdf: scryptSchema.optional(),
  wrapped: z.string().max(4096),
});

/** A wrapped root key as it is stored under `keys/`. */
export type KeySlot = z.infer<typeof slotSchema>;

/** OWASP's recommendation for scrypt: 128 MiB and about half a second. */
const scryptCost = { N: 2 ** 17, r: 8, p: 1 } as const;

export function decodeKeySlot(bytes: Buffer, name: string): KeySlot {
  try {
    return slotSchema.parse(JSON.parse(bytes.toString("utf8")));
  } catch (cause) {
    throw new IntegrityError(`The key slot ${name} is damaged. Open the repository with another slot's key, or restore this object.`, {
      code: "DamagedKeySlot",
      context: { object: name },
      cause,
    });
  }
}

/** Wraps `root` for one way of opening the repository. */
export async function wrapRoot(root: Buffer, repositoryId: Buffer, encryption: EncryptionOptions): Promise<KeySlot> {
  const kdf = isPassphrase(encryption) ? { name: "scrypt" as const, ...scryptCost, salt: randomBytes(16).toString("hex") } : undefined;
  const slot: Omit<KeySlot, "wrapped"> = {
    version: 1,
    slot: randomBytes(8).toString("hex"),
    repositoryId: repositoryId.toString("hex"),
    kind: slotKind(encryption),
    role: "owner",
    ...(kdf && { kdf }),
  };
  const nonce = randomBytes(nonceBytes);
  const cipher = createCipheriv("aes-256-gcm", await keyEncryptionKey(slot, encryption), nonce);
  cipher.setAAD(Buffer.from(canonicalJson(slot)));
  const wrapped = Buffer.concat([nonce, cipher.update(root), cipher.final(), cipher.getAuthTag()]);
  return { ...slot, wrapped: wrapped.toString("base64") };
}

/** The root, or `undefined` where this key does not open this slot. */
export async function unwrapRoot(slot: KeySlot, encryption: EncryptionOptions): Promise<Buffer | undefined> {
  if (slot.kind !== slotKind(encryption) || slot.role !== "owner") return undefined;
  const { wrapped, ...bound } = slot;
  const bytes = Buffer.from(wrapped, "base64");
  if (bytes.length !== nonceBytes + 32 + tagBytes) return undefined;
  const decipher = createDecipheriv("aes-256-gcm", await keyEncryptionKey(slot, encryption), bytes.subarray(0, nonceBytes), { authTagLength: tagBytes });
  decipher.setAAD(Buffer.from(canonicalJson(bound)));
  decipher.setAuthTag(bytes.subarray(-tagBytes));
  try {
    return Buffer.concat([decipher.update(bytes.subarray(nonceBytes, -tagBytes)), decipher.final()]);
  } catch {
    // A tag that does not fit is how GCM says "another key": the answer to this function's question, not a failure.
    return undefined;
  }
}

function isPassphrase(encryption: EncryptionOptions): encryption is { readonly passphrase: string } {
  return encryption !== "none" && "passphrase" in encryption;
}

function slotKind(encryption: EncryptionOptions): "passphrase" | "raw" | "none" {
  if (encryption === "none") return "none";
  return isPassphrase(encryption) ? "passphrase" : "raw";
}

async function keyEncryptionKey(slot: Omit<KeySlot, "wrapped">, encryption: EncryptionOptions): Promise<Buffer> {
  if (isPassphrase(encryption)) {
    if (slot.kdf === undefined) throw new IntegrityError(`Key slot ${slot.slot} has no key derivation parameters.`, { code: "DamagedKeySlot" });
    const { N, r, p, salt } = slot.kdf;
    return await scryptKey(encryption.passphrase.normalize("NFC"), Buffer.from(salt, "hex"), { N, r, p, maxmem: 256 * N * r });
  }
  const key = encryption === "none" ? Buffer.alloc(32) : encryption.key;
  return Buffer.from(hkdfSync("sha256", key, Buffer.from(slot.repositoryId, "hex"), "holdfast/1 slot", 32));
}

function scryptKey(passphrase: string, salt: Buffer, options: ScryptOptions): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    scrypt(passphrase, salt, 32, options, (error, key) => {
      if (error) reject(error);
      else resolve(key);
    });
  });
}
