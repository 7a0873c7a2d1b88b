import type { CallOptions, RequestCount, RequestCounter } from "../ports/index.js";
import { asError, measuringRequests, ownSignal, type AskedRequests, type EngineEnvironment, type RunningSession, type SessionEvent } from "../session/index.js";
import type { Repository } from "../repository/repository.js";
import { countRequests } from "../session/telemetry/session-metrics.js";
import { errorFacts, SessionFailureError, type ErrorFacts } from "./session-result.js";

/** Events that a record keeps: the newest of them. */
const maxEvents = 5_000;

/** Whose run is recorded, and where. */
export interface RecordPlace {
  readonly repository: Repository;
  /** Under which name. */
  readonly policy: string;
  readonly keepDays: number;
}

/** How a run ended, before its record is closed. */
export interface EndingRun<Result> {
  readonly state: "succeeded" | "failed" | "aborted";
  readonly error?: ErrorFacts | undefined;
  readonly result?: Result | undefined;
}

/** What a run is due for, and who hears how it goes. */
export interface RecordRunOptions<Result, Event extends SessionEvent> extends CallOptions {
  readonly dueAt?: Date | undefined;
  readonly ended?: string | undefined;
  readonly onUnrecorded: (error: ErrorFacts) => void;
  /** Who counts what the run asks of providers. */
  readonly counters?: readonly (RequestCounter | undefined)[] | undefined;
  /** What a result says to have asked for, where it says so: then the record says the same. */
  readonly requestsOf?: ((result: Result) => readonly RequestCount[] | undefined) | undefined;
  /** Called at the end and waited for: its events are in the record. Never rejects. */
  readonly onEnding?: ((session: RunningSession<Event>, ending: EndingRun<Result>) => Promise<void>) | undefined;
}

/**
 * Does a run under the policy's lease and with a record in its repository. `ConflictError` (`PolicyRunning`) where another process runs the
 * policy. The work's signal aborts also where another process takes the policy over.
 */
export async function recordRun<Result extends object, Event extends SessionEvent>(
  place: RecordPlace,
  environment: EngineEnvironment,
  session: RunningSession<Event>,
  options: RecordRunOptions<Result, Event>,
  work: RecordedWork<Result, Event>,
): Promise<Result> {
  return await measuringRequests([...(options.counters ?? []), place.repository.requests], async (asked) => await recordMeasured(place, environment, session, { ...options, asked }, work));
}

type RecordedWork<Result, Event extends SessionEvent> = (session: RunningSession<Event>, signal: AbortSignal, asked: AskedRequests) => Promise<Result>;

async function recordMeasured<Result extends object, Event extends SessionEvent>(
  { repository, policy, keepDays }: RecordPlace,
  { clock, logger }: EngineEnvironment,
  session: RunningSession<Event>,
  { signal: given, dueAt, ended, onUnrecorded, asked, requestsOf, onEnding }: RecordRunOptions<Result, Event> & { readonly asked: AskedRequests },
  work: RecordedWork<Result, Event>,
): Promise<Result> {
  const recorded = await repository.history.beginRun({ policy, session: session.id, startedAt: session.startedAt, dueAt, ended }, { signal: given });
  const signal = ownSignal([given, recorded.lost]);
  const events: Readonly<Record<string, unknown>>[] = [];
  const hearing: RunningSession<Event> = {
    ...session,
    emit: (event) => {
      session.emit(event);
      if (event.type.endsWith(":progress")) return;
      const at = clock.now();
      // the results are in the record beside the events
      events.push(event.type === "session:ended" ? { ...event, at, resources: undefined } : { ...event, at });
      if (events.length > 2 * maxEvents) events.splice(0, maxEvents);
    },
  };
  const kept = (): Readonly<Record<string, unknown>>[] => events.slice(-maxEvents).map(plain);
  recorded.follow(kept);
  const end = async (ending: EndingRun<Result>): Promise<void> => {
    const { state, error, result } = ending;
    const requests = (result && requestsOf?.(result)) ?? asked();
    try {
      await onEnding?.(hearing, ending);
      if (requests !== undefined) countRequests(requests);
      await recorded.end({ state, ...(error !== undefined && { error }), ...(result !== undefined && { result: plain(result) }), requests, events: kept() }, { keepDays });
    } catch (thrown) {
      const error = asError(thrown);
      onUnrecorded(errorFacts(error));
      logger.warn("the record of a session could not be written", { session: session.id, error: error.message });
    }
  };
  try {
    const result = await work(hearing, signal, asked);
    await end({ state: "succeeded", result });
    return result;
  } catch (thrown) {
    const error = asError(thrown);
    const { name, message, code } = errorFacts(error);
    // the failure of a policy's run holds the result that such a run gives
    await end({ state: signal.aborted ? "aborted" : "failed", error: { name, message, code }, ...(error instanceof SessionFailureError && { result: error.result as unknown as Result }) });
    throw thrown;
  }
}

/** As JSON keeps it. */
function plain(value: object): Readonly<Record<string, unknown>> {
  return JSON.parse(JSON.stringify(value)) as Readonly<Record<string, unknown>>;
}
