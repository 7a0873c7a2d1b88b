import { HoldfastError } from "../errors/index.js";
import type { Repository } from "../repository/repository.js";
import type { Retention } from "../retention/retention.js";
import { asError } from "../session/index.js";
import type { PolicyRun, ResourceAttempts } from "./policy-run.js";
import type { ReplicaSource } from "./replicas/replica-source.js";
import { catchUp, replicate } from "./replicas/replicate.js";
import { repositoryWorkers } from "./repository-workers.js";
import { factsOfPolicy, retainPoints } from "./retain-points.js";
import { lockSnapshots, setLocks } from "./snapshots/snapshot-locks.js";
import { errorFacts } from "./session-result.js";

/**
 * What is done once a restore point is committed: locks (also those that earlier points are owed), replicas (also one that the earlier point has missed), the archive, retention. What was done in an earlier attempt is not done again.
 * A failure does not keep the rest from being done; the first is raised at the end. That retention could not remove something is a warning: the
 * resource is protected, and the next run tries again.
 */
export async function followUp(run: PolicyRun, source: ReplicaSource, state: ResourceAttempts): Promise<void> {
  const { options, session } = run;
  const { resource } = source.line;
  const failures: Error[] = [];
  if (options.lockSnapshots !== undefined) failures.push(...(await lockSnapshots(run, source.account.compute(source.region), resource, source.snapshots.map(({ snapshotId }) => snapshotId), options.lockSnapshots, state)));
  for (const [index, replica] of options.replicas.entries()) {
    const tryTo = async (work: () => Promise<void>): Promise<void> => {
      try {
        await work();
      } catch (thrown) {
        run.run.signal.throwIfAborted();
        const error = asError(thrown);
        session.emit({ type: "replica:failed", resource, region: replica.region, error: errorFacts(error) });
        failures.push(error);
      }
    };
    const missed = state.missedReplicas.get(index);
    if (missed !== undefined) {
      await tryTo(async () => {
        const caughtUp = await catchUp(run, source, replica, missed, state);
        if (caughtUp !== undefined) state.caughtUp.push(caughtUp);
        state.missedReplicas.delete(index);
      });
    }
    if (!state.replicas.has(index)) await tryTo(async () => void state.replicas.set(index, await replicate(run, source, replica, state)));
  }
  for (const [index, { account, region, lock }] of options.replicas.entries()) {
    const made = state.replicas.get(index);
    if (made !== undefined && lock !== undefined) failures.push(...(await lockSnapshots(run, (account ?? source.account).compute(region), resource, made.snapshots.map(({ snapshotId }) => snapshotId), lock, state)));
  }
  failures.push(...(await setLocks(run, resource, state.owedLocks, state)));
  if (!state.isArchived) {
    try {
      await archive(run, resource, state);
      state.isArchived = true;
    } catch (thrown) {
      run.run.signal.throwIfAborted();
      const error = asError(thrown);
      session.emit({ type: "archive:failed", resource, error: errorFacts(error) });
      failures.push(error);
    }
  }
  if (!state.isRetained) {
    // a point is not removed in the run in which its copy could not be made
    if (state.isArchived && options.retention) await retain(run, resource, options.repository, options.retention, state);
    if (state.isArchived && options.archive?.retention) await retain(run, resource, options.archive.repository, options.archive.retention, state);
    state.isRetained = state.isArchived;
  }
  const [first, ...others] = failures;
  for (const error of others) state.warnings.push({ code: "AlsoFailed", message: error.message });
  if (first !== undefined) throw first;
}

/** Copies into the archive what carries one of its flags and is not there: also what an earlier run could not copy. */
async function archive(run: PolicyRun, resource: string, state: ResourceAttempts): Promise<void> {
  const { options, session, clock } = run;
  const { signal } = run.run;
  if (options.archive === undefined || options.retention === undefined) return;
  const { repository, flags } = options.archive;
  const points = await factsOfPolicy(options.repository, options.name, { resource, signal });
  const flagged = new Set(options.retention.plan(points, { now: clock.now() }).keep.filter((decision) => decision.flags.some((flag) => flags.has(flag))).map(({ id }) => id));
  for await (const { copyOf } of repository.pointFacts({ resource, signal })) if (copyOf !== undefined) flagged.delete(copyOf);
  const workers = repositoryWorkers(options.workers, { policyId: options.name, policyName: options.name, sessionId: session.id, resourceId: resource }, [options.repository, repository]);
  for (const point of points) {
    if (!flagged.has(point.id)) continue;
    const { points: copied } = await options.repository.copy(point.id, repository, { workers, signal });
    for (const { copy } of copied) {
      state.archived.push(copy);
      session.emit({ type: "point:archived", resource, point: point.id, copy, repository: repository.location });
    }
  }
}

async function retain(run: PolicyRun, resource: string, repository: Repository, retention: Retention, state: ResourceAttempts): Promise<void> {
  const { options, session, clock } = run;
  const { signal } = run.run;
  const { location } = repository;
  try {
    const points = await factsOfPolicy(repository, options.name, { resource, signal });
    const { plan } = await retainPoints(repository, retention, points, { now: clock.now(), isDryRun: false, signal }, {
      removed: ({ id, reasons }) => {
        state.removed.push(id);
        session.emit({ type: "point:removed", resource, point: id, repository: location, reason: reasons.map(({ text }) => text).join("; ") });
      },
      left: ({ id }, error) => {
        state.warnings.push({ code: "PointLeft", message: `${id} could not be removed from ${location}: ${error.message}` });
        session.emit({ type: "point:left", resource, point: id, repository: location, error: errorFacts(error) });
      },
    });
    session.emit({ type: "retention:completed", resource, repository: location, summary: plan.summary });
  } catch (thrown) {
    signal.throwIfAborted();
    if (!HoldfastError.isInstance(thrown)) throw thrown;
    state.warnings.push({ code: "RetentionFailed", message: `Retention in ${location} could not be carried out: ${thrown.message} The next run tries again.` });
    session.emit({ type: "retention:failed", resource, repository: location, error: errorFacts(thrown) });
  }
}
