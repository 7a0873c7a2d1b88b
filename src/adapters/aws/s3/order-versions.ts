import type { ObjectVersion } from "../../../ports/index.js";

/**
 * The entries of one page, newest first within a name. S3 lists them so, versions and delete markers mixed; other servers
 * list first the versions, then the markers, and leave it to the times which of two is newer.
 */
export function orderVersions(listed: readonly ObjectVersion[]): readonly ObjectVersion[] {
  const changes = listed.filter(({ isDeleteMarker }, at) => at > 0 && listed[at - 1]?.isDeleteMarker !== isDeleteMarker).length;
  return changes === 1 ? [...listed].sort(byNameAndAge) : listed;
}

/** Of equals the one that was listed first stays first. */
function byNameAndAge(a: ObjectVersion, b: ObjectVersion): number {
  if (a.name !== b.name) return Buffer.compare(Buffer.from(a.name), Buffer.from(b.name));
  if (a.isLatest !== b.isLatest) return a.isLatest ? -1 : 1;
  return (b.modifiedAt?.getTime() ?? 0) - (a.modifiedAt?.getTime() ?? 0);
}
