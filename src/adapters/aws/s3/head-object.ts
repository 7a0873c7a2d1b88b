import type { HeadObjectCommandOutput } from "@aws-sdk/client-s3";
import type { ObjectInfo } from "../../../ports/index.js";
import { describeAwsFailure } from "../aws-failure.js";
import { archiveOf } from "./archive-state.js";
import { bucketNotFound } from "./s3-error.js";
import { addressOf, s3Call, type S3Place } from "./s3-place.js";

export interface HeadOptions {
  readonly versionId?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** An object's facts, or `undefined` where S3 answers 404: for an object or a bucket that is not there. */
export async function headObject(place: S3Place, name: string, { versionId, signal }: HeadOptions): Promise<ObjectInfo | undefined> {
  const call = s3Call(place, {
    operation: "HeadObject",
    rateClass: "read",
    permissions: [versionId === undefined ? "s3:GetObject" : "s3:GetObjectVersion"],
    deniedHint: "without s3:ListBucket, S3 says the same of an object that is not there",
    name,
    signal,
  });
  return await place.calls.run(call, async (attempt) => {
    try {
      return describe(name, await place.client.send((aws) => new aws.HeadObjectCommand({ ...addressOf(place, name), VersionId: versionId }), { abortSignal: attempt.signal }));
    } catch (error) {
      const status = describeAwsFailure(error)?.httpStatus;
      // 405: the version is a delete marker. S3 answers HEAD without a body, so the status is all there is.
      if (status === 404 || status === 405) return undefined;
      throw error;
    }
  });
}

function describe(name: string, answer: HeadObjectCommandOutput): ObjectInfo | undefined {
  const { ContentLength: sizeBytes, ETag: etag, VersionId: versionId, LastModified: modifiedAt, ObjectLockMode: mode, ObjectLockRetainUntilDate: until } = answer;
  if (sizeBytes === undefined || etag === undefined) return undefined;
  const archive = archiveOf(answer);
  return {
    name,
    sizeBytes,
    etag,
    ...(versionId === undefined ? {} : { versionId }),
    ...(modifiedAt === undefined ? {} : { modifiedAt }),
    ...(mode === undefined || until === undefined ? {} : { lock: { mode, until } }),
    ...(archive === undefined ? {} : { archive }),
  };
}

/** Raises `NotFoundError` (`BucketNotFound`) where the bucket is not there; where asking is not allowed, it is taken to be. */
export async function assertBucket(place: S3Place, signal: AbortSignal | undefined): Promise<void> {
  const { bucket: Bucket, expectedBucketOwner: ExpectedBucketOwner } = place;
  const call = s3Call(place, { operation: "HeadBucket", rateClass: "read", permissions: ["s3:ListBucket"], signal });
  await place.calls.run(call, async (attempt) => {
    try {
      await place.client.send((aws) => new aws.HeadBucketCommand({ Bucket, ExpectedBucketOwner }), { abortSignal: attempt.signal });
    } catch (error) {
      const failure = describeAwsFailure(error);
      if (failure?.httpStatus === 404) throw bucketNotFound(place);
      if (failure?.kind !== "denied") throw error;
    }
  });
}
