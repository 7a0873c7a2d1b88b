import { invalidArgument, methodNotAllowed, noSuchKey, noSuchVersion } from "../s3-error.js";
import type { Bucket } from "../storage/bucket.js";
import type { ObjectVersion } from "../storage/object-version.js";

/** The object version that a request names, or the current one. A delete marker is no object: 404, or 405 where it is named. */
export function findObject(bucket: Bucket, key: string, versionId: string | undefined, method: string): ObjectVersion {
  if (versionId === undefined) {
    const current = bucket.versions(key)[0];
    if (current === undefined) throw noSuchKey(key);
    if (!current.isDeleteMarker) return current;
    throw noSuchKey(key, markerHeaders(current));
  }
  const version = bucket.versions(key).find((one) => one.versionId === assertVersionId(versionId));
  if (version === undefined) throw noSuchVersion(key, versionId);
  if (!version.isDeleteMarker) return version;
  throw methodNotAllowed(method, { ...markerHeaders(version), LastModified: new Date(version.modifiedAtMs) });
}

export function assertVersionId(versionId: string): string {
  if (/^[\w.-]{1,1024}$/.test(versionId)) return versionId;
  throw invalidArgument("Invalid version id specified", "versionId", versionId);
}

/** The error carries what the operation's answer has in headers. */
function markerHeaders(marker: ObjectVersion): Readonly<Record<string, unknown>> {
  return { DeleteMarker: true, VersionId: marker.versionId };
}
