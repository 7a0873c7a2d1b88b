import type { Tags } from "../../ports/index.js";

/** What makes snapshots a policy's own: only these are ever removed. */
export interface SnapshotLine {
  readonly policy: string;
  /** The repository's id: policies of the same name in another repository have snapshots of their own. */
  readonly repositoryId: string;
  /** `<account>/<region>/<id>`. */
  readonly resource: string;
}

/** The tag that tells one run's snapshots from another's. */
export const sessionTag = "holdfast:session";

/** The tag that names the resource of a snapshot. */
export const resourceTag = "holdfast:resource";

/** The tags that all snapshots of a policy have. */
export function policyTags({ policy, repositoryId }: Pick<SnapshotLine, "policy" | "repositoryId">): Tags {
  return { "holdfast:policy": policy, "holdfast:repository": repositoryId };
}

/** The tags that all snapshots of a resource have, run after run. */
export function lineTags(line: SnapshotLine): Tags {
  return { ...policyTags(line), [resourceTag]: line.resource };
}

/** The tags of one run's snapshots. */
export function snapshotTags(line: SnapshotLine, session: string): Tags {
  return { ...lineTags(line), [sessionTag]: session };
}
