import type { Bucket } from "../storage/bucket.js";
import type { BucketDecision } from "../storage/bucket.js";
import { assertRemovable } from "../storage/object-lock.js";
import { EMPTY_ATTRIBUTES, NULL_VERSION_ID, type ObjectVersion } from "../storage/object-version.js";
import { assertDeleteCondition } from "./conditions.js";
import { assertVersionId } from "./find-version.js";

export interface RemoveOptions {
  readonly bucket: Bucket;
  readonly key: string;
  readonly versionId: string | undefined;
  /** Judged on the current version, whichever one is removed. */
  readonly ifMatch: string | undefined;
  readonly mayBypassGovernance: boolean;
  readonly now: () => Date;
}

export interface RemovedObject {
  /** Of the removed version or of the delete marker that was made. */
  readonly versionId?: string;
  readonly isDeleteMarker: boolean;
}

/** Removes a version for good, or the object: for a versioned bucket that is a delete marker on top. */
export async function removeObject(options: RemoveOptions): Promise<RemovedObject> {
  const { bucket, key, versionId, ifMatch } = options;
  if (versionId !== undefined) assertVersionId(versionId);
  return bucket.change(key, ifMatch !== undefined, () => {
    assertDeleteCondition(key, bucket.versions(key)[0], ifMatch);
    return versionId === undefined ? removeCurrent(options) : removeVersion(options, versionId);
  });
}

function removeVersion(options: RemoveOptions, versionId: string): BucketDecision<RemovedObject> {
  const { bucket, key } = options;
  const version = bucket.versions(key).find((one) => one.versionId === versionId);
  if (version === undefined) return { changes: [], result: { versionId, isDeleteMarker: false } };
  assertRemovable(version, options.now().getTime(), options.mayBypassGovernance);
  return {
    changes: [{ change: "remove-version", key, versionId }],
    result: { versionId, isDeleteMarker: version.isDeleteMarker },
  };
}

function removeCurrent(options: RemoveOptions): BucketDecision<RemovedObject> {
  const { bucket, key } = options;
  const nowMs = options.now().getTime();
  if (bucket.settings.versioning === undefined) {
    const exists = bucket.versions(key).length > 0;
    return {
      changes: exists ? [{ change: "remove-version", key, versionId: NULL_VERSION_ID }] : [],
      result: { isDeleteMarker: false },
    };
  }
  const replaced = bucket.versions(key).find((one) => one.versionId === NULL_VERSION_ID);
  if (bucket.settings.versioning === "Suspended" && replaced !== undefined) {
    assertRemovable(replaced, nowMs, options.mayBypassGovernance);
  }
  const marker: ObjectVersion = {
    key,
    versionId: bucket.newVersionId(),
    isDeleteMarker: true,
    modifiedAtMs: nowMs,
    sizeBytes: 0,
    etag: "",
    segments: [],
    attributes: EMPTY_ATTRIBUTES,
  };
  return {
    changes: [{ change: "add-version", version: marker }],
    result: { versionId: marker.versionId, isDeleteMarker: true },
  };
}
