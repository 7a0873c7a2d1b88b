import type { RepositoryContext, SignalOptions } from "../repository-context.js";
import { RestoreLease, type RestoreTurn, type TakeRestoreOptions } from "../leases/restore-lease.js";
import { changeAlertState, readAlertState, type AlertState } from "./alert-state.js";
import { lastSession } from "./list-sessions.js";
import { OpenRecord, type BegunSession } from "./open-record.js";
import { newestOfKind, type EndedSession } from "./put-session-record.js";
import { RecordedRun, type RunStart } from "./recorded-run.js";
import type { SessionRecord } from "./session-record.js";

/** What happened to a repository: the records of sessions, as those who keep them write and read them, and the alerts that policies keep between runs. */
export class SessionHistory {
  readonly #context: RepositoryContext;

  constructor(context: RepositoryContext) {
    this.#context = context;
  }

  /** Takes a policy's lease and begins the record of a run. */
  async beginRun(start: RunStart, options: SignalOptions = {}): Promise<RecordedRun> {
    return await RecordedRun.begin(this.#context, start, options);
  }

  /** Takes the lease of a restore's id, so that one process at a time works at it. Whoever takes it must `end` it. */
  async takeRestore(turn: RestoreTurn, options: TakeRestoreOptions = {}): Promise<RestoreLease> {
    return await RestoreLease.take(this.#context, turn, options);
  }

  /** The record of a policy's newest run. */
  async lastRun(policy: string, options: SignalOptions = {}): Promise<SessionRecord | undefined> {
    return await lastSession(this.#context, policy, options);
  }

  /** Begins the record of a session that is no policy's run. */
  open(begun: BegunSession): OpenRecord {
    return OpenRecord.begin(this.#context, begun);
  }

  /** The newest record of a kind of session that has a result. */
  async newestOfKind(kind: EndedSession["kind"], options: SignalOptions = {}): Promise<SessionRecord | undefined> {
    return await newestOfKind(this.#context, kind, options);
  }

  /** A policy's alerts as they are kept between runs. */
  async alertState(policy: string, options: SignalOptions = {}): Promise<AlertState> {
    return (await readAlertState(this.#context, policy, options)).state;
  }

  /** Changes them by compare-and-swap. */
  async changeAlertState<Result>(policy: string, change: (state: AlertState) => { readonly state: AlertState; readonly result: Result }, options: SignalOptions = {}): Promise<Result> {
    return await changeAlertState(this.#context, policy, change, options);
  }
}
