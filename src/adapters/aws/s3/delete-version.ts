import { ConflictError } from "../../../errors/index.js";
import { describeAwsFailure, type AwsFailure } from "../aws-failure.js";
import { lockIfSeen, namesLock, type VersionCall } from "./object-retention.js";
import { addressOf, s3Call, type S3Place } from "./s3-place.js";

/** Removes one version, or delete marker, for good. Never asks to bypass governance. */
export async function deleteVersion(place: S3Place, version: VersionCall): Promise<void> {
  const { name, versionId, signal } = version;
  const call = s3Call(place, { operation: "DeleteObject", rateClass: "write", permissions: ["s3:DeleteObjectVersion"], name, signal });
  await place.calls.run(call, async (attempt) => {
    try {
      await place.client.send((aws) => new aws.DeleteObjectCommand({ ...addressOf(place, name), VersionId: versionId }), { abortSignal: attempt.signal });
    } catch (error) {
      const failure = describeAwsFailure(error);
      if (failure?.code === "NoSuchVersion" || failure?.code === "NoSuchKey") return;
      if (failure?.kind === "denied" && (await isLocked(place, version, failure))) throw locked(place, version);
      throw error;
    }
  });
}

async function isLocked(place: S3Place, version: VersionCall, failure: AwsFailure): Promise<boolean> {
  if (namesLock(failure)) return true;
  const lock = await lockIfSeen(place, version);
  return lock !== undefined && lock.until > place.clock.now();
}

function locked({ bucket }: S3Place, { name, versionId }: VersionCall): ConflictError {
  return new ConflictError(`The version ${versionId} of ${name} was not removed: it is locked. Remove it after its lock has ended.`, { code: "ObjectLocked", context: { name, versionId, bucket } });
}
