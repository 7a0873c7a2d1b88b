import type { CallOptions, Compute, SnapshotDescription } from "../../ports/index.js";
import { carriesTags } from "../selection/carries-tags.js";
import { sessionTag, type SnapshotLine } from "../snapshots/snapshot-tags.js";
import { isWholeReplica, replicaTags, replicaTime } from "../snapshots/replica-tags.js";

/** From when the newest whole and completed replica of a resource in a region is; undefined where there is none. */
export async function newestReplica(compute: Compute, line: SnapshotLine, options: CallOptions): Promise<Date | undefined> {
  const wanted = replicaTags(line);
  const sets = new Map<string, SnapshotDescription[]>();
  for await (const snapshot of compute.snapshotsByTags(wanted, options)) {
    if (!carriesTags(snapshot.tags, wanted) || snapshot.state !== "completed") continue;
    const of = snapshot.tags[sessionTag] ?? "";
    sets.set(of, [...(sets.get(of) ?? []), snapshot]);
  }
  const begun = [...sets.values()].filter((set) => isWholeReplica(set)).map((set) => Math.min(...set.map((snapshot) => replicaTime(snapshot).getTime())));
  return begun.length === 0 ? undefined : new Date(Math.max(...begun));
}
