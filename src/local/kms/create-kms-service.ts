import type { Operation, RequestContext, ServiceDefinition } from "../service.js";
import * as aliases from "./alias-operations.js";
import * as cryptography from "./cryptographic-operations.js";
import * as keys from "./key-operations.js";
import { kmsPermissions } from "./kms-permissions.js";
import type { KmsStore } from "./kms-store.js";

export interface KmsServiceOptions {
  readonly store: KmsStore;
  /** What the KMS client publishes; undefined where it is not installed: it is an optional package. */
  readonly client: Readonly<Record<string, unknown>> | undefined;
}

const COMMON = { signingName: "kms", protocol: "json", apiVersion: "2014-11-01", targetPrefix: "TrentService" } as const;

/** KMS: symmetric keys, what is encrypted with them, and who may use them. */
export function createKmsService({ store, client }: KmsServiceOptions): ServiceDefinition {
  if (client === undefined) {
    return { ...COMMON, schemas: {}, operations: {}, unavailable: "The local cloud has no KMS, because the package @aws-sdk/client-kms is not installed: npm install @aws-sdk/client-kms" };
  }
  const bind =
    <Input, Output>(run: (store: KmsStore, input: Input, context: RequestContext) => Output | Promise<Output>): Operation<Input, Output> =>
    async (input, context) =>
      await run(store, input, context);
  return {
    ...COMMON,
    schemas: client,
    permissions: kmsPermissions,
    operations: {
      CreateKey: bind(keys.createKey),
      DescribeKey: bind(keys.describeKey),
      ListKeys: bind(keys.listKeys),
      EnableKey: bind(keys.enableKey),
      DisableKey: bind(keys.disableKey),
      ScheduleKeyDeletion: bind(keys.scheduleKeyDeletion),
      CancelKeyDeletion: bind(keys.cancelKeyDeletion),
      GetKeyPolicy: bind(keys.getKeyPolicy),
      PutKeyPolicy: bind(keys.putKeyPolicy),
      CreateAlias: bind(aliases.createAlias),
      DeleteAlias: bind(aliases.deleteAlias),
      ListAliases: bind(aliases.listAliases),
      Encrypt: bind(cryptography.encrypt),
      Decrypt: bind(cryptography.decrypt),
      GenerateDataKey: bind(cryptography.generateDataKey),
      GenerateDataKeyWithoutPlaintext: bind(cryptography.generateDataKeyWithoutPlaintext),
      ReEncrypt: bind(cryptography.reEncrypt),
    },
  };
}
