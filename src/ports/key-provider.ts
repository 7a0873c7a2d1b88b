import type { CallOptions } from "./compute.js";

/** Named facts that a wrapped key is bound to: it opens only where the very same are given. They are no secret. */
export type EncryptionContext = Readonly<Record<string, string>>;

/** A key that shall be wrapped. */
export interface WrapKeyRequest {
  /** The master key, as its provider names it: in KMS an id, an ARN or an alias. */
  readonly keyId: string;
  /** What is wrapped: at most 4,096 bytes. */
  readonly key: Uint8Array;
  readonly encryptionContext: EncryptionContext;
}

/** A wrapped key. */
export interface WrappedKey {
  /** The master key's full name, whatever name was given: in KMS its ARN. */
  readonly keyId: string;
  readonly wrapped: Buffer;
}

/** A wrapped key that shall be opened. */
export interface UnwrapKeyRequest {
  /** The master key that must have wrapped it: no other is taken. */
  readonly keyId: string;
  readonly wrapped: Uint8Array;
  readonly encryptionContext: EncryptionContext;
}

/**
 * Master keys that never leave their provider (a KMS, an HSM), and wrap other keys.
 *
 * A master key that is not there is a `NotFoundError` (`KeyNotFound`); one that is switched off or on its way to deletion a
 * `ProviderError` (`KeyDisabled`, `KeyUnusable`); a refusal one with `AccessDenied`.
 */
export interface KeyProvider {
  /** Wraps a key: one call to the provider. */
  wrap(request: WrapKeyRequest, options?: CallOptions): Promise<WrappedKey>;
  /** Opens a wrapped key: one call. `undefined` where this master key did not wrap it, with this context, just as it is. */
  unwrap(request: UnwrapKeyRequest, options?: CallOptions): Promise<Buffer | undefined>;
}
