import { ConfigurationError, ConflictError, NotFoundError } from "../errors/index.js";
import type { CallOptions, ObjectLock, ObjectVersion, ObjectVersions } from "../ports/index.js";
import type { MemoryVersion, MemoryVersions } from "./memory-versions.js";

/** The versions of a store in memory, with locks as S3 enforces them. */
export class MemoryObjectVersions implements ObjectVersions {
  readonly canLock: boolean;
  readonly #versions: MemoryVersions;
  readonly #now: () => Date;

  constructor(versions: MemoryVersions, { canLock, now }: { readonly canLock: boolean; readonly now: () => Date }) {
    this.#versions = versions;
    this.canLock = canLock;
    this.#now = now;
  }

  async *list(prefix: string, options: CallOptions & { readonly startAfter?: string | undefined } = {}): AsyncGenerator<ObjectVersion> {
    options.signal?.throwIfAborted();
    for (const name of this.#versions.names.withPrefix(prefix, options.startAfter)) {
      for (const [age, version] of [...this.#versions.of(name)].reverse().entries()) {
        options.signal?.throwIfAborted();
        yield describe(version, age === 0);
      }
    }
  }

  async delete(name: string, versionId: string, { signal }: CallOptions = {}): Promise<void> {
    signal?.throwIfAborted();
    const version = this.#versions.find(name, versionId);
    if (version === undefined) return;
    if (this.#isLocked(version)) throw new ConflictError(`the version ${versionId} of ${name} was not removed: it is locked`, { code: "ObjectLocked", context: { name, versionId } });
    this.#versions.remove(version);
  }

  async lockOf(name: string, versionId: string, { signal }: CallOptions = {}): Promise<ObjectLock | undefined> {
    signal?.throwIfAborted();
    const version = this.#versions.find(name, versionId);
    if (version === undefined) throw notFound(name, versionId);
    return version.lock;
  }

  async extendLock(name: string, versionId: string, lock: ObjectLock, { signal }: CallOptions = {}): Promise<void> {
    signal?.throwIfAborted();
    if (!this.canLock) throw new ConfigurationError("this store cannot lock objects: make it with versions and locks", { code: "ObjectLockNotEnabled" });
    const version = this.#versions.find(name, versionId);
    if (version === undefined || version.isDeleteMarker) throw notFound(name, versionId);
    const isWeaker = this.#isLocked(version) && version.lock !== undefined && (version.lock.mode !== lock.mode || lock.until < version.lock.until);
    if (isWeaker || lock.until <= this.#now()) throw new ConflictError(`${name} was not locked until ${lock.until.toISOString()}: its lock is longer or stricter, or that time is past`, { code: "LockRefused", context: { name, versionId } });
    version.lock = lock;
  }

  #isLocked({ lock }: MemoryVersion): boolean {
    return lock !== undefined && lock.until > this.#now();
  }
}

function describe({ name, versionId, isDeleteMarker, bytes, etag, modifiedAt }: MemoryVersion, isLatest: boolean): ObjectVersion {
  const common = { name, versionId, isLatest, isDeleteMarker, modifiedAt, sizeBytes: bytes.length };
  return isDeleteMarker ? common : { ...common, etag };
}

function notFound(name: string, versionId: string): NotFoundError {
  return new NotFoundError(`There is no version ${versionId} of ${name}.`, { code: "ObjectNotFound", context: { name, versionId } });
}
