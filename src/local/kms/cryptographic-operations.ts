import type * as kms from "@aws-sdk/client-kms";
import { randomBytes } from "node:crypto";
import type { RequestContext } from "../service.js";
import { decryptWith, encryptWith, keyIdOf } from "./ciphertext.js";
import { contextBytes } from "./encryption-context.js";
import type { EncryptionContext } from "./encryption-context.js";
import { assertUsable, findKey } from "./find-key.js";
import { authorizeByPolicy } from "./key-policy.js";
import { keyArn } from "./key-record.js";
import type { OwnedKey } from "./key-record.js";
import { kmsError, violated } from "./kms-error.js";
import type { KmsStore } from "./kms-store.js";

/** https://docs.aws.amazon.com/kms/latest/APIReference/API_Encrypt.html: what KMS encrypts itself is small. */
const MAX_PLAINTEXT_BYTES = 4096;
const MAX_CIPHERTEXT_BYTES = 6144;
const MAX_DATA_KEY_BYTES = 1024;
const ALGORITHM = "SYMMETRIC_DEFAULT";

export function encrypt(store: KmsStore, input: kms.EncryptRequest, context: RequestContext): kms.EncryptResponse {
  const plain = checkSize("plaintext", input.Plaintext, MAX_PLAINTEXT_BYTES);
  checkAlgorithm(input.EncryptionAlgorithm);
  const owned = useKey(store, input.KeyId, "kms:Encrypt", context, input.EncryptionContext);
  checkDryRun(input.DryRun);
  return { CiphertextBlob: encryptWith(owned.key, plain, contextBytes(input.EncryptionContext)), KeyId: keyArn(owned), EncryptionAlgorithm: ALGORITHM };
}

export function decrypt(store: KmsStore, input: kms.DecryptRequest, context: RequestContext): kms.DecryptResponse {
  checkAlgorithm(input.EncryptionAlgorithm);
  if (input.Recipient !== undefined) throw kmsError("UnsupportedOperationException", "The local cloud has no enclaves.");
  const { owned, plain } = open(store, { ciphertext: input.CiphertextBlob, keyId: input.KeyId, encryptionContext: input.EncryptionContext, action: "kms:Decrypt", isDryRun: input.DryRun }, context);
  return { Plaintext: plain, KeyId: keyArn(owned), EncryptionAlgorithm: ALGORITHM };
}

export function generateDataKey(store: KmsStore, input: kms.GenerateDataKeyRequest, context: RequestContext): kms.GenerateDataKeyResponse {
  if (input.Recipient !== undefined) throw kmsError("UnsupportedOperationException", "The local cloud has no enclaves.");
  const size = dataKeySize(input);
  const owned = useKey(store, input.KeyId, "kms:GenerateDataKey", context, input.EncryptionContext);
  checkDryRun(input.DryRun);
  const plain = randomBytes(size);
  return { CiphertextBlob: encryptWith(owned.key, plain, contextBytes(input.EncryptionContext)), Plaintext: plain, KeyId: keyArn(owned) };
}

export function generateDataKeyWithoutPlaintext(store: KmsStore, input: kms.GenerateDataKeyWithoutPlaintextRequest, context: RequestContext): kms.GenerateDataKeyWithoutPlaintextResponse {
  const size = dataKeySize(input);
  const owned = useKey(store, input.KeyId, "kms:GenerateDataKeyWithoutPlaintext", context, input.EncryptionContext);
  checkDryRun(input.DryRun);
  return { CiphertextBlob: encryptWith(owned.key, randomBytes(size), contextBytes(input.EncryptionContext)), KeyId: keyArn(owned) };
}

export function reEncrypt(store: KmsStore, input: kms.ReEncryptRequest, context: RequestContext): kms.ReEncryptResponse {
  checkAlgorithm(input.SourceEncryptionAlgorithm);
  checkAlgorithm(input.DestinationEncryptionAlgorithm);
  const source = { ciphertext: input.CiphertextBlob, keyId: input.SourceKeyId, encryptionContext: input.SourceEncryptionContext, action: "kms:ReEncryptFrom", isDryRun: false };
  const { owned: from, plain } = open(store, source, context);
  const to = useKey(store, input.DestinationKeyId, "kms:ReEncryptTo", context, input.DestinationEncryptionContext);
  checkDryRun(input.DryRun);
  return {
    CiphertextBlob: encryptWith(to.key, plain, contextBytes(input.DestinationEncryptionContext)),
    SourceKeyId: keyArn(from),
    KeyId: keyArn(to),
    SourceEncryptionAlgorithm: ALGORITHM,
    DestinationEncryptionAlgorithm: ALGORITHM,
  };
}

interface Opening {
  readonly ciphertext: Uint8Array | undefined;
  readonly keyId: string | undefined;
  readonly encryptionContext: EncryptionContext | undefined;
  readonly action: string;
  readonly isDryRun: boolean | undefined;
}

/** Opens a ciphertext with the key that it names, which must be the one that the caller names, if he does. */
function open(store: KmsStore, opening: Opening, context: RequestContext): { readonly owned: OwnedKey; readonly plain: Buffer } {
  const { keyId, encryptionContext, action } = opening;
  const ciphertext = checkSize("ciphertextBlob", opening.ciphertext, MAX_CIPHERTEXT_BYTES);
  const named = keyId === undefined ? undefined : useKey(store, keyId, action, context, encryptionContext);
  const madeWith = keyIdOf(ciphertext);
  if (madeWith === undefined) throw invalidCiphertext();
  if (named !== undefined && named.key.keyId !== madeWith) {
    throw kmsError("IncorrectKeyException", "The key ID in the request does not identify a CMK that can perform this operation.");
  }
  const owned = named ?? findMaker(store, madeWith, context);
  if (named === undefined) {
    authorizeByPolicy(owned, action, context, encryptionContext);
    assertUsable(owned);
  }
  checkDryRun(opening.isDryRun);
  const plain = decryptWith(owned.key, ciphertext, contextBytes(encryptionContext));
  if (plain === undefined) throw invalidCiphertext();
  return { owned, plain };
}

/** A key of another region, another account or none are all the same to who asks by a ciphertext. */
function findMaker(store: KmsStore, keyId: string, context: RequestContext): OwnedKey {
  const { accountId, region } = context;
  store.sweep(accountId, context.clock.now());
  const key = store.account(accountId).keys.get(keyId);
  if (key?.region === region) return { accountId, key };
  throw kmsError("AccessDeniedException", "The ciphertext refers to a customer master key that does not exist, does not exist in this region, or you are not allowed to access.");
}

function useKey(store: KmsStore, keyId: string | undefined, action: string, context: RequestContext, encryptionContext: EncryptionContext | undefined): OwnedKey {
  const owned = findKey(store, context, keyId);
  authorizeByPolicy(owned, action, context, encryptionContext);
  assertUsable(owned);
  return owned;
}

function dataKeySize({ KeySpec: spec, NumberOfBytes: bytes }: { readonly KeySpec?: kms.DataKeySpec | undefined; readonly NumberOfBytes?: number | undefined }): number {
  if ((spec === undefined) === (bytes === undefined)) throw kmsError("ValidationException", "Please specify either number of bytes or key spec.");
  if (spec !== undefined) {
    const size = new Map<string, number>([["AES_128", 16], ["AES_256", 32]]).get(spec);
    if (size === undefined) throw violated("keySpec", "Member must satisfy enum value set: [AES_128, AES_256]");
    return size;
  }
  if (bytes === undefined || !Number.isInteger(bytes) || bytes < 1 || bytes > MAX_DATA_KEY_BYTES) throw violated("numberOfBytes", "Member must be from 1 to 1024");
  return bytes;
}

function checkSize(member: string, bytes: Uint8Array | undefined, maxBytes: number): Uint8Array {
  if (bytes === undefined || bytes.length < 1) throw violated(member, "Member must have length greater than or equal to 1");
  if (bytes.length > maxBytes) throw violated(member, `Member must have length less than or equal to ${maxBytes}`);
  return bytes;
}

function checkAlgorithm(algorithm: string | undefined): void {
  if (algorithm !== undefined && algorithm !== ALGORITHM) throw kmsError("InvalidKeyUsageException", `The key does not support ${algorithm}.`);
}

function checkDryRun(isDryRun: boolean | undefined): void {
  if (isDryRun === true) throw kmsError("DryRunOperationException", "The request would have succeeded, but the DryRun option is set.");
}

function invalidCiphertext(): Error {
  // KMS says nothing more: what is wrong with it is nobody's business.
  return kmsError("InvalidCiphertextException", "");
}
