import type * as kms from "@aws-sdk/client-kms";
import type { RequestContext } from "../service.js";
import { assertNotPendingDeletion, findKeyByItself } from "./find-key.js";
import { authorizeByPolicy } from "./key-policy.js";
import { aliasArn } from "./key-record.js";
import { kmsError, violated } from "./kms-error.js";
import type { KmsStore } from "./kms-store.js";
import { ensureManagedKey } from "./managed-key.js";
import { takePage } from "./paging.js";

const ALIAS = /^alias\/[A-Za-z0-9/_-]{1,250}$/;

export async function createAlias(store: KmsStore, input: kms.CreateAliasRequest, context: RequestContext): Promise<void> {
  const { accountId, region } = context;
  const name = checkAliasName(input.AliasName);
  const owned = findKeyByItself(store, context, input.TargetKeyId);
  authorizeByPolicy(owned, "kms:CreateAlias", context);
  assertNotPendingDeletion(owned);
  const { aliases } = store.account(accountId);
  if (aliases.some((alias) => alias.name === name && alias.region === region)) {
    throw kmsError("AlreadyExistsException", `An alias with the name ${aliasArn(accountId, { region, name })} already exists`);
  }
  aliases.push({ name, region, keyId: owned.key.keyId, createdAt: context.clock.now().toISOString() });
  await store.save(accountId);
}

export async function deleteAlias(store: KmsStore, input: kms.DeleteAliasRequest, context: RequestContext): Promise<void> {
  const { accountId, region } = context;
  const name = checkAliasName(input.AliasName);
  const { aliases } = store.account(accountId);
  const index = aliases.findIndex((alias) => alias.name === name && alias.region === region);
  if (index < 0) throw kmsError("NotFoundException", `Alias ${aliasArn(accountId, { region, name })} is not found.`);
  aliases.splice(index, 1);
  await store.save(accountId);
}

export async function listAliases(store: KmsStore, input: kms.ListAliasesRequest, context: RequestContext): Promise<kms.ListAliasesResponse> {
  const { accountId, region } = context;
  store.sweep(accountId, context.clock.now());
  ensureManagedKey(store, context);
  await store.save(accountId);
  const keyId = input.KeyId === undefined ? undefined : findKeyByItself(store, context, input.KeyId).key.keyId;
  const aliases = store.account(accountId).aliases.filter((alias) => alias.region === region && (keyId === undefined || alias.keyId === keyId));
  const { items, ...page } = takePage(aliases, ({ name }) => name, input);
  return {
    Aliases: items.map((alias) => ({
      AliasName: alias.name,
      AliasArn: aliasArn(accountId, alias),
      TargetKeyId: alias.keyId,
      CreationDate: new Date(alias.createdAt),
      LastUpdatedDate: new Date(alias.createdAt),
    })),
    ...page,
  };
}

function checkAliasName(name = ""): string {
  if (name.startsWith("alias/aws/")) throw kmsError("InvalidAliasNameException", "Aliases that begin with alias/aws/ belong to AWS.");
  if (!name.startsWith("alias/")) throw kmsError("InvalidAliasNameException", "Alias must start with the prefix \"alias/\". Please see https://docs.aws.amazon.com/kms/latest/developerguide/kms-alias.html");
  if (!ALIAS.test(name)) throw violated("aliasName", "Member must satisfy regular expression pattern: ^[a-zA-Z0-9:/_-]+$");
  return name;
}
