import type * as kms from "@aws-sdk/client-kms";
import { randomBytes, randomUUID } from "node:crypto";
import type { RequestContext } from "../service.js";
import { assertNotPendingDeletion, findKey, findKeyByItself } from "./find-key.js";
import { authorizeByPolicy, checkPolicy, checkPolicyName, defaultPolicy } from "./key-policy.js";
import { keyArn } from "./key-record.js";
import type { KeyRecord, OwnedKey } from "./key-record.js";
import { kmsError, violated } from "./kms-error.js";
import type { KmsStore } from "./kms-store.js";
import { takePage } from "./paging.js";

const MAX_DESCRIPTION_CHARACTERS = 8192;
const MAX_TAGS = 50;
const SHORTEST_WINDOW_DAYS = 7;
const LONGEST_WINDOW_DAYS = 30;
const DAY_MS = 86_400_000;

/** https://docs.aws.amazon.com/kms/latest/APIReference/API_CreateKey.html: symmetric keys of KMS's own making, in one region. */
export async function createKey(store: KmsStore, input: kms.CreateKeyRequest, context: RequestContext): Promise<kms.CreateKeyResponse> {
  const { accountId, region } = context;
  const { Description: description = "", KeySpec: spec = "SYMMETRIC_DEFAULT", KeyUsage: usage = "ENCRYPT_DECRYPT", Origin: origin = "AWS_KMS" } = input;
  const isElsewhere = input.MultiRegion === true || input.CustomKeyStoreId !== undefined || input.XksKeyId !== undefined;
  // KeySpec by its former name: what is not looked at is not accepted.
  if (spec !== "SYMMETRIC_DEFAULT" || usage !== "ENCRYPT_DECRYPT" || origin !== "AWS_KMS" || isElsewhere || Object.hasOwn(input, "CustomerMasterKeySpec")) {
    throw kmsError("UnsupportedOperationException", "The local cloud has symmetric keys for encryption, of KMS's own material, in one region.");
  }
  if (description.length > MAX_DESCRIPTION_CHARACTERS) throw violated("description", "Member must have length less than or equal to 8192");
  const key: KeyRecord = {
    keyId: randomUUID(),
    region,
    createdAt: context.clock.now().toISOString(),
    description,
    material: randomBytes(32).toString("base64"),
    manager: "CUSTOMER",
    tags: tagsOf(input.Tags),
    policy: input.Policy ?? defaultPolicy(accountId),
    state: "Enabled",
    deletionAt: undefined,
  };
  const owned = { accountId, key };
  checkPolicy(key.policy, owned, context, input.BypassPolicyLockoutSafetyCheck === true);
  store.account(accountId).keys.set(key.keyId, key);
  await store.save(accountId);
  return { KeyMetadata: describe(owned) };
}

function tagsOf(tags: readonly kms.Tag[] = []): Readonly<Record<string, string>> {
  if (tags.length > MAX_TAGS || new Set(tags.map(({ TagKey }) => TagKey)).size < tags.length) throw kmsError("TagException", "There are more than 50 tags, or two with the same key.");
  for (const { TagKey: key = "" } of tags) if (key === "" || key.length > 128 || key.startsWith("aws:")) throw kmsError("TagException", "A tag's key is not valid.");
  return Object.fromEntries(tags.map(({ TagKey = "", TagValue = "" }) => [TagKey, TagValue]));
}

export async function describeKey(store: KmsStore, input: kms.DescribeKeyRequest, context: RequestContext): Promise<kms.DescribeKeyResponse> {
  const owned = findKey(store, context, input.KeyId);
  authorizeByPolicy(owned, "kms:DescribeKey", context);
  // Looking at the account's own key for EBS may have made it.
  if (owned.key.manager === "AWS") await store.save(owned.accountId);
  return { KeyMetadata: describe(owned) };
}

export function listKeys(store: KmsStore, input: kms.ListKeysRequest, context: RequestContext): kms.ListKeysResponse {
  const { accountId, region } = context;
  store.sweep(accountId, context.clock.now());
  const keys = [...store.account(accountId).keys.values()].filter((key) => key.region === region);
  const { items, ...page } = takePage(keys, ({ keyId }) => keyId, input);
  return { Keys: items.map((key) => ({ KeyId: key.keyId, KeyArn: keyArn({ accountId, key }) })), ...page };
}

export async function enableKey(store: KmsStore, input: kms.EnableKeyRequest, context: RequestContext): Promise<void> {
  await setState(store, "kms:EnableKey", "Enabled", input.KeyId, context);
}

export async function disableKey(store: KmsStore, input: kms.DisableKeyRequest, context: RequestContext): Promise<void> {
  await setState(store, "kms:DisableKey", "Disabled", input.KeyId, context);
}

async function setState(store: KmsStore, action: string, state: "Enabled" | "Disabled", keyId: string | undefined, context: RequestContext): Promise<void> {
  const owned = findKeyByItself(store, context, keyId);
  authorizeByPolicy(owned, action, context);
  assertNotPendingDeletion(owned);
  owned.key.state = state;
  await store.save(owned.accountId);
}

export async function scheduleKeyDeletion(store: KmsStore, input: kms.ScheduleKeyDeletionRequest, context: RequestContext): Promise<kms.ScheduleKeyDeletionResponse> {
  const owned = findKeyByItself(store, context, input.KeyId);
  authorizeByPolicy(owned, "kms:ScheduleKeyDeletion", context);
  assertNotPendingDeletion(owned);
  const days = input.PendingWindowInDays ?? LONGEST_WINDOW_DAYS;
  if (!Number.isInteger(days) || days < SHORTEST_WINDOW_DAYS || days > LONGEST_WINDOW_DAYS) throw violated("pendingWindowInDays", "Member must be from 7 to 30");
  const deletionAt = new Date(context.clock.now().getTime() + days * DAY_MS);
  owned.key.state = "PendingDeletion";
  owned.key.deletionAt = deletionAt.toISOString();
  await store.save(owned.accountId);
  return { KeyId: keyArn(owned), DeletionDate: deletionAt, KeyState: "PendingDeletion", PendingWindowInDays: days };
}

/** A key whose deletion is cancelled is disabled, until it is enabled again. */
export async function cancelKeyDeletion(store: KmsStore, input: kms.CancelKeyDeletionRequest, context: RequestContext): Promise<kms.CancelKeyDeletionResponse> {
  const owned = findKeyByItself(store, context, input.KeyId);
  authorizeByPolicy(owned, "kms:CancelKeyDeletion", context);
  if (owned.key.state !== "PendingDeletion") throw kmsError("KMSInvalidStateException", `${keyArn(owned)} is not pending deletion.`);
  owned.key.state = "Disabled";
  owned.key.deletionAt = undefined;
  await store.save(owned.accountId);
  return { KeyId: keyArn(owned) };
}

export function getKeyPolicy(store: KmsStore, input: kms.GetKeyPolicyRequest, context: RequestContext): kms.GetKeyPolicyResponse {
  const owned = findKeyByItself(store, context, input.KeyId);
  checkPolicyName(input.PolicyName);
  authorizeByPolicy(owned, "kms:GetKeyPolicy", context);
  return { Policy: owned.key.policy, PolicyName: "default" };
}

export async function putKeyPolicy(store: KmsStore, input: kms.PutKeyPolicyRequest, context: RequestContext): Promise<void> {
  const owned = findKeyByItself(store, context, input.KeyId);
  checkPolicyName(input.PolicyName);
  authorizeByPolicy(owned, "kms:PutKeyPolicy", context);
  const policy = input.Policy ?? "";
  checkPolicy(policy, owned, context, input.BypassPolicyLockoutSafetyCheck === true);
  owned.key.policy = policy;
  await store.save(owned.accountId);
}

function describe(owned: OwnedKey): kms.KeyMetadata {
  const { key, accountId } = owned;
  return {
    AWSAccountId: accountId,
    KeyId: key.keyId,
    Arn: keyArn(owned),
    CreationDate: new Date(key.createdAt),
    Enabled: key.state === "Enabled",
    Description: key.description,
    KeyUsage: "ENCRYPT_DECRYPT",
    KeyState: key.state,
    DeletionDate: key.deletionAt === undefined ? undefined : new Date(key.deletionAt),
    Origin: "AWS_KMS",
    KeyManager: key.manager,
    KeySpec: "SYMMETRIC_DEFAULT",
    EncryptionAlgorithms: ["SYMMETRIC_DEFAULT"],
    MultiRegion: false,
  };
}
