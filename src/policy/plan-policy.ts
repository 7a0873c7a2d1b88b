import type { CallOptions, SnapshotLockRequest } from "../ports/index.js";
import { retainPolicy, type RetentionResult } from "./retain-points.js";
import { errorFacts, type ErrorFacts } from "./session-result.js";
import { describeResource } from "./selection/describe-resource.js";
import { Exclusions } from "./selection/exclusions.js";
import { selectForPolicy } from "./selection/select-resources.js";
import type { ResolvedPolicyOptions } from "./policy-options.js";

/** What a run would back up at this moment, and what it would leave out, with the reasons. JSON. */
export interface PolicyPlan {
  readonly policy: string;
  readonly resources: readonly PlannedResource[];
  readonly skipped: readonly { readonly resource: string; readonly reason: string }[];
  /** What is named and is not there, or cannot be asked for: the run would fail in these. */
  readonly failures: readonly { readonly resource: string; readonly error: ErrorFacts }[];
  /** Where each resource's snapshots would be copied to, and how many of them stay. */
  readonly replicas: readonly { readonly region: string; readonly keep: number; readonly lock?: SnapshotLockRequest | undefined }[];
  /** How the snapshots themselves would be locked, if they would be. */
  readonly snapshotLock?: SnapshotLockRequest | undefined;
  /** What retention would remove and keep at this moment, in the repository and the archive, before the run's own points. */
  readonly retention: readonly RetentionResult[];
  /** The next runs of the schedule: ISO 8601. */
  readonly nextRuns: readonly string[];
}

/** So many of the next runs are in a plan. */
const plannedRuns = 5;

/** One restore point that a run would make. */
export interface PlannedResource {
  readonly resource: string;
  readonly kind: "instance" | "volume";
  readonly name?: string | undefined;
  /** The entry of `include` that selects it. */
  readonly selectedBy: string;
  readonly volumes: readonly { readonly volumeId: string; readonly deviceName?: string | undefined; readonly sizeBytes: number }[];
  readonly excludedVolumes: readonly { readonly volumeId: string; readonly reason: string }[];
}

/** Selects as a run would, and makes nothing. */
export async function planPolicy(options: ResolvedPolicyOptions, now: Date, { signal }: CallOptions): Promise<PolicyPlan> {
  const exclusions = new Exclusions(options.exclude);
  const selection = await selectForPolicy(options, { exclusions, signal });
  const resources: PlannedResource[] = [];
  const skipped = selection.skipped.map(({ resource, reason }) => ({ resource, reason }));
  const failures = selection.failures.map(({ resource, error }) => ({ resource, error: errorFacts(error) }));
  for (const selected of selection.resources) {
    const { resource, kind, selectedBy } = selected;
    try {
      const { name, volumes, excludedVolumes } = await describeResource(selected.account.compute(selected.region), selected, exclusions, { signal });
      const planned = volumes.map(({ description: { volumeId, sizeBytes }, deviceName }) => ({ volumeId, ...(deviceName !== undefined && { deviceName }), sizeBytes }));
      const left = excludedVolumes.map(({ volumeId, reason }) => ({ volumeId, reason }));
      if (planned.length === 0) skipped.push({ resource, reason: "all its volumes are excluded" });
      else resources.push({ resource, kind, ...(name !== undefined && { name }), selectedBy, volumes: planned, excludedVolumes: left });
    } catch (error) {
      signal?.throwIfAborted();
      if (!(error instanceof Error)) throw error;
      failures.push({ resource, error: errorFacts(error) });
    }
  }
  return {
    policy: options.name,
    resources,
    skipped,
    failures,
    replicas: options.replicas.map(({ region, keep, lock }) => ({ region, keep, ...(lock !== undefined && { lock }) })),
    ...(options.lockSnapshots !== undefined && { snapshotLock: options.lockSnapshots }),
    retention: await retainPolicy(options, { now, isDryRun: true, signal }),
    nextRuns: options.schedule?.next(plannedRuns, { after: now }).map(({ at }) => at.toISOString()) ?? [],
  };
}
