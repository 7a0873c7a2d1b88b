import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import type { KeyRecord } from "./key-record.js";

const MAGIC = Buffer.from([0x01, 0x48, 0x46, 0x4b]);
const KEY_ID_BYTES = 36;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const HEADER_BYTES = MAGIC.length + KEY_ID_BYTES;
const CIPHER = "aes-256-gcm";

/** A ciphertext names its key, and binds the encryption context and the key without holding them: `magic ‖ key id ‖ nonce ‖ ciphertext ‖ tag`. */
export function encryptWith(key: KeyRecord, plain: Uint8Array, context: Uint8Array): Buffer {
  const header = Buffer.concat([MAGIC, Buffer.from(key.keyId, "ascii")]);
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(CIPHER, Buffer.from(key.material, "base64"), nonce);
  cipher.setAAD(Buffer.concat([header, context]));
  return Buffer.concat([header, nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}

/** The id of the key that made a ciphertext; undefined where it is none. */
export function keyIdOf(ciphertext: Uint8Array): string | undefined {
  const bytes = Buffer.from(ciphertext);
  if (bytes.length < HEADER_BYTES + NONCE_BYTES + TAG_BYTES || !bytes.subarray(0, MAGIC.length).equals(MAGIC)) return undefined;
  return bytes.subarray(MAGIC.length, HEADER_BYTES).toString("latin1");
}

/** What was encrypted; undefined where the key, the context or a single bit is another. */
export function decryptWith(key: KeyRecord, ciphertext: Uint8Array, context: Uint8Array): Buffer | undefined {
  const bytes = Buffer.from(ciphertext);
  const body = bytes.subarray(HEADER_BYTES);
  const decipher = createDecipheriv(CIPHER, Buffer.from(key.material, "base64"), body.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES });
  decipher.setAAD(Buffer.concat([bytes.subarray(0, HEADER_BYTES), context]));
  decipher.setAuthTag(body.subarray(-TAG_BYTES));
  try {
    return Buffer.concat([decipher.update(body.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()]);
  } catch {
    // GCM says only that the tag does not fit.
    return undefined;
  }
}
