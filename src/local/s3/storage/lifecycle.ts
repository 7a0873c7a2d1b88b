import type { LifecycleRule } from "@aws-sdk/client-s3";
import type { Bucket } from "./bucket.js";
import type { BucketChange } from "./bucket-state.js";
import { isLocked } from "./object-lock.js";
import { EMPTY_ATTRIBUTES, type ObjectVersion } from "./object-version.js";

const DAY_MS = 24 * 60 * 60 * 1000;

/**
 * Carries out the bucket's lifecycle rules as of `nowMs`: expiry of current and noncurrent versions, of delete markers with nothing
 * behind them, and of unfinished uploads. Transitions are stored only. Locked versions stay.
 *
 * Days count from the moment itself: Amazon S3 rounds up to the next midnight UTC.
 */
export async function expireByLifecycle(bucket: Bucket, nowMs: number): Promise<void> {
  const rules = (bucket.settings.lifecycle?.rules ?? []).filter((rule) => rule.Status === "Enabled");
  if (rules.length === 0) return;
  const keys = [...bucket.state.keys.values()].map((versions) => (versions[0] as ObjectVersion).key);
  for (const key of keys) {
    await bucket.change(key, false, () => ({
      changes: rules.flatMap((rule) => changesOf(bucket, rule, key, nowMs)),
      result: undefined,
    }));
  }
  for (const { upload } of [...bucket.state.uploads.values()]) {
    const isExpired = rules.some((rule) => {
      const days = rule.AbortIncompleteMultipartUpload?.DaysAfterInitiation;
      return days !== undefined && isKeyOf(rule, upload.key) && nowMs >= upload.initiatedAtMs + days * DAY_MS;
    });
    if (!isExpired) continue;
    await bucket.changeUpload(upload.uploadId, () => ({
      changes: bucket.state.uploads.has(upload.uploadId) ? [{ change: "remove-upload", uploadId: upload.uploadId }] : [],
      result: undefined,
    }));
  }
}

function changesOf(bucket: Bucket, rule: LifecycleRule, key: string, nowMs: number): BucketChange[] {
  const versions = bucket.versions(key);
  const current = versions[0];
  if (current === undefined || !isKeyOf(rule, key)) return [];
  const changes: BucketChange[] = [];
  if (isCurrentExpired(rule, current, nowMs) && hasTagsOf(rule, current)) {
    changes.push(...expiryOf(bucket, current, nowMs));
  }
  if (rule.Expiration?.ExpiredObjectDeleteMarker === true && current.isDeleteMarker && versions.length === 1) {
    changes.push({ change: "remove-version", key, versionId: current.versionId });
  }
  const { NoncurrentDays: days, NewerNoncurrentVersions: keptCount = 0 } = rule.NoncurrentVersionExpiration ?? {};
  if (days === undefined) return changes;
  versions.forEach((version, at) => {
    // A version became noncurrent when the one before it in the list was made.
    const successor = versions[at - 1];
    if (successor === undefined || at <= keptCount || isLocked(version, nowMs) || !hasTagsOf(rule, version)) return;
    if (nowMs < successor.modifiedAtMs + days * DAY_MS) return;
    changes.push({ change: "remove-version", key, versionId: version.versionId });
  });
  return changes;
}

function isCurrentExpired(rule: LifecycleRule, current: ObjectVersion, nowMs: number): boolean {
  if (current.isDeleteMarker) return false;
  const { Days: days, Date: date } = rule.Expiration ?? {};
  // A date is text after a restart: the journal is JSON.
  if (date !== undefined) return nowMs >= new Date(date).getTime();
  return days !== undefined && nowMs >= current.modifiedAtMs + days * DAY_MS;
}

function expiryOf(bucket: Bucket, current: ObjectVersion, nowMs: number): BucketChange[] {
  const { key, versionId } = current;
  if (bucket.settings.versioning === undefined) return [{ change: "remove-version", key, versionId }];
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
  return [{ change: "add-version", version: marker }];
}

function isKeyOf(rule: LifecycleRule, key: string): boolean {
  // Rules of the first kind name the prefix themselves.
  const { Prefix: ownPrefix }: { readonly Prefix?: string | undefined } = rule;
  const prefix = rule.Filter?.Prefix ?? rule.Filter?.And?.Prefix ?? ownPrefix ?? "";
  return key.startsWith(prefix);
}

function hasTagsOf(rule: LifecycleRule, version: ObjectVersion): boolean {
  const tags = [...(rule.Filter?.And?.Tags ?? []), ...(rule.Filter?.Tag === undefined ? [] : [rule.Filter.Tag])];
  const above = rule.Filter?.ObjectSizeGreaterThan ?? rule.Filter?.And?.ObjectSizeGreaterThan;
  const below = rule.Filter?.ObjectSizeLessThan ?? rule.Filter?.And?.ObjectSizeLessThan;
  if (above !== undefined && version.sizeBytes <= above) return false;
  if (below !== undefined && version.sizeBytes >= below) return false;
  return tags.every(({ Key: name, Value: value }) => name !== undefined && version.attributes.tags[name] === value);
}
