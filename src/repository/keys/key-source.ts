import type { KeyProvider } from "../../ports/index.js";

/** What somebody has in hand to open, or to make, a key slot. Lives no longer than that call. */
export type KeySource =
  | { readonly kind: "passphrase"; readonly passphrase: string }
  | { readonly kind: "raw"; readonly key: Buffer }
  | { readonly kind: "kms"; readonly keyId: string; readonly provider: KeyProvider }
  | { readonly kind: "recovery"; readonly secret: Buffer }
  | { readonly kind: "none" };

/** What a key slot is opened with. */
export type KeySlotKind = "passphrase" | "raw" | "kms" | "recovery" | "none";

/** The same in words, for messages. */
export const sourceNames: Readonly<Record<KeySlotKind, string>> = {
  passphrase: "passphrase",
  raw: "key",
  kms: "KMS key",
  recovery: "recovery key",
  none: '"none"',
};
