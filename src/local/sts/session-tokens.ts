import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import type { Credential, Principal } from "../wire/principal.js";

const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const CIPHER = "aes-256-gcm";

interface Sealed {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly expiresAt: string;
  readonly principal: Principal;
}

/**
 * Session tokens that carry their own credentials, sealed with the cloud's key.
 *
 * So temporary credentials hold after a restart, and nothing has to be kept or collected for them.
 */
export class SessionTokens {
  readonly #key: Buffer;

  constructor(key: Buffer) {
    this.#key = key;
  }

  seal(credential: Required<Credential>): string {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv(CIPHER, this.#key, nonce);
    const sealed: Sealed = { ...credential, expiresAt: credential.expiresAt.toISOString() };
    const text = Buffer.concat([cipher.update(JSON.stringify(sealed), "utf8"), cipher.final()]);
    return Buffer.concat([nonce, cipher.getAuthTag(), text]).toString("base64");
  }

  /** The credentials in a token; undefined for a token that this cloud has not made. */
  open(token: string): Credential | undefined {
    const bytes = Buffer.from(token, "base64");
    if (bytes.length <= NONCE_BYTES + TAG_BYTES) return undefined;
    const decipher = createDecipheriv(CIPHER, this.#key, bytes.subarray(0, NONCE_BYTES));
    decipher.setAuthTag(bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
    let text: string;
    try {
      text = Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES + TAG_BYTES)), decipher.final()]).toString("utf8");
    } catch {
      // GCM says only that the tag does not fit: the token is another's, or it was changed.
      return undefined;
    }
    const sealed = JSON.parse(text) as Sealed;
    return { ...sealed, expiresAt: new Date(sealed.expiresAt) };
  }
}
