import type { ObjectVersion } from "../../ports/index.js";
import type { NamedVersions } from "../locks/named-versions.js";

/** One deed of a recovery. */
export interface RecoverStep {
  readonly object: string;
  /**
   * `remove-delete-marker`: the object comes back. `remove-version`: one that somebody put over the authentic one is removed for good.
   * `put-on-top`: the authentic bytes are put again, over a foreign version that is locked. `hide`: an object under whose name nothing authentic ever was gets a delete marker.
   */
  readonly action: "remove-delete-marker" | "remove-version" | "put-on-top" | "hide";
  /** The version that goes. */
  readonly versionId?: string | undefined;
  readonly reason: string;
}

/** What must go so that `standing` is what its name stands for: everything that is newer. */
export function planRestored({ name, versions }: NamedVersions, standing: ObjectVersion): RecoverStep[] {
  const newer = versions.slice(0, Math.max(0, versions.findIndex(({ versionId }) => versionId === standing.versionId)));
  return newer.map(({ versionId, isDeleteMarker }) =>
    isDeleteMarker
      ? { object: name, action: "remove-delete-marker", versionId, reason: "a delete marker hides the authentic version" }
      : { object: name, action: "remove-version", versionId, reason: "this version lies over the one that the repository wrote last" },
  );
}

/** What is done about a name none of whose versions is this repository's. */
export function planForeign({ name, versions }: NamedVersions): RecoverStep[] {
  const [newest] = versions;
  if (newest === undefined || newest.isDeleteMarker) return [];
  return [{ object: name, action: "hide", reason: "no version of it was written with this repository's keys, and lists would stop at it" }];
}
