import type { Ec2Environment } from "../ec2-environment.js";
import type { Scope } from "../scope.js";
import type { EncryptionSettings } from "./settings-record.js";

export function encryptionSettings(environment: Ec2Environment, scope: Scope): EncryptionSettings {
  return environment.tables.encryption.get(keyOf(scope)) ?? { isOnByDefault: false };
}

export function saveEncryptionSettings(environment: Ec2Environment, scope: Scope, settings: EncryptionSettings): void {
  environment.blocks.records.commit([environment.tables.encryption.put(keyOf(scope), settings)]);
}

function keyOf({ accountId, region }: Scope): string {
  return `${accountId}/${region}`;
}
