import type { ObjectLock } from "./object-lock.js";

/** One of the states that a name has had: an object, or its deletion. */
export interface ObjectVersion {
  readonly name: string;
  readonly versionId: string;
  /** Whether this is what the name stands for now. */
  readonly isLatest: boolean;
  /** The trace of a `delete`: it has no bytes and no etag. */
  readonly isDeleteMarker: boolean;
  /** 0 for a delete marker. */
  readonly sizeBytes: number;
  readonly etag?: string | undefined;
  /** The provider's time of the write: for people. Several versions of a name may share it: their order is that of the listing. */
  readonly modifiedAt?: Date | undefined;
}

/** What a store can do whose objects have versions. */
export interface ObjectVersions {
  /** Whether versions can be locked: `lock` in a put and `extendLock` work. */
  readonly canLock: boolean;
  /** All versions and delete markers of the names that start with `prefix`: names ascending by their UTF-8 bytes, newest first within a name; all of names after `startAfter`, where given. Pages as it goes. */
  list(prefix: string, options?: { readonly startAfter?: string | undefined; readonly signal?: AbortSignal | undefined }): AsyncIterable<ObjectVersion>;
  /** Removes one version (or delete marker) for good: `ConflictError` (`ObjectLocked`) where it is locked; nothing happens where there is none. */
  delete(name: string, versionId: string, options?: { readonly signal?: AbortSignal | undefined }): Promise<void>;
  /** How a version is locked, or was (`until` may be past); `undefined` where it never was. `NotFoundError` (`ObjectNotFound`) where the version is gone. */
  lockOf(name: string, versionId: string, options?: { readonly signal?: AbortSignal | undefined }): Promise<ObjectLock | undefined>;
  /**
   * Locks a version, or extends its lock, and never shortens it: `ConflictError` (`LockRefused`) where the provider refuses,
   * for the lock is longer or stricter already, or `lock.until` is past. `NotFoundError` (`ObjectNotFound`) where the version is gone.
   */
  extendLock(name: string, versionId: string, lock: ObjectLock, options?: { readonly signal?: AbortSignal | undefined }): Promise<void>;
}
