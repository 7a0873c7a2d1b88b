import { ServiceError } from "../../service.js";
import type { ObjectVersion, Restoration } from "../storage/object-version.js";

const ARCHIVED_CLASSES: ReadonlySet<string> = new Set(["GLACIER", "DEEP_ARCHIVE"]);

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** How long a restore takes, by storage class and tier; a tier without a time isn't offered. */
export type RestorationTimes = Readonly<Record<"GLACIER" | "DEEP_ARCHIVE", Readonly<Record<string, number>>>>;

/** The slow ends of what AWS gives. Source: Amazon S3 user guide, "Understanding archive retrieval options". */
export const DEFAULT_RESTORATION_TIMES_MS: RestorationTimes = {
  GLACIER: { Expedited: 5 * MINUTE_MS, Standard: 5 * HOUR_MS, Bulk: 12 * HOUR_MS },
  DEEP_ARCHIVE: { Standard: 12 * HOUR_MS, Bulk: 48 * HOUR_MS },
};

export function isArchived(version: ObjectVersion): boolean {
  return ARCHIVED_CLASSES.has(version.attributes.storageClass);
}

export function isRestoring(restoration: Restoration | undefined, nowMs: number): boolean {
  return restoration !== undefined && nowMs < restoration.readyAtMs;
}

export function isRestored(restoration: Restoration | undefined, nowMs: number): boolean {
  return restoration !== undefined && nowMs >= restoration.readyAtMs && nowMs < restoration.expiresAtMs;
}

/** The value of `x-amz-restore`; none where the object isn't archived, or its restored copy is gone. */
export function restoreHeader(restoration: Restoration | undefined, nowMs: number): string | undefined {
  if (restoration === undefined) return undefined;
  if (isRestoring(restoration, nowMs)) return 'ongoing-request="true"';
  if (!isRestored(restoration, nowMs)) return undefined;
  return `ongoing-request="false", expiry-date="${new Date(restoration.expiresAtMs).toUTCString()}"`;
}

/** Refuses to read an archived object that has no restored copy at the moment. */
export function assertReadable(version: ObjectVersion, nowMs: number): void {
  if (!isArchived(version) || isRestored(version.restoration, nowMs)) return;
  throw new ServiceError("InvalidObjectState", 403, "The operation is not valid for the object's storage class", {
    StorageClass: version.attributes.storageClass,
  });
}
