import type { HeadObjectCommandOutput } from "@aws-sdk/client-s3";
import type { ObjectArchive } from "../../../ports/index.js";

/** Storage classes whose objects must be restored before they are read (Amazon S3 user guide, "Working with archived objects"). */
const archiveClasses: ReadonlySet<string> = new Set(["GLACIER", "DEEP_ARCHIVE"]);

/** What a HeadObject says of an archived object: its class, and in `x-amz-restore` how far its restore is. `undefined`: it can be read at once. */
export function archiveOf({ StorageClass: storageClass, ArchiveStatus: status, Restore: restore }: HeadObjectCommandOutput): ObjectArchive | undefined {
  // Intelligent-Tiering keeps its class when it archives, and says so apart.
  if (!archiveClasses.has(storageClass ?? "") && status === undefined) return undefined;
  if (restore?.includes('ongoing-request="true"') === true) return { state: "thawing" };
  if (restore?.includes('ongoing-request="false"') !== true) return { state: "archived" };
  const [, expiry = ""] = /expiry-date="([^"]+)"/.exec(restore) ?? [];
  const until = new Date(expiry);
  return Number.isNaN(until.getTime()) ? { state: "thawed" } : { state: "thawed", until };
}
