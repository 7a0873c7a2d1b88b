import type { Tags } from "../../ports/index.js";

/** The id of the restore that made a resource, or is about to change it. */
export const restoreTag = "holdfast:restore";
/** What the resource is in that restore, and the digest of its options. */
export const partTag = "holdfast:restore-part";
/** The part of what a restore has given away for good. */
export const donePart = "done";

/** Whether a resource is what a restore that can be gone on with has made for its caller: no part of it any more. */
export function isGivenAway(tags: Tags): boolean {
  return tags[partTag]?.startsWith(`${donePart}:`) === true;
}
