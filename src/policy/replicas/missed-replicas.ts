import { asError } from "../../session/index.js";
import type { PolicyRun } from "../policy-run.js";
import type { EarlierPoint } from "../snapshots/earlier-point.js";
import { isWholeReplica } from "../snapshots/replica-tags.js";
import { replicaSets } from "./replica-sets.js";
import type { ReplicaSource } from "./replica-source.js";

/**
 * In which places, by their number in the options, the replica of an earlier point is missing. Not where one replica alone is kept: the next one takes its place. Where that cannot be asked it counts as missed: whoever
 * makes up for it asks again.
 */
export async function missedReplicas(run: PolicyRun, { line, account }: Pick<ReplicaSource, "line" | "account">, earlier: EarlierPoint): Promise<Map<number, EarlierPoint>> {
  const missed = new Map<number, EarlierPoint>();
  for (const [index, replica] of run.options.replicas.entries()) {
    if (replica.keep < 2) continue;
    try {
      if (isWholeReplica((await replicaSets((replica.account ?? account).compute(replica.region), line)).get(earlier.session) ?? [])) continue;
    } catch (error) {
      run.logger.warn("whether an earlier replica was missed could not be asked", { session: run.session.id, region: replica.region, error: asError(error).message });
    }
    missed.set(index, earlier);
  }
  return missed;
}
