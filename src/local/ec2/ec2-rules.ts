import type { RecordStore } from "../blocks/record-store.js";
import { Ec2Tables } from "./ec2-tables.js";
import { defaultKeyArn } from "./encryption/kms-key.js";
import type { Scope } from "./scope.js";

/** What other services go by that EC2 keeps: who shares which snapshot, and what an account encrypts. */
export class Ec2Rules {
  readonly #tables: Ec2Tables;

  constructor(records: RecordStore) {
    this.#tables = new Ec2Tables(records);
  }

  /** Whether a snapshot's owner lets this very account use it. That a snapshot is public is not enough for EBS direct. */
  isShared(snapshotId: string, accountId: string): boolean {
    return this.#tables.permissions.get(snapshotId)?.accountIds.includes(accountId) === true;
  }

  isEncryptedByDefault({ accountId, region }: Scope): boolean {
    return this.#tables.encryption.get(`${accountId}/${region}`)?.isOnByDefault === true;
  }

  isManagedKey(keyArn: string): boolean {
    const [, , , region = "", accountId = ""] = keyArn.split(":");
    return keyArn === defaultKeyArn({ accountId, region });
  }

  defaultKeyArn(scope: Scope): string {
    return this.#tables.encryption.get(`${scope.accountId}/${scope.region}`)?.defaultKeyArn ?? defaultKeyArn(scope);
  }
}
