import type { Clock, Random } from "../../../ports/index.js";
import type { AwsCall, AwsCalls } from "../aws-calls.js";
import type { S3Package } from "../clients/aws-packages.js";
import type { LazyClient } from "../clients/lazy-client.js";
import type { HotRoad } from "../hot/hot-road.js";
import type { S3StorageClass } from "./s3-storage-options.js";
import { s3Error } from "./s3-error.js";

/** A prefix of a bucket, and how it is called. */
export interface S3Place {
  readonly client: LazyClient<S3Package>;
  /** The short road for reads and writes of objects, where there is one. */
  readonly hot?: HotRoad | undefined;
  readonly calls: AwsCalls;
  readonly random: Random;
  readonly clock: Clock;
  readonly bucket: string;
  /** Empty, or ending in `/`. */
  readonly keyPrefix: string;
  readonly region: string;
  /** Of what is put as cold. */
  readonly storageClass: S3StorageClass | undefined;
  readonly expectedBucketOwner: string | undefined;
}

/** S3 counts reads and writes of a prefix apart: so do the shared rates. */
export type S3RateClass = "read" | "write" | "list";

export interface S3CallOptions {
  readonly operation: string;
  readonly rateClass: S3RateClass;
  readonly permissions: readonly string[];
  /** The object's name in the store; absent for the bucket itself. */
  readonly name?: string | undefined;
  readonly deniedHint?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What every request for an object says of where it is. */
export function addressOf(place: S3Place, name: string): { readonly Bucket: string; readonly Key: string; readonly ExpectedBucketOwner: string | undefined } {
  return { Bucket: place.bucket, Key: place.keyPrefix + name, ExpectedBucketOwner: place.expectedBucketOwner };
}

/** A call about an object, or the bucket, as the layer that repeats it wants it. */
export function s3Call(place: S3Place, { operation, rateClass, permissions, name, deniedHint, signal }: S3CallOptions): AwsCall {
  const { bucket, keyPrefix, region, expectedBucketOwner, client } = place;
  const hints = [deniedHint, expectedBucketOwner === undefined ? undefined : `the bucket may belong to another account than ${expectedBucketOwner}`].filter((hint) => hint !== undefined);
  return {
    service: "s3",
    operation,
    region,
    client,
    resource: name === undefined ? `s3://${bucket}` : `s3://${bucket}/${keyPrefix}${name}`,
    permissions,
    rateClass: `${bucket}/${rateClass}`,
    ...(hints.length === 0 ? {} : { deniedHint: hints.join("; ") }),
    signal,
    translate: (failure) => s3Error(place, name, failure),
  };
}
