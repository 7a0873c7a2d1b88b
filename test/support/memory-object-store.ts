import { createHash } from "node:crypto";
import { ConflictError, NotFoundError } from "../../src/errors/index.js";
import type { GetOptions, ObjectContent, ObjectInfo, ObjectStore, PutOptions } from "../../src/ports/index.js";

/** An object store in memory, for tests that look at every request: `onPut` may throw, as a crash would. */
export class MemoryObjectStore implements ObjectStore {
  readonly location = "memory";
  readonly objects = new Map<string, Buffer>();
  onPut: (name: string) => void = () => undefined;

  put(name: string, body: Uint8Array | readonly Uint8Array[], options: PutOptions = {}): Promise<ObjectInfo> {
    this.onPut(name);
    const present = this.objects.get(name);
    const { condition } = options;
    if (condition === "absent" && present !== undefined) return Promise.reject(conflict(name));
    if (typeof condition === "object" && (present === undefined || etagOf(present) !== condition.etag)) return Promise.reject(conflict(name));
    const bytes = body instanceof Uint8Array ? Buffer.from(body) : Buffer.concat(body);
    this.objects.set(name, bytes);
    return Promise.resolve(info(name, bytes));
  }

  get(name: string, options: GetOptions = {}): Promise<ObjectContent> {
    const bytes = this.objects.get(name);
    if (bytes === undefined) return Promise.reject(new NotFoundError(`There is no object ${name}.`, { code: "ObjectNotFound" }));
    const { range } = options;
    if (range === undefined) return Promise.resolve({ ...info(name, bytes), body: bytes });
    const body = "suffix" in range ? bytes.subarray(Math.max(0, bytes.length - range.suffix)) : bytes.subarray(range.offset, range.offset + range.length);
    return Promise.resolve({ ...info(name, bytes), body });
  }

  head(name: string): Promise<ObjectInfo | undefined> {
    const bytes = this.objects.get(name);
    return Promise.resolve(bytes === undefined ? undefined : info(name, bytes));
  }

  async *list(prefix: string): AsyncIterable<ObjectInfo> {
    for (const name of [...this.objects.keys()].filter((key) => key.startsWith(prefix)).sort()) {
      const bytes = this.objects.get(name);
      if (bytes !== undefined) yield await Promise.resolve(info(name, bytes));
    }
  }

  delete(name: string, options: { readonly etag?: string | undefined } = {}): Promise<void> {
    const bytes = this.objects.get(name);
    if (bytes !== undefined && options.etag !== undefined && etagOf(bytes) !== options.etag) return Promise.reject(conflict(name));
    this.objects.delete(name);
    return Promise.resolve();
  }
}

function info(name: string, bytes: Buffer): ObjectInfo {
  return { name, sizeBytes: bytes.length, etag: etagOf(bytes) };
}

function etagOf(bytes: Buffer): string {
  return createHash("sha256").update(bytes).digest("hex");
}

function conflict(name: string): ConflictError {
  return new ConflictError(`The condition on ${name} is false.`, { code: "ConditionFailed" });
}
