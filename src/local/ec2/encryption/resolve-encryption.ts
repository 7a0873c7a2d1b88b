import type { Ec2Environment } from "../ec2-environment.js";
import { ec2Error, invalidCombination } from "../ec2-error.js";
import type { Scope } from "../scope.js";
import { encryptionSettings } from "./encryption-settings.js";
import { defaultKeyArn, keyArnOf } from "./kms-key.js";

interface EncryptionRequest {
  readonly encrypted: boolean | undefined;
  readonly kmsKeyId: string | undefined;
  /** The snapshot that is the source, if there is one. */
  readonly source?: { readonly encrypted: boolean; readonly kmsKeyId?: string | undefined } | undefined;
}

interface Encryption {
  readonly encrypted: boolean;
  /** The key's ARN. */
  readonly kmsKeyId?: string;
}

/**
 * Whether a new volume or copy is encrypted, and with which key.
 *
 * @see https://docs.aws.amazon.com/ebs/latest/userguide/ebs-encryption.html
 */
export function resolveEncryption(environment: Ec2Environment, scope: Scope, request: EncryptionRequest): Encryption {
  const { encrypted, kmsKeyId, source } = request;
  const settings = encryptionSettings(environment, scope);
  if (kmsKeyId !== undefined && encrypted !== true) {
    throw ec2Error("InvalidParameterDependency", "The parameter KmsKeyId requires the parameter Encrypted to be set.");
  }
  if (encrypted === false && source?.encrypted === true) {
    throw invalidCombination("The parameter Encrypted cannot be false where the snapshot is encrypted.");
  }
  if (encrypted !== true && !settings.isOnByDefault && source?.encrypted !== true) return { encrypted: false };
  if (kmsKeyId !== undefined) return { encrypted: true, kmsKeyId: keyArnOf(scope, kmsKeyId) };
  const own = settings.defaultKeyArn ?? defaultKeyArn(scope);
  // A volume goes on with its snapshot's key, as long as that key is the same account's: keys are not shared with snapshots here.
  const inherited = source?.kmsKeyId?.startsWith(`arn:aws:kms:${scope.region}:${scope.accountId}:`) === true ? source.kmsKeyId : undefined;
  return { encrypted: true, kmsKeyId: inherited ?? own };
}
