/** A key with its material, as it is stored. */
export interface KeyRecord {
  readonly keyId: string;
  readonly region: string;
  readonly createdAt: string;
  readonly description: string;
  /** 256 bits, base64. */
  readonly material: string;
  /** A key of AWS's own (`aws/ebs`) can be seen, and used through its service only. */
  readonly manager: "AWS" | "CUSTOMER";
  readonly tags: Readonly<Record<string, string>>;
  policy: string;
  state: "Enabled" | "Disabled" | "PendingDeletion";
  /** When the material is destroyed; set while the deletion is pending. */
  deletionAt: string | undefined;
}

/** A second name of a key. */
export interface AliasRecord {
  /** With its `alias/`. */
  readonly name: string;
  readonly region: string;
  readonly keyId: string;
  readonly createdAt: string;
}

/** Whose a key is. */
export interface OwnedKey {
  readonly accountId: string;
  readonly key: KeyRecord;
}

export function keyArn({ accountId, key }: OwnedKey): string {
  return `arn:aws:kms:${key.region}:${accountId}:key/${key.keyId}`;
}

export function aliasArn(accountId: string, { region, name }: Pick<AliasRecord, "region" | "name">): string {
  return `arn:aws:kms:${region}:${accountId}:${name}`;
}
