import { createCipheriv, createDecipheriv, createHmac, randomBytes } from "node:crypto";
import { IntegrityError } from "../../errors/index.js";
import { damageRemedy } from "../store/damage-errors.js";

export const nonceBytes = 12;
export const tagBytes = 16;

/** What a sealed piece is bound to: the repository, the object's name, the piece's kind and its plain header. */
export interface SealContext {
  readonly key: Buffer;
  readonly repositoryId: Buffer;
  readonly name: string;
  readonly label: string;
  readonly header?: Uint8Array | undefined;
}

/** Seals `plain` as `nonce ‖ ciphertext ‖ tag` (docs/repository-format.md, section 2). */
export function seal(context: SealContext, plain: Uint8Array): Buffer {
  const nonce = randomBytes(nonceBytes);
  const cipher = createCipheriv("aes-256-gcm", objectKey(context), nonce);
  cipher.setAAD(additionalData(context));
  return Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}

/** Opens what `seal` made; raises `IntegrityError` where a single bit, the name or the header is another. */
export function unseal(context: SealContext, sealed: Buffer): Buffer {
  if (sealed.length < nonceBytes + tagBytes) throw damaged(context, "it is cut short");
  const decipher = createDecipheriv("aes-256-gcm", objectKey(context), sealed.subarray(0, nonceBytes), { authTagLength: tagBytes });
  decipher.setAAD(additionalData(context));
  decipher.setAuthTag(sealed.subarray(sealed.length - tagBytes));
  try {
    return Buffer.concat([decipher.update(sealed.subarray(nonceBytes, sealed.length - tagBytes)), decipher.final()]);
  } catch (cause) {
    throw damaged(context, "its authentication tag does not fit", cause);
  }
}

function objectKey(context: SealContext): Buffer {
  return createHmac("sha256", context.key).update(context.name, "utf8").digest();
}

function additionalData(context: SealContext): Buffer {
  return Buffer.concat([context.repositoryId, Buffer.from(`${context.label}\0`, "utf8"), context.header ?? Buffer.alloc(0)]);
}

function damaged(context: SealContext, why: string, cause?: unknown): IntegrityError {
  return new IntegrityError(`The ${context.label} in ${context.name} is damaged or forged: ${why}. Nothing of it was used.${damageRemedy}`, {
    code: "DamagedObject",
    context: { object: context.name, part: context.label },
    cause,
  });
}
