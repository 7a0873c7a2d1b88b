import { decide, EVERYTHING } from "../policies/decide.js";
import type { Decision, Judgement } from "../policies/decide.js";
import { MalformedPolicy } from "../policies/malformed-policy.js";
import { Policy } from "../policies/policy.js";
import type { ReadKey } from "../policies/policy-request.js";
import type { RequestContext } from "../service.js";
import { becauseOf, refusal } from "../wire/authorizer.js";
import { requestKeys } from "../wire/request-keys.js";
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
  if (!mayShutOut && judge(changed, "kms:PutKeyPolicy", context, {}).decision !== "allowed") {
    throw kmsError("MalformedPolicyDocumentException", "The new key policy will not allow you to update the key policy in the future.");
  }
}

/** Raises `AccessDeniedException` unless the key's policy, and the caller's own where that leaves it to them, allow the call. */
export function authorizeByPolicy(owned: OwnedKey, action: string, context: RequestContext, encryptionContext: EncryptionContext = {}): void {
  const { decision, judgement } = judge(owned, action, context, encryptionContext);
  if (decision === "allowed") return;
  throw refusal("json", { arn: context.principalArn }, { action, resource: keyArn(owned) }, becauseOf(decision, judgement, action));
}

function judge(owned: OwnedKey, action: string, context: RequestContext, encryptionContext: EncryptionContext): { readonly decision: Decision; readonly judgement: Judgement } {
  const { accountId, principalArn: arn, caller } = context;
  const asked = { action, resource: keyArn(owned), read: requestKeys(context, keysOf(context, encryptionContext)) };
  const judgement = caller?.judge(asked) ?? EVERYTHING;
  const resource = parse(owned.key.policy).evaluateFor({ ...asked, principal: { accountId, arn, roleArn: caller?.principal.roleArn } });
  // Without the key's policy nobody may use it, not even by the policies of its own account.
  return { decision: decide({ judgement, resource, isSameAccount: accountId === owned.accountId, needsResourcePolicy: true }), judgement };
}

function keysOf(context: RequestContext, encryptionContext: EncryptionContext): ReadKey {
  const keys = new Map<string, readonly string[]>([
    ["kms:calleraccount", [context.accountId]],
    ["kms:encryptioncontextkeys", Object.keys(encryptionContext)],
    ...Object.entries(encryptionContext).map(([name, value]) => [`kms:encryptioncontext:${name.toLowerCase()}`, [value]] as const),
  ]);
  return (key) => keys.get(key);
}

// The policies of buckets and keys are of one kind: both say who may do what to the thing that they belong to.
function parse(policy: string): Policy {
  const known = compiled.get(policy);
  if (known !== undefined) return known;
  try {
    const parsed = Policy.parse(policy, "resource");
    if (compiled.size >= MAX_COMPILED) compiled.clear();
    compiled.set(policy, parsed);
    return parsed;
  } catch (error) {
    if (error instanceof MalformedPolicy) throw kmsError("MalformedPolicyDocumentException", error.message);
    throw error;
  }
}

const MAX_COMPILED = 256;
const compiled = new Map<string, Policy>();

/** The one policy that a key has. */
export function checkPolicyName(name: string | undefined): void {
  if (name !== undefined && name !== "default") throw violated("policyName", "The only valid name is default");
}
