import { HoldfastError, type PartialFailure } from "../errors/index.js";
import { printable } from "../printing/printable.js";
import { asError } from "../session/index.js";
import { Slots } from "../workers/index.js";
import type { PolicyRun, ResourceAttempts } from "./policy-run.js";
import { printSessionResult } from "./print-session-result.js";
import { protectResource } from "./protect-resource.js";
import { selectResources, type SelectedResource, type Selection } from "./selection/select-resources.js";
import { errorFacts, SessionFailureError, type ResourceResult, type SessionResult } from "./session-result.js";

/** Before the first retry; doubled for each further one. */
const firstRetryDelayMs = 5_000;

interface Outcome {
  readonly result: ResourceResult;
  readonly error?: Error | undefined;
}

/** One run: selects, backs up each resource, tries failed ones again where that may help, and says how each fared. */
export async function runPolicy(run: PolicyRun): Promise<SessionResult> {
  const { options, session, clock } = run;
  const startedMs = clock.monotonicMs();
  session.emit({ type: "session:started", session: session.id, policy: options.name, ...(run.run.done.size > 0 && { done: [...run.run.done] }) });
  const selected = await selectResources({ ...run.accounts, include: options.include, exclusions: run.exclusions, signal: run.run.signal });
  const selection = { ...selected, resources: selected.resources.filter(({ resource }) => !run.run.done.has(resource)) };
  announce(run, selection);
  const slots = new Slots(options.parallel);
  const work = selection.resources.map((resource) => slots.run(() => protectWithRetries(run, resource), run.run.signal));
  // after an abort: what is in flight settles before the session does
  await Promise.allSettled(work);
  run.run.signal.throwIfAborted();
  const outcomes = [...decided(run, selection), ...(await Promise.all(work))];
  const resources = outcomes.map((outcome) => outcome.result);
  const result = printable<SessionResult>({
    session: session.id,
    policy: options.name,
    repository: options.repository.location,
    startedAt: session.startedAt.toISOString(),
    endedAt: clock.now().toISOString(),
    durationMs: Math.round(clock.monotonicMs() - startedMs),
    resources,
    ...run.requests(resources),
  }, printSessionResult);
  const count = (wanted: ResourceResult["outcome"]): number => result.resources.filter(({ outcome }) => outcome === wanted).length;
  session.emit({ type: "session:ended", succeeded: count("succeeded"), failed: count("failed"), skipped: count("skipped"), resources: result.resources });
  const failures = outcomes.flatMap(({ result: { resource }, error }): PartialFailure[] => (error === undefined ? [] : [{ resource, error }]));
  if (failures.length > 0) throw new SessionFailureError(result, failures);
  return result;
}

function announce({ session, options }: PolicyRun, { resources, skipped, failures }: Selection): void {
  if (resources.length === 0 && failures.length === 0) session.emit({ type: "selection:empty", policy: options.name });
  else session.emit({ type: "selection:resolved", resources: resources.map(({ resource }) => resource) });
  for (const { resource, reason } of skipped) session.emit({ type: "resource:skipped", resource, reason });
  for (const { resource, error } of failures) session.emit({ type: "resource:failed", resource, attempt: 0, error: errorFacts(error), willRetry: false });
}

/** What was decided by the selection alone. */
function decided({ clock }: PolicyRun, { skipped, failures }: Selection): Outcome[] {
  const at = clock.now().toISOString();
  const untouched = { volumes: [], warnings: [], attempts: 0, startedAt: at, endedAt: at, durationMs: 0 };
  return [
    ...skipped.map(({ resource, kind, reason }): Outcome => ({ result: { resource, kind, outcome: "skipped", reason, ...untouched } })),
    ...failures.map(({ resource, kind, error }): Outcome => ({ result: { resource, kind, outcome: "failed", error: errorFacts(error), ...untouched }, error })),
  ];
}

/** Raises only after an abort: any other failure is the resource's own, and the others go on. */
async function protectWithRetries(run: PolicyRun, { resource, kind, ...selected }: SelectedResource): Promise<Outcome> {
  const { session, clock, options } = run;
  const startedAt = clock.now().toISOString();
  const startedMs = clock.monotonicMs();
  const state: ResourceAttempts = { warnings: [], bases: new Set(), replicas: new Map(), missedReplicas: new Map(), caughtUp: [], locks: new Map(), owedLocks: [], waiting: new Map(), archived: [], isArchived: false, removed: [], isRetained: false };
  const close = (attempts: number): Omit<ResourceResult, "resource" | "kind" | "outcome" | "reason" | "error"> => ({
    ...(state.made !== undefined && { point: state.made.point }),
    volumes: state.made?.volumes ?? [],
    ...(options.replicas.length > 0 && { replicas: [...state.replicas.values()] }),
    ...(state.caughtUp.length > 0 && { caughtUp: state.caughtUp }),
    ...((options.lockSnapshots !== undefined || options.replicas.some(({ lock }) => lock !== undefined)) && { locks: [...state.locks.values()] }),
    ...(state.waiting.size > 0 && { waiting: [...state.waiting.values()] }),
    ...(options.archive !== undefined && { archived: state.archived }),
    ...((options.retention ?? options.archive?.retention) !== undefined && { removed: state.removed }),
    warnings: state.warnings,
    attempts,
    startedAt,
    endedAt: clock.now().toISOString(),
    durationMs: Math.round(clock.monotonicMs() - startedMs),
  });
  for (let attempt = 1; ; attempt++) {
    run.run.signal.throwIfAborted();
    session.emit({ type: "resource:started", resource, attempt });
    try {
      const made = await protectResource(run, { resource, kind, ...selected }, attempt, state);
      if (made.outcome === "skipped") {
        session.emit({ type: "resource:skipped", resource, reason: made.reason });
        return { result: { resource, kind, ...made, ...close(attempt) } };
      }
      session.emit({ type: "resource:completed", resource, point: made.point });
      return { result: { resource, kind, outcome: "succeeded", ...close(attempt) } };
    } catch (thrown) {
      const error = asError(thrown);
      const willRetry = attempt <= options.retries && HoldfastError.isInstance(error) && error.retryable && !run.run.signal.aborted;
      session.emit({ type: "resource:failed", resource, attempt, error: errorFacts(error), willRetry });
      run.logger.warn("a resource could not be backed up", { session: session.id, resource, attempt, willRetry, error: error.message });
      if (!willRetry) return { result: { resource, kind, outcome: "failed", error: errorFacts(error), ...close(attempt) }, error };
    }
    await clock.sleep(firstRetryDelayMs * 2 ** (attempt - 1), run.run.signal);
  }
}
