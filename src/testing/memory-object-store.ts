import { createHash } from "node:crypto";
import { ConfigurationError, ConflictError, IntegrityError, NotFoundError } from "../errors/index.js";
import type { GetOptions, ObjectContent, ObjectInfo, ObjectStore, PutOptions } from "../ports/index.js";

const namePattern = /^(?!.*(?:^|\/)\.{1,2}(?:\/|$))[A-Za-z0-9._-]+(?:\/[A-Za-z0-9._-]+)*$/;
const maxNameBytes = 512;

/** An object store in memory, for tests that look at every object: `onPut` may throw, as a crash would. Locks are not kept. */
export class MemoryObjectStore implements ObjectStore {
  readonly location = "memory";
  /** What is stored, by name. */
  readonly objects = new Map<string, Buffer>();
  /** Called before each put takes effect. */
  onPut: (name: string) => void = () => undefined;

  async put(name: string, body: Uint8Array | readonly Uint8Array[], options: PutOptions = {}): Promise<ObjectInfo> {
    checkName(name);
    options.signal?.throwIfAborted();
    this.onPut(name);
    const present = this.objects.get(name);
    const { condition } = options;
    if (condition === "absent" && present !== undefined) throw conflict(name);
    if (typeof condition === "object" && (present === undefined || etagOf(present) !== condition.etag)) throw conflict(name);
    const bytes = body instanceof Uint8Array ? Buffer.from(body) : Buffer.concat(body);
    this.objects.set(name, bytes);
    return info(name, bytes);
  }

  /** See {@link ObjectStore}. */
  async get(name: string, options: GetOptions = {}): Promise<ObjectContent> {
    checkName(name);
    options.signal?.throwIfAborted();
    const { range } = options;
    checkRange(range);
    const bytes = this.objects.get(name);
    if (bytes === undefined) throw new NotFoundError(`There is no object ${name}.`, { code: "ObjectNotFound", context: { name } });
    return { ...info(name, bytes), body: Buffer.from(part(name, bytes, range)) };
  }

  async head(name: string, options: { readonly signal?: AbortSignal | undefined } = {}): Promise<ObjectInfo | undefined> {
    checkName(name);
    options.signal?.throwIfAborted();
    const bytes = this.objects.get(name);
    return bytes === undefined ? undefined : info(name, bytes);
  }

  async *list(prefix: string, options: { readonly startAfter?: string | undefined; readonly signal?: AbortSignal | undefined } = {}): AsyncGenerator<ObjectInfo> {
    const { startAfter = "", signal } = options;
    for (const name of [...this.objects.keys()].filter((key) => key.startsWith(prefix) && key > startAfter).sort()) {
      signal?.throwIfAborted();
      const bytes = this.objects.get(name);
      if (bytes !== undefined) yield info(name, bytes);
    }
  }

  async delete(name: string, options: { readonly etag?: string | undefined; readonly signal?: AbortSignal | undefined } = {}): Promise<void> {
    checkName(name);
    options.signal?.throwIfAborted();
    const bytes = this.objects.get(name);
    if (bytes !== undefined && options.etag !== undefined && etagOf(bytes) !== options.etag) throw conflict(name);
    this.objects.delete(name);
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

function info(name: string, bytes: Buffer): ObjectInfo {
  return { name, sizeBytes: bytes.length, etag: etagOf(bytes) };
}

function etagOf(bytes: Buffer): string {
  return createHash("sha256").update(bytes).digest("hex");
}

function conflict(name: string): ConflictError {
  return new ConflictError(`The condition on ${name} is false.`, { code: "ConditionFailed", context: { name } });
}
