import type { RequestContext } from "../service.js";
import type { Permission } from "../wire/permission.js";

/** Operations about no one key: the account's own policies decide. */
const WITHOUT_KEY: readonly string[] = ["CreateKey", "ListKeys", "ListAliases"];

/** What a call of KMS needs. Whether it may be done with a key is judged where the key's policy is known. */
export function kmsPermissions(operation: string, input: Readonly<Record<string, unknown>>, { accountId, region }: RequestContext): Permission[] {
  const action = `kms:${operation}`;
  if (WITHOUT_KEY.includes(operation)) return [{ action, resource: "*" }];
  const arn = (name: string): string => (name.startsWith("arn:") ? name : `arn:aws:kms:${region}:${accountId}:${name.startsWith("alias/") ? name : `key/${name}`}`);
  const { AliasName: alias, KeyId: keyId } = input;
  // An alias is a resource of its own, beside its key.
  if (typeof alias === "string") return [{ action, resource: arn(alias) }];
  return [{ action, resource: typeof keyId === "string" ? arn(keyId) : "*", isJudgedByService: true }];
}
