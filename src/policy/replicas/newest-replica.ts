import type { CallOptions, Compute } from "../../ports/index.js";
import { isWholeReplica, replicaTime } from "../snapshots/replica-tags.js";
import type { SnapshotLine } from "../snapshots/snapshot-tags.js";
import { replicaSets } from "./replica-sets.js";

/** From when the newest whole and completed replica of a resource in a region is; undefined where there is none. */
export async function newestReplica(compute: Compute, line: SnapshotLine, options: CallOptions): Promise<Date | undefined> {
  const sets = [...(await replicaSets(compute, line, options)).values()].map((set) => set.filter(({ state }) => state === "completed"));
  const begun = sets.filter((set) => isWholeReplica(set)).map((set) => Math.min(...set.map((snapshot) => replicaTime(snapshot).getTime())));
  return begun.length === 0 ? undefined : new Date(Math.max(...begun));
}
