import { createCipheriv, createDecipheriv, createPublicKey, diffieHellman, generateKeyPairSync, hkdfSync, randomBytes, type KeyObject } from "node:crypto";
import { IntegrityError } from "../../errors/index.js";

const publicKeyBytes = 32;
const nonceBytes = 12;
const tagBytes = 16;
const cipherKeyBytes = 32;
/** RFC 8410: what stands before an X25519 key in its DER forms. */
const publicPrefix = Buffer.from("302a300506032b656e032100", "hex");

/** A worker's key pair. The private key lives in the worker's memory and nowhere else. */
export interface WorkerKeyPair {
  /** 32 bytes: what the worker says in its hello. */
  readonly publicKey: Buffer;
  readonly privateKey: KeyObject;
}

export function createWorkerKeyPair(): WorkerKeyPair {
  const { publicKey, privateKey } = generateKeyPairSync("x25519");
  return { publicKey: rawPublicKey(publicKey), privateKey };
}

/** Seals secrets to a worker's public key, bound to the name of the object that they go in (docs/workers.md, section 5). */
export function sealEnvelope(workerKey: Buffer, name: string, plain: Uint8Array): Buffer {
  const ephemeral = generateKeyPairSync("x25519");
  const own = rawPublicKey(ephemeral.publicKey);
  const key = envelopeKey(ephemeral.privateKey, publicKeyOf(workerKey), own, workerKey);
  const nonce = randomBytes(nonceBytes);
  const cipher = createCipheriv("aes-256-gcm", key, nonce);
  cipher.setAAD(Buffer.from(name, "utf8"));
  return Buffer.concat([own, nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}

/** Opens what was sealed to this very key pair, under this very name; `IntegrityError` (`DamagedOrder`) otherwise. */
export function openEnvelope(keys: WorkerKeyPair, name: string, envelope: Buffer): Buffer {
  if (envelope.length < publicKeyBytes + nonceBytes + tagBytes) throw damaged(name);
  const ephemeral = envelope.subarray(0, publicKeyBytes);
  try {
    const key = envelopeKey(keys.privateKey, publicKeyOf(ephemeral), ephemeral, keys.publicKey);
    const decipher = createDecipheriv("aes-256-gcm", key, envelope.subarray(publicKeyBytes, publicKeyBytes + nonceBytes), { authTagLength: tagBytes });
    decipher.setAAD(Buffer.from(name, "utf8"));
    decipher.setAuthTag(envelope.subarray(-tagBytes));
    return Buffer.concat([decipher.update(envelope.subarray(publicKeyBytes + nonceBytes, -tagBytes)), decipher.final()]);
  } catch (cause) {
    throw damaged(name, cause);
  }
}

function envelopeKey(privateKey: KeyObject, publicKey: KeyObject, ephemeral: Buffer, worker: Buffer): Buffer {
  const shared = diffieHellman({ privateKey, publicKey });
  return Buffer.from(hkdfSync("sha256", shared, Buffer.concat([ephemeral, worker]), "holdfast/1 order", cipherKeyBytes));
}

function publicKeyOf(raw: Buffer): KeyObject {
  return createPublicKey({ key: Buffer.concat([publicPrefix, raw]), format: "der", type: "spki" });
}

function rawPublicKey(key: KeyObject): Buffer {
  return key.export({ format: "der", type: "spki" }).subarray(-publicKeyBytes);
}

function damaged(name: string, cause?: unknown): IntegrityError {
  return new IntegrityError(`The secrets in ${name} cannot be opened: they are damaged, forged, or for another worker. Nothing was begun. Run it again; if it stays so, find out who else writes to the configuration bucket.`, { code: "DamagedOrder", context: { object: name }, cause });
}
