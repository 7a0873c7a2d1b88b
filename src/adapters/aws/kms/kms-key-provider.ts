import { inspect } from "node:util";
import { NotFoundError, ProviderError, type HoldfastError } from "../../../errors/index.js";
import { optionError } from "../../../options/option-error.js";
import type { CallOptions, KeyProvider, UnwrapKeyRequest, WrapKeyRequest, WrappedKey } from "../../../ports/index.js";
import type { AwsCall, AwsCalls } from "../aws-calls.js";
import { describeAwsFailure, type AwsFailure } from "../aws-failure.js";
import type { KmsPackage } from "../clients/aws-packages.js";
import type { LazyClient } from "../clients/lazy-client.js";

export interface KmsKeyProviderOptions {
  /** The region of keys that are named without one. */
  readonly region: string;
  readonly calls: AwsCalls;
  readonly client: (region: string) => LazyClient<KmsPackage>;
}

/** What KMS says of a ciphertext that the named key did not make with this context, or that is no ciphertext. */
const notItsOwn = new Set(["InvalidCiphertextException", "IncorrectKeyException"]);

/** Wraps keys by KMS. A key that is named by its ARN is called in the ARN's region. */
export class KmsKeyProvider implements KeyProvider {
  readonly #options: KmsKeyProviderOptions;

  constructor(options: KmsKeyProviderOptions) {
    this.#options = options;
  }

  async wrap({ keyId, key, encryptionContext }: WrapKeyRequest, { signal }: CallOptions = {}): Promise<WrappedKey> {
    const { calls, client } = this.#options;
    const call = this.#call("Encrypt", keyId, signal);
    const kms = client(call.region);
    const { CiphertextBlob: wrapped, KeyId: arn } = await calls.run({ ...call, client: kms }, ({ signal: abortSignal }) =>
      kms.send((aws) => new aws.EncryptCommand({ KeyId: keyId, Plaintext: key, EncryptionContext: { ...encryptionContext } }), { abortSignal }),
    );
    if (wrapped === undefined || arn === undefined) throw noAnswer(call);
    return { keyId: arn, wrapped: Buffer.from(wrapped) };
  }

  async unwrap({ keyId, wrapped, encryptionContext }: UnwrapKeyRequest, { signal }: CallOptions = {}): Promise<Buffer | undefined> {
    const { calls, client } = this.#options;
    const call = this.#call("Decrypt", keyId, signal);
    const kms = client(call.region);
    return await calls.run({ ...call, client: kms }, async ({ signal: abortSignal }) => {
      try {
        const { Plaintext: key } = await kms.send((aws) => new aws.DecryptCommand({ KeyId: keyId, CiphertextBlob: wrapped, EncryptionContext: { ...encryptionContext } }), { abortSignal });
        if (key === undefined) throw noAnswer(call);
        return Buffer.from(key);
      } catch (error) {
        if (notItsOwn.has(describeAwsFailure(error)?.code ?? "")) return undefined;
        throw error;
      }
    });
  }

  #call(operation: "Encrypt" | "Decrypt", keyId: string, signal: AbortSignal | undefined): AwsCall {
    const region = /^arn:[a-z-]+:kms:([a-z0-9-]+):/.exec(keyId)?.[1] ?? this.#options.region;
    return {
      service: "kms",
      operation,
      region,
      resource: keyId,
      deniedHint: "the key's own policy must allow it too, and its conditions on the encryption context must fit",
      signal,
      translate: (failure) => refusalOf(failure, keyId, region, operation),
    };
  }

  /** How it prints: its region. */
  [inspect.custom](): string {
    return `KmsKeyProvider in ${this.#options.region}`;
  }
}

function refusalOf({ code, message, requestId }: AwsFailure, keyId: string, region: string, operation: string): HoldfastError | undefined {
  const context = { kmsKeyId: keyId, region };
  const provider = { service: "kms", operation, requestId, awsCode: code, context };
  switch (code) {
    case "NotFoundException":
      return new NotFoundError(`There is no KMS key ${keyId} in ${region} for these credentials: check the key, the region and the account; name a key of another region by its ARN.`, { code: "KeyNotFound", context });
    case "DisabledException":
      return new ProviderError(`The KMS key ${keyId} in ${region} is disabled: enable it (aws kms enable-key), or use another of the repository's key slots.`, { ...provider, code: "KeyDisabled" });
    case "KMSInvalidStateException":
    case "KeyUnavailableException":
    case "InvalidKeyUsageException":
      return new ProviderError(`The KMS key ${keyId} in ${region} cannot be used: ${message.slice(0, 300)} If its deletion is pending, cancel that (aws kms cancel-key-deletion) and enable it.`, { ...provider, code: "KeyUnusable" });
    case "ValidationException":
    case "InvalidArnException":
      return optionError("kmsKeyId", `KMS takes ${keyId} for no key: ${message.slice(0, 300)} Give a key's id, its ARN or an alias.`, { context });
    default:
      return undefined;
  }
}

function noAnswer({ operation, region }: AwsCall): ProviderError {
  return new ProviderError(`kms:${operation} answered without what was asked for: the endpoint does not speak KMS as AWS does.`, { code: "InvalidAnswer", service: "kms", operation, context: { region } });
}
