import type { LocalClock } from "../local-clock.js";

/** How the local S3 stores what it holds, and what it refuses. */
export interface S3StorageOptions {
  /** The folder for buckets and objects; made where it is missing, and never removed. */
  readonly directory: string;
  readonly clock: LocalClock;
  readonly limits?: S3Limits | undefined;
  /**
   * Whether data and journals are synced to the disk before a request succeeds (default true). A killed process loses nothing
   * either way; with `false`, a crash of the machine may.
   */
  readonly durable?: boolean | undefined;
}

/** Limits of the local S3; each can be lowered to try how a client copes. */
export interface S3Limits {
  /** Largest single put or part (default 5 GiB, Amazon S3's). */
  readonly maxPutBytes?: number | undefined;
  /** Smallest part of a multipart upload but the last (default 5 MiB, Amazon S3's). */
  readonly minPartBytes?: number | undefined;
  /** Writes and listings a second to one bucket before `SlowDown` (default unlimited; Amazon S3 gives 3,500 a prefix). */
  readonly writesPerSecond?: number | undefined;
  /** Reads a second of one bucket before `SlowDown` (default unlimited; Amazon S3 gives 5,500 a prefix). */
  readonly readsPerSecond?: number | undefined;
  /** General purpose buckets an account may have (default 10,000). */
  readonly maxBuckets?: number | undefined;
}

export interface ResolvedS3Limits {
  readonly maxPutBytes: number;
  readonly minPartBytes: number;
  readonly writesPerSecond: number;
  readonly readsPerSecond: number;
  readonly maxBuckets: number;
}

const MIB = 1024 * 1024;

export function resolveS3Limits(limits: S3Limits = {}): ResolvedS3Limits {
  return {
    maxPutBytes: limits.maxPutBytes ?? 5 * 1024 * MIB,
    minPartBytes: limits.minPartBytes ?? 5 * MIB,
    writesPerSecond: limits.writesPerSecond ?? Number.POSITIVE_INFINITY,
    readsPerSecond: limits.readsPerSecond ?? Number.POSITIVE_INFINITY,
    maxBuckets: limits.maxBuckets ?? 10_000,
  };
}
