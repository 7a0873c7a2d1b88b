import type { CallOptions } from "../ports/index.js";
import { countRequests } from "../telemetry/session-metrics.js";
import { asError, measureRequests, ownSignal, type EngineEnvironment, type RunningSession } from "../session/index.js";
import type { PolicyEvent } from "./policy-events.js";
import type { ResolvedPolicyOptions } from "./policy-options.js";
import { occasionOf, type SessionOutcome } from "./session-notification.js";
import { alertOfRun } from "./check-alerts.js";
import { tellSession } from "./tell-session.js";
import { errorFacts, SessionFailureError, type SessionResult } from "./session-result.js";

/** Events that a record keeps: the newest of them. */
const maxEvents = 5_000;

/**
 * Does a run under the policy's lease and with a record in its repository. `ConflictError` (`PolicyRunning`) where another process runs the
 * policy. The work's signal aborts also where another process takes the policy over.
 */
export async function recordRun(
  options: ResolvedPolicyOptions,
  environment: EngineEnvironment,
  session: RunningSession<PolicyEvent>,
  { signal: given, dueAt, ended }: CallOptions & { readonly dueAt?: Date | undefined; readonly ended?: string | undefined },
  work: (session: RunningSession<PolicyEvent>, signal: AbortSignal) => Promise<SessionResult>,
): Promise<SessionResult> {
  const { logger, clock } = environment;
  const recorded = await options.repository.beginRun({ policy: options.name, session: session.id, startedAt: session.startedAt, dueAt, ended }, { signal: given });
  const requestsSince = measureRequests([options.account.requests, ...options.replicas.map(({ account }) => account.requests), options.repository.requests, options.archive?.repository.requests]);
  const signal = ownSignal([given, recorded.lost]);
  const events: Readonly<Record<string, unknown>>[] = [];
  const hearing: RunningSession<PolicyEvent> = {
    ...session,
    emit: (event) => {
      session.emit(event);
      if (event.type.endsWith(":progress")) return;
      // the results are in the record beside the events
      const at = clock.now();
      events.push(event.type === "session:ended" ? { ...event, at, resources: undefined } : { ...event, at });
      if (events.length > 2 * maxEvents) events.splice(0, maxEvents);
    },
  };
  const end = async (end: Omit<Parameters<typeof recorded.end>[0], "events" | "result">, result: SessionResult | undefined): Promise<void> => {
    try {
      // before the record is closed, which says who was told
      const ended: SessionOutcome = { occasion: occasionOf(end.state, result), policy: options.name, session: session.id, startedAt: session.startedAt, endedAt: clock.now(), error: end.error, result };
      await tellSession(options, environment, hearing, ended);
      await alertOfRun(options, environment, hearing, ended);
      const requests = requestsSince();
      if (requests !== undefined) countRequests(requests);
      await recorded.end({ ...end, ...(result !== undefined && { result: plain(result) }), requests, events: events.slice(-maxEvents).map(plain) }, { keepDays: options.keepSessionDays });
    } catch (thrown) {
      const error = asError(thrown);
      session.emit({ type: "session:unrecorded", error: errorFacts(error) });
      logger.warn("the record of a session could not be written", { session: session.id, error: error.message });
    }
  };
  try {
    const result = await work(hearing, signal);
    await end({ state: "succeeded" }, result);
    return result;
  } catch (thrown) {
    const error = asError(thrown);
    const { name, message, code } = errorFacts(error);
    await end({ state: signal.aborted ? "aborted" : "failed", error: { name, message, code } }, error instanceof SessionFailureError ? error.result : undefined);
    throw thrown;
  }
}

/** As JSON keeps it. */
function plain(value: object): Readonly<Record<string, unknown>> {
  return JSON.parse(JSON.stringify(value)) as Readonly<Record<string, unknown>>;
}
