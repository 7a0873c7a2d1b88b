import type { HeadObjectOutput, ServerSideEncryption, StorageClass } from "@aws-sdk/client-s3";
import { checksumMembers } from "../checksums/claimed-checksum.js";
import type { Bucket } from "../storage/bucket.js";
import type { ObjectEncryption, ObjectVersion } from "../storage/object-version.js";
import { restoreHeader } from "./restoration.js";

export function encryptionMembers(
  encryption: ObjectEncryption,
): Pick<HeadObjectOutput, "ServerSideEncryption" | "SSEKMSKeyId" | "BucketKeyEnabled"> {
  const { algorithm, kmsKeyId, isBucketKeyEnabled } = encryption;
  return {
    ServerSideEncryption: algorithm as ServerSideEncryption,
    ...(kmsKeyId === undefined ? {} : { SSEKMSKeyId: kmsKeyId }),
    ...(isBucketKeyEnabled === true ? { BucketKeyEnabled: true } : {}),
  };
}

/** Buckets that were never versioned don't speak of versions. */
export function versionIdMember(bucket: Bucket, version: ObjectVersion): { readonly VersionId?: string } {
  return bucket.settings.versioning === undefined ? {} : { VersionId: version.versionId };
}

/** What GetObject and HeadObject say of a version alike, its checksum where the whole of it is spoken of. */
export function describeObject(
  bucket: Bucket,
  version: ObjectVersion,
  options: { readonly nowMs: number; readonly withChecksum: boolean; readonly withRetention: boolean },
): Omit<HeadObjectOutput, "ContentLength"> {
  const { headers, metadata, storageClass, retention, isLegallyHeld, encryption, tags } = version.attributes;
  const { Expires: expires, ...otherHeaders } = headers;
  const restore = restoreHeader(version.restoration, options.nowMs);
  const tagCount = Object.keys(tags).length;
  return {
    AcceptRanges: "bytes",
    ETag: `"${version.etag}"`,
    LastModified: new Date(version.modifiedAtMs),
    Metadata: { ...metadata },
    ...otherHeaders,
    ...expiresMember(expires),
    ...(storageClass === "STANDARD" ? {} : { StorageClass: storageClass as StorageClass }),
    ...encryptionMembers(encryption),
    ...versionIdMember(bucket, version),
    ...(options.withChecksum ? checksumMembers(version.checksum) : {}),
    ...(retention === undefined || !options.withRetention
      ? {}
      : { ObjectLockMode: retention.mode, ObjectLockRetainUntilDate: new Date(retention.untilMs) }),
    ...(isLegallyHeld === undefined ? {} : { ObjectLockLegalHoldStatus: isLegallyHeld ? "ON" : "OFF" }),
    ...(restore === undefined ? {} : { Restore: restore }),
    ...(tagCount === 0 ? {} : { TagCount: tagCount }),
  };
}

/** The header is still sent, though clients would rather read it as text. */
function expiresMember(expires: string | undefined): Readonly<Record<string, Date>> {
  return expires === undefined ? {} : { Expires: new Date(expires) };
}
