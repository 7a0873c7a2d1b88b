import { createHash } from "node:crypto";
import { unlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import { ConfigurationError, HoldfastError } from "../../errors/index.js";
import { conditionFailed, objectNotFound, truncatedObject } from "../../object-store/store-errors.js";
import type { Clock, GetOptions, ObjectContent, ObjectInfo, ObjectStore, PutOptions, Random } from "../../ports/index.js";
import { checkRange, checkWholeSize, resolveRange } from "../../object-store/byte-range.js";
import { checkObjectName, checkObjectPrefix } from "../../object-store/object-name.js";
import { directoryError, systemCode } from "./directory-error.js";
import { acquireFileLock } from "./file-lock.js";
import { listFolder } from "./list-folder.js";
import { makeFolder, refuseLinks, removeLeftovers, syncFolder } from "./private-folder.js";
import { putFile } from "./put-file.js";
import { fileInfo, openFile, statFile } from "./stored-file.js";

/** The folder of the store's own files, beside the objects; no object can have this name's first part. */
const ownFolder = ".holdfast";

export interface DirectoryObjectStoreOptions {
  readonly clock: Clock;
  readonly random: Random;
}

/** An `ObjectStore` in a directory: a file an object, private to its owner, durable when `put` resolves. */
export class DirectoryObjectStore implements ObjectStore {
  readonly location: string;
  readonly #options: DirectoryObjectStoreOptions;

  private constructor(path: string, options: DirectoryObjectStoreOptions) {
    this.location = path;
    this.#options = options;
  }

  /** Touches nothing but what an earlier process left of its own temporary files. */
  static async open(path: string, options: DirectoryObjectStoreOptions): Promise<DirectoryObjectStore> {
    const store = new DirectoryObjectStore(path, options);
    await store.#translate("open", "", async () => {
      await refuseLinks(store.#ownFolders);
      await removeLeftovers(store.#temporaryFolder, options.clock.now());
    });
    return store;
  }

  get #temporaryFolder(): string {
    return join(this.location, ownFolder, "temporary");
  }

  get #ownFolders(): readonly string[] {
    return [join(this.location, ownFolder), this.#temporaryFolder, join(this.location, ownFolder, "locks")];
  }

  async put(name: string, body: Uint8Array | readonly Uint8Array[], options: PutOptions = {}): Promise<ObjectInfo> {
    checkName(name);
    if (options.lock !== undefined) throw cannotLock(this.location);
    return await this.#translate("put", name, async () => {
      await refuseLinks(this.#ownFolders);
      await makeFolder(this.#temporaryFolder);
      const lockPath = await this.#lockPath(name);
      return await putFile({
        name,
        path: join(this.location, name),
        lockPath,
        temporaryFolder: this.#temporaryFolder,
        buffers: body instanceof Uint8Array ? [body] : body,
        condition: options.condition,
        signal: options.signal,
        ...this.#options,
      });
    });
  }

  async get(name: string, options: GetOptions = {}): Promise<ObjectContent> {
    checkName(name);
    checkRange(options.range);
    options.signal?.throwIfAborted();
    return await this.#translate("get", name, async () => {
      const handle = await openFile(join(this.location, name));
      if (handle === undefined) throw objectNotFound(name, this.location);
      try {
        const stats = await handle.stat({ bigint: true });
        if (!stats.isFile()) throw objectNotFound(name, this.location);
        const info = fileInfo(name, stats);
        const { offset, length } = resolveRange(name, info.sizeBytes, options.range);
        checkWholeSize(name, length, options.range);
        const body = options.into?.length === length ? options.into : Buffer.allocUnsafe(length);
        for (let filled = 0; filled < length; ) {
          const { bytesRead } = await handle.read(body, filled, length - filled, offset + filled);
          if (bytesRead === 0) throw truncatedObject(name, `it ended after ${String(offset + filled)} bytes`);
          filled += bytesRead;
        }
        return { ...info, body };
      } finally {
        await handle.close();
      }
    });
  }

  async head(name: string): Promise<ObjectInfo | undefined> {
    checkName(name);
    return await this.#translate("head", name, async () => {
      const stats = await statFile(join(this.location, name));
      return stats === undefined ? undefined : fileInfo(name, stats);
    });
  }

  async *list(prefix: string, options: { readonly startAfter?: string | undefined; readonly signal?: AbortSignal | undefined } = {}): AsyncGenerator<ObjectInfo> {
    checkObjectPrefix(prefix);
    try {
      yield* listFolder({ root: this.location, prefix, startAfter: options.startAfter ?? "", hidden: ownFolder, signal: options.signal });
    } catch (error) {
      throw directoryError(error, "list", join(this.location, prefix));
    }
  }

  async delete(name: string, options: { readonly etag?: string | undefined; readonly signal?: AbortSignal | undefined } = {}): Promise<void> {
    checkName(name);
    await this.#translate("delete", name, async () => {
      const path = join(this.location, name);
      if ((await statFile(path)) === undefined) return;
      const lock = await acquireFileLock(await this.#lockPath(name), { signal: options.signal });
      try {
        const stats = await statFile(path);
        if (stats === undefined) return;
        if (options.etag !== undefined && fileInfo(name, stats).etag !== options.etag) throw conditionFailed(name, "somebody else changed it");
        await unlink(path);
        await syncFolder(dirname(path));
      } finally {
        await lock.release();
      }
    });
  }

  /** Locks have names of their own, so that a lock is never mistaken for an object. */
  async #lockPath(name: string): Promise<string> {
    const folder = join(this.location, ownFolder, "locks");
    await makeFolder(folder);
    return join(folder, createHash("sha256").update(name).digest("hex").slice(0, 32));
  }

  async #translate<T>(operation: string, name: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (HoldfastError.isInstance(error) || systemCode(error) === undefined) throw error;
      throw directoryError(error, operation, join(this.location, name));
    }
  }
}

function checkName(name: string): void {
  checkObjectName(name);
  if (name === ownFolder || name.startsWith(`${ownFolder}/`)) throw objectNotFound(name, "the store's own folder");
}

function cannotLock(location: string): ConfigurationError {
  return new ConfigurationError(`The directory ${location} cannot lock what it keeps: immutability needs an S3 bucket with Object Lock; leave it out here.`, { code: "ObjectLockNotEnabled", context: { location } });
}
