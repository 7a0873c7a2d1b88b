import { randomBytes } from "node:crypto";
import { defaultKeyArn } from "../ec2/encryption/kms-key.js";
import type { RequestContext } from "../service.js";
import { managedPolicy } from "./key-policy.js";
import type { KeyRecord } from "./key-record.js";
import type { KmsStore } from "./kms-store.js";

/** The key with which an account's volumes are encrypted where nobody names one: made when it is first looked at, with the ARN that EC2 gives it. */
export function ensureManagedKey(store: KmsStore, context: RequestContext): KeyRecord {
  const { accountId, region } = context;
  const keyId = defaultKeyArn({ accountId, region }).split("/")[1] ?? "";
  const { keys, aliases } = store.account(accountId);
  const known = keys.get(keyId);
  if (known !== undefined) return known;
  const createdAt = context.clock.now().toISOString();
  const key: KeyRecord = {
    keyId,
    region,
    createdAt,
    description: "Default key that protects my EBS volumes when no other key is defined",
    material: randomBytes(32).toString("base64"),
    manager: "AWS",
    tags: {},
    policy: managedPolicy(accountId),
    state: "Enabled",
    deletionAt: undefined,
  };
  keys.set(keyId, key);
  aliases.push({ name: "alias/aws/ebs", region, keyId, createdAt });
  return key;
}
