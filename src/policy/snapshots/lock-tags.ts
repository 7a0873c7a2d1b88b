import type { SnapshotLockRequest, Tags } from "../../ports/index.js";

/**
 * The tag of snapshots that are to be locked. Only these are asked for their locks before they are removed: a policy that locks nothing makes no
 * such call and needs no permission for it, and one that locks no more still waits for the locks it has given.
 */
export const lockTag = "holdfast:lock";

/** What marks a snapshot that is to be locked. */
export function lockTags(lock: SnapshotLockRequest | undefined): Tags {
  return lock === undefined ? {} : { [lockTag]: `${lock.mode} ${String(lock.days)}` };
}

/** For how many days a snapshot was to be locked, by its mark; undefined where it carries none. */
export function lockedDays(tags: Tags): number | undefined {
  const days = Number(/^\w+ (\d{1,5})$/.exec(tags[lockTag] ?? "")?.[1]);
  return Number.isNaN(days) ? undefined : days;
}
