import type { CallOptions, ObjectLock, ObjectVersion, ObjectVersions } from "../../../ports/index.js";
import { checkObjectName, checkObjectPrefix } from "../../../object-store/object-name.js";
import { describeAwsFailure, type AwsFailure } from "../aws-failure.js";
import { deleteVersion } from "./delete-version.js";
import { listObjectVersions } from "./list-object-versions.js";
import type { ListOptions } from "./list-objects.js";
import { extendLock, lockOf } from "./object-retention.js";
import { s3Call, type S3Place } from "./s3-place.js";

/** The versions of a prefix of a versioned bucket. */
export class S3ObjectVersions implements ObjectVersions {
  readonly canLock: boolean;
  readonly #place: S3Place;

  private constructor(place: S3Place, canLock: boolean) {
    this.#place = place;
    this.canLock = canLock;
  }

  /**
   * Asks S3 what the bucket can; `undefined` where it does not make versions. In a bucket whose versioning is suspended,
   * new objects replace each other, so it does not count as versioned.
   */
  static async open(place: S3Place): Promise<S3ObjectVersions | undefined> {
    return (await isVersioned(place)) ? new S3ObjectVersions(place, await hasObjectLock(place)) : undefined;
  }

  async *list(prefix: string, options: ListOptions = {}): AsyncGenerator<ObjectVersion> {
    checkObjectPrefix(prefix);
    yield* listObjectVersions(this.#place, prefix, options);
  }

  async delete(name: string, versionId: string, { signal }: CallOptions = {}): Promise<void> {
    checkObjectName(name);
    await deleteVersion(this.#place, { name, versionId, signal });
  }

  async lockOf(name: string, versionId: string, { signal }: CallOptions = {}): Promise<ObjectLock | undefined> {
    checkObjectName(name);
    return await lockOf(this.#place, { name, versionId, signal });
  }

  async extendLock(name: string, versionId: string, lock: ObjectLock, { signal }: CallOptions = {}): Promise<void> {
    checkObjectName(name);
    await extendLock(this.#place, { name, versionId, signal }, lock);
  }
}

async function isVersioned(place: S3Place): Promise<boolean> {
  const call = s3Call(place, { operation: "GetBucketVersioning", rateClass: "read", permissions: ["s3:GetBucketVersioning"] });
  const { Status } = await place.calls.run(call, (attempt) => place.client.send((aws) => new aws.GetBucketVersioningCommand(bucketOf(place)), { abortSignal: attempt.signal }));
  return Status === "Enabled";
}

async function hasObjectLock(place: S3Place): Promise<boolean> {
  const call = s3Call(place, { operation: "GetObjectLockConfiguration", rateClass: "read", permissions: ["s3:GetBucketObjectLockConfiguration"] });
  return await place.calls.run(call, async (attempt) => {
    try {
      const { ObjectLockConfiguration: configuration } = await place.client.send((aws) => new aws.GetObjectLockConfigurationCommand(bucketOf(place)), { abortSignal: attempt.signal });
      return configuration?.ObjectLockEnabled === "Enabled";
    } catch (error) {
      if (isLockMissing(describeAwsFailure(error))) return false;
      throw error;
    }
  });
}

/** S3 has a code for it; others say it in words alone. */
function isLockMissing(failure: AwsFailure | undefined): boolean {
  return failure?.code === "ObjectLockConfigurationNotFoundError" || (failure?.httpStatus === 404 && /Object Lock configuration does not exist/i.test(failure.message));
}

function bucketOf({ bucket: Bucket, expectedBucketOwner: ExpectedBucketOwner }: S3Place): { readonly Bucket: string; readonly ExpectedBucketOwner: string | undefined } {
  return { Bucket, ExpectedBucketOwner };
}
