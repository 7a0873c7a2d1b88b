import type { RequestContext } from "../service.js";
import { aliasArn, keyArn } from "./key-record.js";
import type { KeyRecord, OwnedKey } from "./key-record.js";
import { kmsError } from "./kms-error.js";
import type { KmsStore } from "./kms-store.js";
import { ensureManagedKey } from "./managed-key.js";

const KEY_ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const ARN = /^arn:aws:kms:([a-z0-9-]+):(\d{12}):(key\/(.+)|alias\/.+)$/;

/** The key that an id, an ARN, an alias or an alias's ARN names. */
export function findKey(store: KmsStore, context: RequestContext, name: string | undefined): OwnedKey {
  const given = name ?? "";
  const [, region, accountId, resource, keyId] = ARN.exec(given) ?? [];
  if (region === undefined || accountId === undefined || resource === undefined) {
    if (given.startsWith("alias/")) return byAlias(store, context, context.accountId, given);
    return byId(store, context, context.accountId, given);
  }
  if (region !== context.region) throw kmsError("NotFoundException", `Invalid arn ${region}`);
  return keyId === undefined ? byAlias(store, context, accountId, resource) : byId(store, context, accountId, keyId);
}

/** The same for operations that take no alias. */
export function findKeyByItself(store: KmsStore, context: RequestContext, name: string | undefined): OwnedKey {
  const given = name ?? "";
  if (given.startsWith("alias/")) throw kmsError("NotFoundException", `Invalid keyId '${given}'`);
  if (/:alias\//.test(given)) throw kmsError("InvalidArnException", `Invalid arn: ${given}`);
  const owned = findKey(store, context, given);
  if (owned.accountId !== context.accountId) throw kmsError("AccessDeniedException", `User: ${context.principalArn} is not authorized to manage ${given}: it belongs to another account`);
  return owned;
}

/** Raises unless the key can be used now. */
export function assertUsable(owned: OwnedKey): void {
  if (owned.key.state === "Disabled") throw kmsError("DisabledException", `${keyArn(owned)} is disabled.`);
  assertNotPendingDeletion(owned);
}

export function assertNotPendingDeletion(owned: OwnedKey): void {
  if (owned.key.state === "PendingDeletion") throw kmsError("KMSInvalidStateException", `${keyArn(owned)} is pending deletion.`);
}

function byId(store: KmsStore, context: RequestContext, accountId: string, keyId: string): OwnedKey {
  if (!KEY_ID.test(keyId)) throw kmsError("NotFoundException", `Invalid keyId '${keyId}'`);
  store.sweep(accountId, context.clock.now());
  const key = store.account(accountId).keys.get(keyId);
  if (key?.region === context.region) return { accountId, key };
  throw kmsError("NotFoundException", `Key 'arn:aws:kms:${context.region}:${accountId}:key/${keyId}' does not exist`);
}

function byAlias(store: KmsStore, context: RequestContext, accountId: string, name: string): OwnedKey {
  const { region } = context;
  store.sweep(accountId, context.clock.now());
  if (name === "alias/aws/ebs" && accountId === context.accountId) return { accountId, key: ensureManagedKey(store, context) };
  const alias = store.account(accountId).aliases.find((candidate) => candidate.name === name && candidate.region === region);
  const key: KeyRecord | undefined = alias === undefined ? undefined : store.account(accountId).keys.get(alias.keyId);
  if (key === undefined) throw kmsError("NotFoundException", `Alias ${aliasArn(accountId, { region, name })} is not found.`);
  return { accountId, key };
}
