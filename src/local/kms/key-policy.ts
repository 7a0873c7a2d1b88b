import { BucketPolicy } from "../s3/access/bucket-policy.js";
import { ServiceError } from "../service.js";
import type { RequestContext } from "../service.js";
import type { EncryptionContext } from "./encryption-context.js";
import { keyArn } from "./key-record.js";
import type { OwnedKey } from "./key-record.js";
import { kmsError, violated } from "./kms-error.js";

/** https://docs.aws.amazon.com/kms/latest/APIReference/API_PutKeyPolicy.html: 32 KiB. */
const MAX_POLICY_CHARACTERS = 32_768;

/** What a key gets where nothing else is asked for: its account decides by IAM. */
export function defaultPolicy(accountId: string): string {
  return policyOf("key-default-1", [
    { Sid: "Enable IAM User Permissions", Effect: "Allow", Principal: { AWS: `arn:aws:iam::${accountId}:root` }, Action: "kms:*", Resource: "*" },
  ]);
}

/** The policy of a key of AWS's own: everybody in the account may see it, and nobody may use it directly. */
export function managedPolicy(accountId: string): string {
  return policyOf("auto-ebs-2", [
    { Sid: "Allow direct access to key metadata to the account", Effect: "Allow", Principal: { AWS: `arn:aws:iam::${accountId}:root` }, Action: ["kms:DescribeKey", "kms:GetKeyPolicy", "kms:ListAliases", "kms:ListKeys", "kms:ListResourceTags"], Resource: "*" },
  ]);
}

function policyOf(id: string, statements: readonly object[]): string {
  return JSON.stringify({ Version: "2012-10-17", Id: id, Statement: statements }, undefined, 2);
}

/** Refuses a policy that cannot be read, or that would shut out who puts it. */
export function checkPolicy(policy: string, owned: OwnedKey, context: RequestContext, mayShutOut: boolean): void {
  if (policy.length > MAX_POLICY_CHARACTERS) throw kmsError("LimitExceededException", "The key policy is longer than 32 KB.");
  const changed = { ...owned, key: { ...owned.key, policy } };
  if (!mayShutOut && !isAllowed(changed, "kms:PutKeyPolicy", context, {})) {
    throw kmsError("MalformedPolicyDocumentException", "The new key policy will not allow you to update the key policy in the future.");
  }
}

/** Raises `AccessDeniedException` unless the key's policy allows the call. */
export function authorizeByPolicy(owned: OwnedKey, action: string, context: RequestContext, encryptionContext: EncryptionContext = {}): void {
  if (isAllowed(owned, action, context, encryptionContext)) return;
  throw kmsError("AccessDeniedException", `User: ${context.principalArn} is not authorized to perform: ${action} on resource: ${keyArn(owned)} because no resource-based policy allows the ${action} action`);
}

function isAllowed(owned: OwnedKey, action: string, context: RequestContext, encryptionContext: EncryptionContext): boolean {
  const conditionKeys = new Map([
    ["kms:calleraccount", context.accountId],
    ["aws:principalaccount", context.accountId],
    ["aws:principalarn", context.principalArn],
    ...Object.entries(encryptionContext).map(([name, value]) => [`kms:encryptioncontext:${name.toLowerCase()}`, value] as const),
  ]);
  const { accountId, principalArn } = context;
  return parse(owned.key.policy).evaluate({ accountId, principalArn, action, resourceArn: keyArn(owned), conditionKeys }) === "allow";
}

// The policies of buckets and keys are of one kind: both say who may do what to the thing that they belong to.
function parse(policy: string): BucketPolicy {
  try {
    return BucketPolicy.parse(policy);
  } catch (error) {
    if (error instanceof ServiceError) throw kmsError("MalformedPolicyDocumentException", error.message);
    throw error;
  }
}

/** The one policy that a key has. */
export function checkPolicyName(name: string | undefined): void {
  if (name !== undefined && name !== "default") throw violated("policyName", "The only valid name is default");
}
