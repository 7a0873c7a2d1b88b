import { inspect } from "node:util";
import type { CallOptions, GetOptions, ObjectContent, ObjectInfo, ObjectStore, ObjectVersions, PutOptions, RequestCounter, ThawOptions, ThawOutcome } from "../../../ports/index.js";
import { checkRange } from "../../../object-store/byte-range.js";
import { checkDeletedNames, checkObjectName, checkObjectPrefix } from "../../../object-store/object-name.js";
import { orAbort } from "../or-abort.js";
import { deleteObject, deleteOneByOne, type DeleteOptions } from "./delete-object.js";
import { deleteObjects } from "./delete-objects.js";
import { getObject } from "./get-object.js";
import { assertBucket, headObject, type HeadOptions } from "./head-object.js";
import { listObjects, type ListOptions } from "./list-objects.js";
import { putObject } from "./put-object.js";
import { S3ObjectVersions } from "./s3-object-versions.js";
import type { S3Place } from "./s3-place.js";
import { thawObject } from "./thaw-object.js";

/**
 * An `ObjectStore` in a prefix of an S3 bucket.
 *
 * Each object goes with its SHA-256, which S3 checks and keeps, and by which whole objects are checked when they are read.
 * A missing bucket is a `NotFoundError` (`BucketNotFound`), a bucket of another region a `ConfigurationError` (`WrongRegion`).
 */
export class S3ObjectStore implements ObjectStore {
  readonly location: string;
  readonly storageClass: string;
  readonly requests: RequestCounter;
  readonly #place: S3Place;
  #isBucketKnown = false;
  /** Some servers that speak S3 have no removal of several objects: that is found out once. */
  #removesMany = true;
  /** Asked once, for all who ask meanwhile too; a question that failed is asked again. */
  #versions: Promise<ObjectVersions | undefined> | undefined;

  constructor(place: S3Place) {
    this.location = `s3://${place.bucket}${place.keyPrefix === "" ? "" : `/${place.keyPrefix.slice(0, -1)}`}`;
    this.storageClass = place.storageClass ?? "STANDARD";
    this.requests = place.calls;
    this.#place = place;
  }

  async put(name: string, body: Uint8Array | readonly Uint8Array[], options: PutOptions = {}): Promise<ObjectInfo> {
    checkObjectName(name);
    return await putObject(this.#place, name, body, options);
  }

  async get(name: string, options: GetOptions = {}): Promise<ObjectContent> {
    checkObjectName(name);
    checkRange(options.range);
    return await getObject(this.#place, name, options);
  }

  async head(name: string, options: HeadOptions = {}): Promise<ObjectInfo | undefined> {
    checkObjectName(name);
    const info = await headObject(this.#place, name, options);
    if (info === undefined && !this.#isBucketKnown) await assertBucket(this.#place, options.signal);
    this.#isBucketKnown = true;
    return info;
  }

  async *list(prefix: string, options: ListOptions = {}): AsyncGenerator<ObjectInfo> {
    checkObjectPrefix(prefix);
    yield* listObjects(this.#place, prefix, options);
  }

  async delete(name: string, options: DeleteOptions = {}): Promise<void> {
    checkObjectName(name);
    await deleteObject(this.#place, name, options);
  }

  async deleteMany(names: readonly string[], { signal }: CallOptions = {}): Promise<void> {
    checkDeletedNames(names);
    signal?.throwIfAborted();
    if (this.#removesMany && (await deleteObjects(this.#place, names, signal)) === "removed") return;
    this.#removesMany = false;
    await deleteOneByOne(this.#place, names, signal);
  }

  async versions({ signal }: { readonly signal?: AbortSignal | undefined } = {}): Promise<ObjectVersions | undefined> {
    signal?.throwIfAborted();
    this.#versions ??= S3ObjectVersions.open(this.#place).catch((error: unknown) => {
      this.#versions = undefined;
      throw error;
    });
    return await orAbort(this.#versions, signal);
  }

  async thaw(name: string, options: ThawOptions): Promise<ThawOutcome> {
    checkObjectName(name);
    return await thawObject(this.#place, name, options);
  }

  /** How it prints: where it is. */
  [inspect.custom](): string {
    return `S3ObjectStore ${this.location}`;
  }
}
