import { ConfigurationError, ConflictError, IntegrityError, NotFoundError } from "../errors/index.js";
import { maxDeletedNames } from "../ports/index.js";
import type { Clock, GetOptions, ObjectContent, ObjectInfo, ObjectLock, ObjectStore, ObjectVersions, PutOptions, ThawOptions, ThawOutcome } from "../ports/index.js";
import { FakeClock } from "./fake-clock.js";
import { MemoryObjectVersions } from "./memory-object-versions.js";
import { etagOf, MemoryVersions, type MemoryVersion } from "./memory-versions.js";

/** What a store in memory can do beside the least. */
export interface MemoryObjectStoreOptions {
  /** Whether objects have versions, as in a versioned bucket. Not by default. */
  readonly versions?: boolean | undefined;
  /** Whether versions can be locked, as in a bucket with Object Lock. Not by default. */
  readonly locks?: boolean | undefined;
  /** Whether cold objects lie in an archive, and must be thawed. Not by default. */
  readonly archive?: boolean | undefined;
  /** By which locks and thawed copies end. By default one that stands still. */
  readonly clock?: Pick<Clock, "now"> | undefined;
}

const namePattern = /^(?!.*(?:^|\/)\.{1,2}(?:\/|$))[A-Za-z0-9._-]+(?:\/[A-Za-z0-9._-]+)*$/;
const maxNameBytes = 512;
const dayMs = 86_400_000;

/**
 * An object store in memory, for tests that look at every object: with versions, locks and an archive where they are asked
 * for, judged as S3 judges them. Each call takes effect at once, so that whoever runs many of them decides their order.
 *
 * @example
 * const clock = new FakeClock();
 * const store = new MemoryObjectStore({ versions: true, locks: true, clock });
 */
export class MemoryObjectStore implements ObjectStore {
  readonly location = "memory";
  /** `GLACIER` where `archive` was asked for, else none. */
  readonly storageClass: string | undefined;
  /** What is stored now, by name. A test may change it, as damage below the store would: `set` replaces the bytes of the current version, `delete` loses the name with all its versions. */
  readonly objects: Map<string, Buffer>;
  /** Called before each put takes effect; it may throw, as a crash would. */
  onPut: (name: string) => void = () => undefined;
  /** Only where `archive` was asked for. See {@link ObjectStore}. */
  readonly thaw?: NonNullable<ObjectStore["thaw"]>;
  readonly #versions: MemoryVersions;
  readonly #capability: MemoryObjectVersions | undefined;
  readonly #hasVersions: boolean;
  readonly #clock: Pick<Clock, "now">;
  readonly #thawing = new Set<MemoryVersion>();

  /** Raises `ConfigurationError` where locks are asked for without versions. */
  constructor({ versions = false, locks = false, archive = false, clock = new FakeClock() }: MemoryObjectStoreOptions = {}) {
    if (locks && !versions) throw new ConfigurationError("locks: versions are what is locked: ask for versions too", { code: "InvalidOption", context: { path: "locks" } });
    this.#clock = clock;
    this.#hasVersions = versions;
    this.#versions = new MemoryVersions(versions, () => clock.now());
    this.#capability = versions ? new MemoryObjectVersions(this.#versions, { canLock: locks, now: () => clock.now() }) : undefined;
    this.objects = this.#versions.objects;
    this.storageClass = archive ? "GLACIER" : undefined;
    if (archive) this.thaw = async (name, options) => this.#thaw(name, options);
  }

  async put(name: string, body: Uint8Array | readonly Uint8Array[], options: PutOptions = {}): Promise<ObjectInfo> {
    checkName(name);
    const { condition, lock, sha256, signal } = options;
    signal?.throwIfAborted();
    if (lock !== undefined) this.#checkLock(name, lock);
    const bytes = body instanceof Uint8Array ? Buffer.from(body) : Buffer.concat(body);
    const etag = etagOf(bytes);
    if (sha256 !== undefined && Buffer.from(sha256).toString("hex") !== etag) throw new IntegrityError(`${name} was not stored: its bytes do not have the SHA-256 that was given for them`, { code: "ChecksumMismatch", context: { name } });
    this.onPut(name);
    const present = this.#versions.current(name);
    if (condition === "absent" && present !== undefined) throw conditionFailed(name);
    if (typeof condition === "object" && present?.etag !== condition.etag) throw conditionFailed(name);
    const archive = options.temperature === "cold" && this.thaw !== undefined ? ({ state: "archived" } as const) : undefined;
    return this.#info(this.#versions.add({ name, isDeleteMarker: false, modifiedAt: this.#clock.now(), bytes, etag, lock, archive }));
  }

  /** See {@link ObjectStore}. */
  async get(name: string, options: GetOptions = {}): Promise<ObjectContent> {
    checkName(name);
    const { range, versionId, signal } = options;
    signal?.throwIfAborted();
    checkRange(range);
    const version = this.#find(name, versionId);
    if (version === undefined) throw notFound(name);
    if (!this.#isReadable(version)) throw new ConflictError(`${name} is archived and cannot be read at once: thaw it first`, { code: "ObjectArchived", context: { name } });
    return { ...this.#info(version), body: Buffer.from(part(name, version.bytes, range)) };
  }

  async head(name: string, options: { readonly versionId?: string | undefined; readonly signal?: AbortSignal | undefined } = {}): Promise<ObjectInfo | undefined> {
    checkName(name);
    options.signal?.throwIfAborted();
    const version = this.#find(name, options.versionId);
    if (version === undefined) return undefined;
    this.#isReadable(version);
    const { lock, archive } = version;
    return { ...this.#info(version), ...(lock === undefined ? {} : { lock }), ...(archive === undefined ? {} : { archive }) };
  }

  async *list(prefix: string, options: { readonly startAfter?: string | undefined; readonly signal?: AbortSignal | undefined } = {}): AsyncGenerator<ObjectInfo> {
    options.signal?.throwIfAborted();
    for (const name of this.#versions.names.withPrefix(prefix, options.startAfter)) {
      options.signal?.throwIfAborted();
      const version = this.#versions.current(name);
      if (version === undefined) continue;
      const { versionId: _versionId, ...listed } = this.#info(version);
      yield listed;
    }
  }

  async delete(name: string, options: { readonly etag?: string | undefined; readonly signal?: AbortSignal | undefined } = {}): Promise<void> {
    checkName(name);
    options.signal?.throwIfAborted();
    const current = this.#versions.current(name);
    if (options.etag !== undefined) {
      if (current === undefined) return;
      if (current.etag !== options.etag) throw conditionFailed(name);
    }
    if (this.#hasVersions) this.#versions.add({ name, isDeleteMarker: true, modifiedAt: this.#clock.now(), bytes: Buffer.alloc(0), etag: "", lock: undefined, archive: undefined });
    else if (current !== undefined) this.#versions.remove(current);
  }

  /** See {@link ObjectStore}. */
  async deleteMany(names: readonly string[], options: { readonly signal?: AbortSignal | undefined } = {}): Promise<void> {
    if (names.length > maxDeletedNames) throw new ConfigurationError(`${names.length} names are too many for one call of deleteMany`, { code: "TooManyNames", context: { names: names.length } });
    for (const name of names) checkName(name);
    options.signal?.throwIfAborted();
    for (const name of names) await this.delete(name);
  }

  async versions(options: { readonly signal?: AbortSignal | undefined } = {}): Promise<ObjectVersions | undefined> {
    options.signal?.throwIfAborted();
    return this.#capability;
  }

  /** Ends the thaws that are under way, of one object or of all: their days begin now. */
  finishThaws(name?: string): void {
    for (const version of this.#thawing) {
      if (name !== undefined && version.name !== name) continue;
      this.#thawing.delete(version);
      version.archive = { state: "thawed", until: this.#daysFromNow(version.thawDays ?? 0) };
    }
  }

  #thaw(name: string, { days, versionId, signal }: ThawOptions): ThawOutcome {
    checkName(name);
    signal?.throwIfAborted();
    if (!isCount(days)) throw new ConfigurationError(`days: must be a whole number of days, at least 1. It is ${days}.`, { code: "InvalidOption", context: { path: "days" } });
    const version = this.#find(name, versionId);
    if (version === undefined) throw notFound(name);
    if (this.#isReadable(version)) {
      if (version.archive !== undefined) version.archive = { state: "thawed", until: this.#daysFromNow(days) };
      return "readable";
    }
    if (this.#thawing.has(version)) return "underway";
    this.#thawing.add(version);
    version.thawDays = days;
    version.archive = { state: "thawing" };
    return "started";
  }

  /** Whether the bytes can be read now; a thawed copy whose time is over is noticed here. */
  #isReadable(version: MemoryVersion): boolean {
    const { archive } = version;
    if (archive?.until !== undefined && archive.until <= this.#clock.now()) version.archive = { state: "archived" };
    return version.archive === undefined || version.archive.state === "thawed";
  }

  #daysFromNow(days: number): Date {
    return new Date(this.#clock.now().getTime() + days * dayMs);
  }

  #find(name: string, versionId: string | undefined): MemoryVersion | undefined {
    if (versionId === undefined) return this.#versions.current(name);
    const version = this.#hasVersions ? this.#versions.find(name, versionId) : undefined;
    return version?.isDeleteMarker === true ? undefined : version;
  }

  #checkLock(name: string, lock: ObjectLock): void {
    if (this.#capability?.canLock !== true) throw new ConfigurationError("this store cannot lock objects: make it with versions and locks", { code: "ObjectLockNotEnabled" });
    if (lock.until <= this.#clock.now()) throw new ConflictError(`${name} was not locked: ${lock.until.toISOString()} is past`, { code: "LockRefused", context: { name } });
  }

  #info({ name, bytes, etag, versionId, modifiedAt }: MemoryVersion): ObjectInfo {
    return { name, sizeBytes: bytes.length, etag, modifiedAt, ...(this.#hasVersions ? { versionId } : {}) };
  }
}

function part(name: string, bytes: Buffer, range: GetOptions["range"]): Buffer {
  if (range === undefined) return bytes;
  if ("suffix" in range) return bytes.subarray(Math.max(0, bytes.length - range.suffix));
  const end = range.offset + range.length;
  if (end > bytes.length) throw new IntegrityError(`the object ${name} is too short: it has ${bytes.length} bytes`, { code: "ObjectTruncated", context: { name } });
  return bytes.subarray(range.offset, end);
}

function checkName(name: string): void {
  if (name.length > maxNameBytes || !namePattern.test(name)) throw new ConfigurationError(`${JSON.stringify(name.slice(0, 100))} is no object name`, { code: "InvalidObjectName" });
}

function checkRange(range: GetOptions["range"]): void {
  if (range === undefined) return;
  const isFine = "suffix" in range ? isCount(range.suffix) : isCount(range.length) && Number.isSafeInteger(range.offset) && range.offset >= 0;
  if (!isFine) throw new ConfigurationError(`the range ${JSON.stringify(range)} names no bytes`, { code: "InvalidRange" });
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value > 0;
}

function notFound(name: string): NotFoundError {
  return new NotFoundError(`There is no object ${name}.`, { code: "ObjectNotFound", context: { name } });
}

function conditionFailed(name: string): ConflictError {
  return new ConflictError(`The condition on ${name} is false.`, { code: "ConditionFailed", context: { name } });
}
