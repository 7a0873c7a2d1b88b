import type { CallOptions, Compute, SnapshotDescription } from "../../ports/index.js";
import { carriesTags } from "../selection/carries-tags.js";
import { replicaTags } from "../snapshots/replica-tags.js";
import { sessionTag, type SnapshotLine } from "../snapshots/snapshot-tags.js";

/** All replicas of a resource in a place, each run's together, by its session. */
export async function replicaSets(target: Compute, line: SnapshotLine, options: CallOptions = {}): Promise<Map<string, SnapshotDescription[]>> {
  const wanted = replicaTags(line);
  const sets = new Map<string, SnapshotDescription[]>();
  for await (const snapshot of target.snapshotsByTags(wanted, options)) {
    if (!carriesTags(snapshot.tags, wanted)) continue;
    const session = snapshot.tags[sessionTag] ?? "";
    sets.set(session, [...(sets.get(session) ?? []), snapshot]);
  }
  return sets;
}
