import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { ProviderError } from "../../src/errors/index.js";
import type { KeyProvider, UnwrapKeyRequest, WrapKeyRequest, WrappedKey } from "../../src/ports/index.js";

/** Master keys in memory; `disabled` ones refuse, and every call is counted. */
export class MemoryKeyProvider implements KeyProvider {
  readonly disabled = new Set<string>();
  calls = 0;
  readonly #keys = new Map<string, Buffer>();

  async wrap({ keyId, key, encryptionContext }: WrapKeyRequest): Promise<WrappedKey> {
    const nonce = randomBytes(12);
    const cipher = createCipheriv("aes-256-gcm", this.#use(keyId), nonce);
    cipher.setAAD(Buffer.from(JSON.stringify(encryptionContext)));
    return { keyId, wrapped: Buffer.concat([nonce, cipher.update(key), cipher.final(), cipher.getAuthTag()]) };
  }

  async unwrap({ keyId, wrapped, encryptionContext }: UnwrapKeyRequest): Promise<Buffer | undefined> {
    const bytes = Buffer.from(wrapped);
    const decipher = createDecipheriv("aes-256-gcm", this.#use(keyId), bytes.subarray(0, 12), { authTagLength: 16 });
    try {
      decipher.setAAD(Buffer.from(JSON.stringify(encryptionContext)));
      decipher.setAuthTag(bytes.subarray(-16));
      return Buffer.concat([decipher.update(bytes.subarray(12, -16)), decipher.final()]);
    } catch {
      return undefined;
    }
  }

  #use(keyId: string): Buffer {
    this.calls += 1;
    if (this.disabled.has(keyId)) throw new ProviderError(`${keyId} is disabled.`, { code: "KeyDisabled", service: "kms", operation: "Decrypt" });
    const known = this.#keys.get(keyId) ?? randomBytes(32);
    this.#keys.set(keyId, known);
    return known;
  }
}
