import type { SnapshotDescription, Tags } from "../../ports/index.js";

/** The id of the restore that made a resource, or is about to change it. */
export const restoreTag = "holdfast:restore";
/** What the resource is in that restore, and the digest of its options. */
export const partTag = "holdfast:restore-part";
/** The session that made a resource: by this the engine's roles are allowed to remove it, and to set other tags that come with it. */
export const sessionTag = "holdfast:session";
/** Of which restore point a snapshot or volume is, and which volume of that it holds. */
export const pointTag = "holdfast:restore-point";
export const sourceTag = "holdfast:source-volume";
/** The part of what a restore has given away for good. */
export const donePart = "done";

/** Whether a resource is what a restore that can be gone on with has made for its caller: no part of it any more. */
export function isGivenAway(tags: Tags): boolean {
  return tags[partTag]?.startsWith(`${donePart}:`) === true;
}

/** What EC2 says of a snapshot that was made of no volume: begun through EBS direct, or copied. */
const noVolume = "vol-ffffffff";

/** Whether a snapshot with a restore's tags was written by a restore. One that somebody took of a restored volume, with the volume's tags, has that volume's id, and is nothing of the restore's. */
export function isWritten({ volumeId }: Pick<SnapshotDescription, "volumeId">): boolean {
  return volumeId === noVolume;
}
