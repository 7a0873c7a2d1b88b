import { ConflictError, HoldfastError } from "../errors/index.js";
import { asError } from "../session/index.js";
import { followUp } from "./follow-up.js";
import type { MadePoint, PolicyRun, ResourceAttempts } from "./policy-run.js";
import { missedReplicas } from "./replicas/missed-replicas.js";
import { runHook } from "./run-hook.js";
import { describeResource } from "./selection/describe-resource.js";
import type { SelectedResource } from "./selection/select-resources.js";
import { errorFacts, type SessionWarning } from "./session-result.js";
import type { EarlierPoint } from "./snapshots/earlier-point.js";
import { SnapshotCleaner } from "./snapshots/snapshot-cleaner.js";
import { lockTags } from "./snapshots/lock-tags.js";
import { keepWaiting } from "./snapshots/snapshot-locks.js";
import { snapshotTags, type SnapshotLine } from "./snapshots/snapshot-tags.js";
import { takeSnapshots, type VolumeSnapshot } from "./snapshots/take-snapshots.js";
import { writePoint } from "./write-point.js";

/** What one attempt at a resource made. */
export type ProtectedResource = ({ readonly outcome: "succeeded" } & MadePoint) | { readonly outcome: "skipped"; readonly reason: string };

/** Backs up one resource, if no earlier attempt did, and does what follows a restore point. */
export async function protectResource(run: PolicyRun, selected: SelectedResource, attempt: number, state: ResourceAttempts): Promise<ProtectedResource> {
  if (state.made === undefined) {
    const outcome = await backUpResource(run, selected, attempt, state);
    if (outcome.outcome === "skipped") return outcome;
    state.made = outcome;
  }
  await followUp(run, state.made.source, state);
  return { outcome: "succeeded", ...state.made };
}

/**
 * Snapshots of all volumes together, between the hooks, then each volume, then the commit, then the snapshots' retention. After a failure the
 * snapshots are removed that nothing is told from.
 */
async function backUpResource(run: PolicyRun, selected: SelectedResource, attempt: number, state: ResourceAttempts): Promise<ProtectedResource> {
  const { options, session } = run;
  const { warnings, bases } = state;
  const compute = selected.account.compute(selected.region);
  const resource = await describeResource(compute, selected, run.exclusions, run.run);
  if (resource.volumes.length === 0) return { outcome: "skipped", reason: `all its volumes are excluded: ${resource.excludedVolumes.map(({ volumeId, reason }) => `${volumeId} ${reason}`).join("; ")}` };
  const line: SnapshotLine = { policy: options.name, repositoryId: options.repository.id, resource: resource.resource };
  const cleaner = new SnapshotCleaner(compute, line, session.id, {
    removed: (snapshotId, reason) => session.emit({ type: "snapshot:removed", resource: resource.resource, snapshotId, reason }),
    left: (snapshotId, error) => {
      warnings.push({ code: "SnapshotLeft", message: `${snapshotId} could not be removed: ${error.message}` });
      session.emit({ type: "snapshot:left", resource: resource.resource, snapshotId, error: errorFacts(error) });
    },
    waiting: (snapshotId, reason) => keepWaiting(run, resource.resource, { region: resource.region, snapshotId, reason }, state),
  });
  const labels = { policyId: options.name, policyName: options.name, sessionId: session.id, resourceId: resource.resource, region: selected.region };
  const taken: VolumeSnapshot[] = [];
  try {
    run.run.signal.throwIfAborted();
    const hook = { resource: resource.resource, kind: resource.kind, id: resource.id, region: resource.region, attempt };
    taken.push(...(await betweenHooks(run, hook, state, () => takeSnapshots(compute, resource, { policy: options.name, tags: { ...options.workers.tagsFor?.(labels), ...snapshotTags(line, session.id), ...lockTags(options.lockSnapshots) } }, run.run))));
    const written = await writePoint(run, compute, resource, taken, (snapshotId) => bases.add(snapshotId));
    const { keepSnapshots: keep, lockSnapshots: lock } = options;
    const isNeeded = async (earlier: EarlierPoint): Promise<boolean> => {
      for (const [index, missed] of await missedReplicas(run, { line, account: selected.account }, earlier)) state.missedReplicas.set(index, missed);
      return state.missedReplicas.size > 0;
    };
    const owed = await tidy(run, warnings, () => cleaner.retire(options.repository, taken.map(({ snapshot }) => snapshot), { keep, lock, now: run.clock.now(), isNeeded }));
    state.owedLocks.push(...(owed ?? []));
    const snapshots = taken.map(({ snapshot: { volumeId, snapshotId } }) => ({ volumeId, snapshotId }));
    return { outcome: "succeeded", ...written, source: { line, account: selected.account, region: resource.region, snapshots } };
  } catch (error) {
    await tidy(run, warnings, () => cleaner.discard(taken.map(({ snapshot }) => snapshot.snapshotId), bases));
    throw overtaken(error, resource.resource) ?? error;
  }
}

/** Does `work` between the hooks: what was frozen before it is thawed after it, whatever happened. */
async function betweenHooks<Result>(run: PolicyRun, hook: Parameters<typeof runHook>[2], state: ResourceAttempts, work: () => Promise<Result>): Promise<Result> {
  let result: Result;
  try {
    await runHook(run, "before", hook, state);
    result = await work();
  } catch (error) {
    try {
      await runHook(run, "after", hook, state);
    } catch (later) {
      state.warnings.push({ code: "HookFailed", message: asError(later).message });
    }
    throw error;
  }
  await runHook(run, "after", hook, state);
  return result;
}

/** A snapshot of this very run is gone: a later run of the policy was faster, and took this one's snapshots for left over. */
function overtaken(error: unknown, resource: string): ConflictError | undefined {
  if (!(HoldfastError.isInstance(error) && error.code === "SnapshotNotFound")) return undefined;
  return new ConflictError(`A snapshot that this run had taken of ${resource} is gone: another run of the policy was faster, or somebody removed it. Nothing was committed. It is tried again with new snapshots.`, {
    code: "Overtaken",
    retryable: true,
    context: { resource },
    cause: error,
  });
}

/** Cleaning up never costs the restore point, nor hides why there is none; what could not be checked is a warning. */
async function tidy<Result>(run: PolicyRun, warnings: SessionWarning[], work: () => Promise<Result>): Promise<Result | undefined> {
  try {
    return await work();
  } catch (error) {
    const { message } = asError(error);
    warnings.push({ code: "SnapshotsNotChecked", message: `Snapshots that are needed no more could not be looked for: ${message} The next run tries again.` });
    run.logger.warn("snapshots that are needed no more could not be looked for", { session: run.session.id, error: message });
    return undefined;
  }
}
