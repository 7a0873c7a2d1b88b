/** What is known of a stored object. */
export interface ObjectInfo {
  readonly name: string;
  readonly sizeBytes: number;
  /** An opaque tag of the object's content, for `ifMatch`. */
  readonly etag: string;
  readonly versionId?: string | undefined;
  /** The provider's time of the write: for people; no decision about deletion rests on it. */
  readonly modifiedAt?: Date | undefined;
}

/** A stored object with its bytes. */
export interface ObjectContent extends ObjectInfo {
  /** The bytes asked for: the whole object or the range. `sizeBytes` is the whole object's size when a range was read too. */
  readonly body: Buffer;
}

/** How an object is kept from deletion and change. */
export interface ObjectLock {
  readonly mode: "GOVERNANCE" | "COMPLIANCE";
  readonly until: Date;
}

/** Under which condition, and with which lock, an object is written. */
export interface PutOptions {
  /** `"absent"`: only if there is no such object (S3 `If-None-Match: *`). An etag: only over that very version (`If-Match`). */
  readonly condition?: "absent" | { readonly etag: string } | undefined;
  readonly lock?: ObjectLock | undefined;
  /** SHA-256 of the whole body, where the caller has it already: the store then need not compute it again. */
  readonly sha256?: Uint8Array | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Which part and which version of an object is read. */
export interface GetOptions {
  /** `{ offset, length }` in bytes, or `{ suffix }` for the last bytes. Without it, the whole object. */
  readonly range?: { readonly offset: number; readonly length: number } | { readonly suffix: number } | undefined;
  readonly versionId?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Where a repository's objects lie: S3, a directory, or a decorator of one.
 *
 * What every implementation must hold, and the conformance suite in `holdfast/testing` checks:
 *
 * - **Durability**: when `put` resolves, the object survives a crash of the machine that stores it.
 * - **Atomicity**: a reader sees the whole old object, the whole new one, or none; never a part.
 * - **Read after write**: after `put` resolves, every `get`, `head` and `list` from anywhere shows it.
 * - **Conditions** are judged and carried out as one step: of any number of concurrent `put`s with `"absent"`, one wins.
 * - **Integrity**: what was damaged or truncated on the way is an error, not an object.
 * - Names are `/`-separated parts of `[A-Za-z0-9._-]`, at most 512 bytes; `.` and `..` are refused.
 * - After an error of the network the outcome is unknown: the caller reads back.
 *
 * Errors: `NotFoundError` (`ObjectNotFound`), `ConflictError` (`ConditionFailed`: the condition is false; a race that the
 * provider asks to be tried again is retried inside), `ProviderError` for the rest (`AccessDenied`, `NoSpace`, ...).
 */
export interface ObjectStore {
  /** Where this is, for people: `s3://bucket/prefix`, `/var/backups`. Never a secret. */
  readonly location: string;
  /** Stores `body` (one buffer or several, in order) under `name`. */
  put(name: string, body: Uint8Array | readonly Uint8Array[], options?: PutOptions): Promise<ObjectInfo>;
  /** The object, or a range of it; `NotFoundError` (`ObjectNotFound`) where there is none. */
  get(name: string, options?: GetOptions): Promise<ObjectContent>;
  /** The object's facts, or `undefined` where there is none. */
  head(name: string, options?: { readonly versionId?: string | undefined; readonly signal?: AbortSignal | undefined }): Promise<ObjectInfo | undefined>;
  /** All objects whose name starts with `prefix`, in ascending order of the name's UTF-8 bytes, after `startAfter` where given. Pages as it goes. */
  list(prefix: string, options?: { readonly startAfter?: string | undefined; readonly signal?: AbortSignal | undefined }): AsyncIterable<ObjectInfo>;
  /** Removes the object; nothing happens where there is none. With `etag`, only that very version (`ConflictError` otherwise). */
  delete(name: string, options?: { readonly etag?: string | undefined; readonly signal?: AbortSignal | undefined }): Promise<void>;
}
