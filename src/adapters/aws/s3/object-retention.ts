import { ConflictError } from "../../../errors/index.js";
import type { ObjectLock } from "../../../ports/index.js";
import { describeAwsFailure, type AwsFailure } from "../aws-failure.js";
import { missingObject } from "./get-object.js";
import { addressOf, s3Call, type S3Place } from "./s3-place.js";

/** A call about one version of an object. */
export interface VersionCall {
  readonly name: string;
  readonly versionId: string;
  readonly signal?: AbortSignal | undefined;
}

/** How a version is locked, or was; `undefined` where it never was. */
export async function lockOf(place: S3Place, { name, versionId, signal }: VersionCall): Promise<ObjectLock | undefined> {
  const call = s3Call(place, { operation: "GetObjectRetention", rateClass: "read", permissions: ["s3:GetObjectRetention"], name, signal });
  return await place.calls.run(call, async (attempt) => {
    try {
      const { Retention } = await place.client.send((aws) => new aws.GetObjectRetentionCommand({ ...addressOf(place, name), VersionId: versionId }), { abortSignal: attempt.signal });
      const { Mode: mode, RetainUntilDate: until } = Retention ?? {};
      return mode === undefined || until === undefined ? undefined : { mode, until };
    } catch (error) {
      const failure = describeAwsFailure(error);
      // 405: a delete marker, which nothing locks.
      if (failure?.code === "NoSuchObjectLockConfiguration" || failure?.httpStatus === 405) return undefined;
      if (failure !== undefined && isGone(failure)) throw missingObject(place, name);
      throw error;
    }
  });
}

/** Locks a version, or extends its lock. S3 refuses what would shorten or weaken one. */
export async function extendLock(place: S3Place, version: VersionCall, lock: ObjectLock): Promise<void> {
  const { name, versionId, signal } = version;
  const call = s3Call(place, { operation: "PutObjectRetention", rateClass: "write", permissions: ["s3:PutObjectRetention"], name, signal });
  const input = { ...addressOf(place, name), VersionId: versionId, Retention: { Mode: lock.mode, RetainUntilDate: lock.until } };
  await place.calls.run(call, async (attempt) => {
    try {
      await place.client.send((aws) => new aws.PutObjectRetentionCommand(input), { abortSignal: attempt.signal });
    } catch (error) {
      const failure = describeAwsFailure(error);
      if (failure === undefined) throw error;
      if (isGone(failure) || failure.httpStatus === 405) throw missingObject(place, name);
      const present = failure.kind === "denied" ? await lockIfSeen(place, version) : undefined;
      const isStronger = present !== undefined && (present.mode !== lock.mode || present.until > lock.until);
      if (failure.code === "InvalidArgument" || isStronger || (failure.kind === "denied" && namesLock(failure))) throw refused(place, name, lock, present);
      throw error;
    }
  });
}

/** Whether a denial says itself that a lock is its reason; S3 says of both a lock and a missing permission `AccessDenied`. */
export function namesLock({ message }: AwsFailure): boolean {
  return /object ?lock/i.test(message);
}

/** The lock, to explain a denial; where it may not be seen, the denial stays unexplained. */
export async function lockIfSeen(place: S3Place, version: VersionCall): Promise<ObjectLock | undefined> {
  try {
    return await lockOf(place, version);
  } catch {
    version.signal?.throwIfAborted();
    return undefined;
  }
}

function isGone({ code }: AwsFailure): boolean {
  return code === "NoSuchKey" || code === "NoSuchVersion";
}

function refused({ bucket }: S3Place, name: string, lock: ObjectLock, present: ObjectLock | undefined): ConflictError {
  const reason = present === undefined ? "its lock is longer or stricter, or that time is past" : `it is locked in ${present.mode} mode until ${present.until.toISOString()}`;
  return new ConflictError(`${name} was not locked in ${lock.mode} mode until ${lock.until.toISOString()}: ${reason}. A lock is only ever extended, in its own mode: find out who changed it.`, {
    code: "LockRefused",
    context: { name, bucket },
  });
}
