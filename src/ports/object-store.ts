import type { ObjectLock } from "./object-lock.js";
import type { RequestCounter } from "./request-counter.js";
import type { ObjectVersions } from "./object-versions.js";

/** What is known of a stored object. */
export interface ObjectInfo {
  readonly name: string;
  readonly sizeBytes: number;
  /** An opaque tag of the object's content, for `ifMatch`. */
  readonly etag: string;
  /** Where objects have versions: which one this is. */
  readonly versionId?: string | undefined;
  /** The provider's time of the write: for people; no decision about deletion rests on it. */
  readonly modifiedAt?: Date | undefined;
  /** How this version is locked, or was: `until` may be past. Only from `head`; absent also where the caller may not see it (`ObjectVersions.lockOf` then raises). */
  readonly lock?: ObjectLock | undefined;
  /** That the bytes lie in an archive. Only from `head`; absent: they are readable at once. */
  readonly archive?: ObjectArchive | undefined;
}

/** Where the bytes of an archived object are: `thawed` ones can be read until `until`, the others cannot be read now. */
export interface ObjectArchive {
  readonly state: "archived" | "thawing" | "thawed";
  /** When a thawed copy goes away. */
  readonly until?: Date | undefined;
}

/** A stored object with its bytes. */
export interface ObjectContent extends ObjectInfo {
  /** The bytes asked for: the whole object or the range. `sizeBytes` is the whole object's size when a range was read too. */
  readonly body: Buffer;
}

/** Under which condition, and with which lock, an object is written. */
export interface PutOptions {
  /** `"absent"`: only if there is no such object (S3 `If-None-Match: *`). An etag: only over that very version (`If-Match`). */
  readonly condition?: "absent" | { readonly etag: string } | undefined;
  /** Locks the new version. `ConfigurationError` (`ObjectLockNotEnabled`) where nothing can be locked: it is never left out in silence. */
  readonly lock?: ObjectLock | undefined;
  /** `"cold"`: it may lie in the storage's own class, which may be an archive. `"hot"`, the default: readable at once, always. */
  readonly temperature?: "hot" | "cold" | undefined;
  /** SHA-256 of the whole body, where the caller has it already: the store then need not compute it again. */
  readonly sha256?: Uint8Array | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Which part and which version of an object is read. */
export interface GetOptions {
  /** `{ offset, length }` in bytes, or `{ suffix }` for the last bytes. Without it, the whole object. */
  readonly range?: { readonly offset: number; readonly length: number } | { readonly suffix: number } | undefined;
  readonly versionId?: string | undefined;
  /** Memory for the body, where it has just the body's length: a store may put the body there, in place of memory of its own. Where it does, `body` is this. After a failure it must not be used again. */
  readonly into?: Buffer | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** How an archived object is made readable. */
export interface ThawOptions {
  /** For how many days it can be read then. */
  readonly days: number;
  /** How soon and at what price; which of them there are, and how long they take, is the storage class's. */
  readonly tier: "expedited" | "standard" | "bulk";
  readonly versionId?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Names in one call of `ObjectStore.deleteMany`: what S3 takes in one request (API reference, DeleteObjects). */
export const maxDeletedNames = 1_000;

/** What asking for a thaw met: it starts now, is under way already, or the bytes can be read at once. */
export type ThawOutcome = "started" | "underway" | "readable";

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
 * - Names are `/`-separated parts of `[A-Za-z0-9._-]`, at most 512 bytes; `.` and `..` are refused (`checkObjectName` of `holdfast/object-store`). What others put beside under other names is not listed.
 * - After an error of the network the outcome is unknown: the caller reads back.
 *
 * Where objects have versions (`versions` resolves to something), `objectVersionsConformance` checks beside:
 *
 * - **Nothing is lost by writing over it**: each `put` adds a version and each `delete` a delete marker. Every version can be
 *   read by its `versionId`, behind any number of newer ones and markers, until it is removed for good by that very id.
 * - An object under a delete marker is not there for `get`, `head`, `list` and conditions: a `put` with `"absent"` succeeds
 *   over it. Removing the marker brings the object back.
 * - **Locks hold**: before its time, a locked version cannot be removed for good and its lock cannot be shortened. `delete`
 *   of a locked object works, and leaves a marker above the version.
 *
 * Errors: `NotFoundError` (`ObjectNotFound`), `ConflictError` (`ConditionFailed`: the condition is false; a race that the
 * provider asks to be tried again is retried inside; `ObjectArchived`: `get` of bytes that must be thawed first),
 * `ProviderError` for the rest (`AccessDenied`, `NoSpace`, ...).
 */
export interface ObjectStore {
  /** Where this is, for people: `s3://bucket/prefix`, `/var/backups`. Never a secret. */
  readonly location: string;
  /** The class that cold objects are put into, where the store has classes: `STANDARD`, `GLACIER`, ... Prices and minimum durations hang on it. */
  readonly storageClass?: string | undefined;
  /** Counts what was asked of the store's provider, where it is counted. */
  readonly requests?: RequestCounter | undefined;
  /** Stores `body` (one buffer or several, in order) under `name`. */
  put(name: string, body: Uint8Array | readonly Uint8Array[], options?: PutOptions): Promise<ObjectInfo>;
  /** The object, or a range of it; `NotFoundError` (`ObjectNotFound`) where there is none. */
  get(name: string, options?: GetOptions): Promise<ObjectContent>;
  /** The object's facts, or `undefined` where there is none. */
  head(name: string, options?: { readonly versionId?: string | undefined; readonly signal?: AbortSignal | undefined }): Promise<ObjectInfo | undefined>;
  /** All objects whose name starts with `prefix`, in ascending order of the name's UTF-8 bytes, after `startAfter` where given. Pages as it goes. */
  list(prefix: string, options?: { readonly startAfter?: string | undefined; readonly signal?: AbortSignal | undefined }): AsyncIterable<ObjectInfo>;
  /** Removes the object (with versions: leaves a delete marker above it); nothing happens where there is none. With `etag`, only that very version (`ConflictError` otherwise). */
  delete(name: string, options?: { readonly etag?: string | undefined; readonly signal?: AbortSignal | undefined }): Promise<void>;
  /**
   * Removes several objects, at most 1,000, as so many `delete`s without a condition would: for stores to whose provider that is one request, and
   * absent where it is none the cheaper. It is not one step: they go in any order, and whoever is stopped in the middle has removed some of them. Where some cannot be
   * removed, the others are all the same, and then the error of one of those is raised that `delete` would raise of it. So when it resolves all are gone, and when it
   * rejects each of them may be there or not.
   */
  deleteMany?(names: readonly string[], options?: { readonly signal?: AbortSignal | undefined }): Promise<void>;
  /** What a store whose objects have versions can do beside; `undefined` where they have none (a directory, an unversioned bucket). Asks the provider once. */
  versions?(options?: { readonly signal?: AbortSignal | undefined }): Promise<ObjectVersions | undefined>;
  /**
   * Has an archived object made readable for some days, which takes minutes to days: `head` tells when it is. Asked again, it
   * changes the days alone, and with a faster tier the wait. Only where objects may be archived. `NotFoundError` (`ObjectNotFound`) where there is none.
   */
  thaw?(name: string, options: ThawOptions): Promise<ThawOutcome>;
}
