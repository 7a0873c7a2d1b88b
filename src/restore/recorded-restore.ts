import type { CloudAccount } from "../ports/index.js";
import { pointId } from "../repository/points/check-point.js";
import type { RestorePoint } from "../repository/points/restore-point.js";
import type { Repository } from "../repository/repository.js";
import { measuringRequests, recordedError, type AskedRequests, type EngineEnvironment, type RecordedError, type RunningSession } from "../session/index.js";
import type { RestoreEvent } from "./restore-events.js";

/** What a restore's record is about. */
interface RecordedRestore extends Pick<EngineEnvironment, "clock" | "logger"> {
  readonly repository: Repository;
  readonly account?: CloudAccount | undefined;
  readonly session: RunningSession<RestoreEvent>;
  readonly point: RestorePoint | string;
  readonly title: string;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Does a restore and leaves a record of it in the repository. Whoever restores may have no right to write there: that the record could not be written is an event and a
 * warning, and the restore is what it was.
 */
export async function recordedRestore<Result extends object>(restore: RecordedRestore, work: (session: RunningSession<RestoreEvent>) => Promise<Result>): Promise<Result> {
  return await measuringRequests([restore.account?.requests, restore.repository.requests], async (asked) => await restoreMeasured(restore, work, asked));
}

async function restoreMeasured<Result extends object>({ repository, session, point, title, signal, clock, logger }: RecordedRestore, work: (session: RunningSession<RestoreEvent>) => Promise<Result>, asked: AskedRequests): Promise<Result> {
  const record = repository.history.open({ session: session.id, kind: "restore", startedAt: session.startedAt.toISOString() });
  const events: Readonly<Record<string, unknown>>[] = [];
  const hearing: RunningSession<RestoreEvent> = {
    ...session,
    emit: (event) => {
      session.emit(event);
      if (!event.type.endsWith(":progress")) events.push({ ...event, at: clock.now() });
    },
  };
  const about = { title, restorePoint: pointId(point) };
  const end = async (ended: { readonly state: "succeeded" | "failed" | "aborted"; readonly error?: RecordedError; readonly result: Readonly<Record<string, unknown>> }): Promise<void> => {
    try {
      const facts = { ...ended, requests: asked(), events };
      await record.end(JSON.parse(JSON.stringify(facts)) as typeof facts);
    } catch (thrown) {
      const error = recordedError(thrown);
      session.emit({ type: "session:unrecorded", error });
      logger.warn("the record of a restore could not be written", { session: session.id, error: error.message });
    }
  };
  let result: Result;
  try {
    result = await work(hearing);
  } catch (thrown) {
    await end({ state: signal?.aborted === true ? "aborted" : "failed", error: recordedError(thrown), result: about });
    throw thrown;
  }
  await end({ state: "succeeded", result: { ...about, ...result } });
  return result;
}
