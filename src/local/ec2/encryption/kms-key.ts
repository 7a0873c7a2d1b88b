import { createHash } from "node:crypto";
import { ec2Error } from "../ec2-error.js";
import type { Scope } from "../scope.js";

const KEY_ID = /^(mrk-[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$/;
const ALIAS = /^alias\/[\w/-]{1,249}$/;
const ARN = /^arn:aws:kms:([a-z0-9-]+):(\d{12}):(key\/(.+)|alias\/.+)$/;

/** The key with which an account encrypts where it names none. */
export function defaultKeyArn(scope: Scope): string {
  return aliasedKeyArn(scope, "alias/aws/ebs");
}

/** The ARN of the key that an id, an alias or an ARN names. Whether the key exists is for KMS to say. */
export function keyArnOf(scope: Scope, key: string): string {
  if (KEY_ID.test(key)) return keyArn(scope, key);
  if (ALIAS.test(key)) return aliasedKeyArn(scope, key);
  const [, region, accountId, resource, keyId] = ARN.exec(key) ?? [];
  if (region === undefined || accountId === undefined || resource === undefined) throw notAKey(key);
  if (region !== scope.region) throw notAKey(key);
  if (keyId === undefined) return aliasedKeyArn({ region, accountId }, resource);
  if (!KEY_ID.test(keyId)) throw notAKey(key);
  return key;
}

function notAKey(key: string): Error {
  return ec2Error("InvalidParameterValue", `The specified KMS key ${key} is not valid in this region.`);
}

function keyArn({ accountId, region }: Scope, keyId: string): string {
  return `arn:aws:kms:${region}:${accountId}:key/${keyId}`;
}

// An alias stands for the same key wherever it is used.
function aliasedKeyArn(scope: Scope, alias: string): string {
  const digest = createHash("sha256").update(`${scope.accountId}\n${scope.region}\n${alias}`).digest("hex");
  const groups = [digest.slice(0, 8), digest.slice(8, 12), `4${digest.slice(13, 16)}`, `a${digest.slice(17, 20)}`, digest.slice(20, 32)];
  return keyArn(scope, groups.join("-"));
}
