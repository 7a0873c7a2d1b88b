import { randomUUID } from "node:crypto";
import { mkdir, readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import type { LocalClock } from "../local-clock.js";
import { ServiceError } from "../service.js";
import { noSuchBucket, operationAborted } from "./s3-error.js";
import { resolveS3Limits, type ResolvedS3Limits, type S3StorageOptions } from "./s3-storage-options.js";
import { expireByLifecycle } from "./storage/lifecycle.js";
import { Bucket } from "./storage/bucket.js";
import type { BucketSettings } from "./storage/bucket-settings.js";
import { syncDirectory } from "./storage/sync-directory.js";

/** Folders with such names are buckets half made or half removed when the process ended; no bucket's name starts with a dot. */
const UNFINISHED_PREFIX = ".";

/**
 * The buckets of the local S3, on a directory.
 *
 * A folder a bucket, with a journal of what it holds and files named at random with the bytes. A process killed at any moment
 * leaves each operation done or not done.
 */
export class S3Storage {
  readonly limits: ResolvedS3Limits;
  readonly clock: LocalClock;
  readonly #directory: string;
  readonly #isDurable: boolean;
  readonly #buckets = new Map<string, Bucket>();
  /** Names of buckets being made or removed. */
  readonly #pendingNames = new Set<string>();
  readonly #stopListening: () => void;
  #lifecycleRun: Promise<void> = Promise.resolve();

  private constructor(options: S3StorageOptions) {
    this.#directory = join(options.directory, "buckets");
    this.#isDurable = options.durable ?? true;
    this.limits = resolveS3Limits(options.limits);
    this.clock = options.clock;
    this.#stopListening = options.clock.onAdvance(() => {
      this.#lifecycleRun = this.#lifecycleRun.then(() => this.#expire());
      // The failure is raised by whoever waits for it next: `settled` or `close`.
      this.#lifecycleRun.catch(() => undefined);
    });
  }

  /** Opens what `directory` holds; an empty or missing one is a new storage. */
  static async open(options: S3StorageOptions): Promise<S3Storage> {
    const storage = new S3Storage(options);
    await mkdir(storage.#directory, { recursive: true });
    for (const name of await readdir(storage.#directory)) {
      const path = join(storage.#directory, name);
      if (name.startsWith(UNFINISHED_PREFIX)) await rm(path, { recursive: true });
      else storage.#buckets.set(name, await Bucket.open(path, storage.#isDurable));
    }
    return storage;
  }

  bucket(name: string): Bucket {
    const bucket = this.#buckets.get(name);
    if (bucket === undefined) throw noSuchBucket(name);
    return bucket;
  }

  /** All buckets in the order of their names. */
  buckets(): Bucket[] {
    return [...this.#buckets.values()].sort((left, right) => (left.name < right.name ? -1 : 1));
  }

  async createBucket(settings: BucketSettings): Promise<void> {
    const { name } = settings;
    const existing = this.#buckets.get(name);
    if (existing?.settings.ownerAccountId === settings.ownerAccountId) {
      const message = "Your previous request to create the named bucket succeeded and you already own it.";
      throw new ServiceError("BucketAlreadyOwnedByYou", 409, message, { BucketName: name });
    }
    if (existing !== undefined) {
      const message =
        "The requested bucket name is not available. The bucket namespace is shared by all users of the system. Please select a different name and try again.";
      throw new ServiceError("BucketAlreadyExists", 409, message, { BucketName: name });
    }
    const owned = this.buckets().filter((bucket) => bucket.settings.ownerAccountId === settings.ownerAccountId);
    if (owned.length >= this.limits.maxBuckets) {
      throw new ServiceError("TooManyBuckets", 400, "You have attempted to create more buckets than allowed");
    }
    await this.#whilePending(name, async () => {
      const unfinished = this.#unfinishedPath();
      await mkdir(unfinished);
      await (await Bucket.open(unfinished, this.#isDurable, settings)).close();
      await rename(unfinished, join(this.#directory, name));
      if (this.#isDurable) await syncDirectory(this.#directory);
      this.#buckets.set(name, await Bucket.open(join(this.#directory, name), this.#isDurable));
    });
  }

  async deleteBucket(name: string): Promise<void> {
    const bucket = this.bucket(name);
    if (!bucket.isEmpty()) {
      const message = bucket.settings.versioning === undefined ? "" : " You must delete all versions in the bucket.";
      throw new ServiceError("BucketNotEmpty", 409, `The bucket you tried to delete is not empty.${message}`, {
        BucketName: name,
      });
    }
    await this.#whilePending(name, async () => {
      bucket.markDeleted();
      const unfinished = this.#unfinishedPath();
      await rename(join(this.#directory, name), unfinished);
      if (this.#isDurable) await syncDirectory(this.#directory);
      this.#buckets.delete(name);
      await bucket.close();
      await rm(unfinished, { recursive: true });
    });
  }

  /** Waits until the lifecycle rules that a jump of the clock set off have been carried out. */
  async settled(): Promise<void> {
    await this.#lifecycleRun;
  }

  /** Ends what is being written and closes all files. */
  async close(): Promise<void> {
    this.#stopListening();
    try {
      await this.#lifecycleRun;
    } finally {
      for (const bucket of this.#buckets.values()) await bucket.close();
      this.#buckets.clear();
    }
  }

  async #expire(): Promise<void> {
    for (const bucket of this.buckets()) await expireByLifecycle(bucket, this.clock.now().getTime());
  }

  #unfinishedPath(): string {
    return join(this.#directory, `${UNFINISHED_PREFIX}${randomUUID()}`);
  }

  async #whilePending(name: string, action: () => Promise<void>): Promise<void> {
    if (this.#pendingNames.has(name)) throw operationAborted(name);
    this.#pendingNames.add(name);
    try {
      await action();
    } finally {
      this.#pendingNames.delete(name);
    }
  }
}
