import { asError } from "../session/index.js";
import type { Repository } from "../repository/repository.js";
import type { RestorePoint } from "../repository/points/restore-point.js";
import type { PointFacts } from "../repository/points/point-facts.js";
import type { Retention } from "../retention/retention.js";
import type { RetentionDecision, RetentionPlan } from "../retention/retention-plan.js";
import type { ResolvedPolicyOptions } from "./policy-options.js";
import { ageSnapshots, type SnapshotRetention } from "./snapshots/age-snapshots.js";
import { errorFacts, type ErrorFacts } from "./session-result.js";

/** What a retention did, or would do, in one repository. JSON. */
export interface RetentionResult {
  /** Where the repository lies. */
  readonly repository: string;
  /** What was decided, point by point. */
  readonly plan: RetentionPlan;
  /** The ids of the points that were removed; of a dry run, none. */
  readonly removed: readonly string[];
  /** What should have been removed and could not be: the next retention tries again. */
  readonly left: readonly { readonly point: string; readonly error: ErrorFacts }[];
  /** What becomes of snapshots and replicas, in the result of the repository that they belong to. */
  readonly snapshots?: SnapshotRetention | undefined;
}

/** Hears of each point that is removed or left. */
export interface RetentionHearer {
  readonly removed?: ((decision: RetentionDecision) => void) | undefined;
  readonly left?: ((decision: RetentionDecision, error: Error) => void) | undefined;
}

/** Plans for these points of a repository and carries it out. */
export async function retainPoints(
  repository: Repository,
  retention: Retention,
  points: readonly PointFacts[],
  { now, isDryRun, signal }: { readonly now: Date; readonly isDryRun: boolean; readonly signal?: AbortSignal | undefined },
  hearer: RetentionHearer = {},
): Promise<RetentionResult> {
  const plan = retention.plan(points, { now });
  const removed: string[] = [];
  const left: RetentionResult["left"][number][] = [];
  for (const decision of isDryRun ? [] : plan.remove) {
    signal?.throwIfAborted();
    try {
      await repository.remove(decision.id, { signal });
      removed.push(decision.id);
      hearer.removed?.(decision);
    } catch (thrown) {
      signal?.throwIfAborted();
      const error = asError(thrown);
      left.push({ point: decision.id, error: errorFacts(error) });
      hearer.left?.(decision, error);
    }
  }
  return { repository: repository.location, plan, removed, left };
}

/** Plans for all points of a policy, also those of resources that it selects no more, in its repository and its archive, with their snapshots and replicas, and carries it out. */
export async function retainPolicy(options: ResolvedPolicyOptions, run: { readonly now: Date; readonly isDryRun: boolean; readonly signal?: AbortSignal | undefined }): Promise<RetentionResult[]> {
  const results: RetentionResult[] = [];
  for (const place of [{ repository: options.repository, retention: options.retention }, options.archive]) {
    if (place?.retention === undefined) continue;
    const points = await factsOfPolicy(place.repository, options.name, run);
    const result = await retainPoints(place.repository, place.retention, points, run);
    if (place !== options.archive) {
      const gone = new Set(run.isDryRun ? result.plan.remove.map(({ id }) => id) : result.removed);
      results.push({ ...result, snapshots: await ageSnapshots(options, points.filter(({ id }) => !gone.has(id)), run) });
    } else {
      results.push(result);
    }
  }
  return results;
}

/** What retention asks of the points of a policy in a repository: all, or one resource's. */
export async function factsOfPolicy(repository: Repository, policy: string, { resource, signal }: { readonly resource?: string | undefined; readonly signal?: AbortSignal | undefined }): Promise<PointFacts[]> {
  const points: PointFacts[] = [];
  for await (const point of repository.pointFacts({ resource, signal })) if (point.policy === policy) points.push(point);
  return points;
}

/** The points of a policy in a repository: all, or one resource's. */
export async function pointsOfPolicy(repository: Repository, policy: string, { resource, signal }: { readonly resource?: string | undefined; readonly signal?: AbortSignal | undefined }): Promise<RestorePoint[]> {
  const points: RestorePoint[] = [];
  for await (const point of repository.restorePoints({ resource, signal })) if (point.policy === policy) points.push(point);
  return points;
}
