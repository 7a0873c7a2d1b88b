import { ConflictError, HoldfastError } from "../../errors/index.js";
import { objectNames, runTimeOf } from "../format/object-names.js";
import { pointTime } from "../format/point-id.js";
import type { RepositoryContext, SignalOptions } from "../repository-context.js";
import { isDamage } from "../store/damage.js";
import { isConflict } from "../store/store-answers.js";
import { lastSession } from "./list-sessions.js";
import { RunLease, type LapsedRun } from "./run-lease.js";
import { openSessionRecord, sealSessionRecord, type SessionRecord } from "./session-record.js";

/** Which run begins. */
export interface RunStart {
  readonly policy: string;
  readonly session: string;
  readonly startedAt: Date;
  /** A session that is known to have ended, though its lease may still be there: it could not be given back. */
  readonly ended?: string | undefined;
  /** What it is due for: where another run has begun since then and has ended, this one is not needed. */
  readonly dueAt?: Date | undefined;
}

/** How a run ended. */
export type RunEnd = Pick<SessionRecord, "error" | "result" | "events" | "requests"> & { readonly state: "succeeded" | "failed" | "aborted" };

/** A run of a policy that holds the policy's lease and has its record in the repository. Whoever begins one must `end` it. */
export class RecordedRun {
  readonly #context: RepositoryContext;
  readonly #start: RunStart;
  readonly #name: string;
  readonly #lease: RunLease;
  readonly #ending = new AbortController();
  #saving: Promise<void> = Promise.resolve();
  #etag = "";

  private constructor(context: RepositoryContext, start: RunStart, lease: RunLease) {
    this.#context = context;
    this.#start = start;
    this.#name = nameOf(context, start);
    this.#lease = lease;
  }

  /** Takes the policy's lease (`ConflictError`, `PolicyRunning`, where another process runs it), closes the record of a run that crashed, and puts this one's. `ConflictError` (`AlreadyRan`) where it is not needed. */
  static async begin(context: RepositoryContext, start: RunStart, options: SignalOptions): Promise<RecordedRun> {
    const { lease, lapsed } = await RunLease.take(context, start, options);
    const run = new RecordedRun(context, start, lease);
    try {
      if (lapsed !== undefined) await closeCrashed(context, start.policy, lapsed, options);
      const last = await readableLast(context, start.policy, options);
      // under the lease nobody else runs: this one gave its lease back, and could not write how it had ended
      if (last?.state === "running" && last.session !== lapsed?.session) await closeCrashed(context, start.policy, { session: last.session, startedAt: new Date(last.startedAt) }, options);
      refuseRepeated(start, last);
      run.#etag = (await context.store.put(run.#name, await run.#sealedSoFar([]), options)).etag;
      return run;
    } catch (error) {
      await lease.end();
      throw error;
    }
  }

  /** Aborts where another process took the policy over. */
  get lost(): AbortSignal {
    return this.#lease.lost;
  }

  /** From now on the record says every few minutes how far the run has come: whoever closes it after a crash has no more than that. */
  follow(events: () => RunEnd["events"]): void {
    this.#lease.alongside(async () => await (this.#saving = this.#save(events)));
  }

  /** Closes the record, removes those that are older than `keepDays`, and gives the lease back. It takes no signal: an aborted run is closed too. */
  async end(end: RunEnd, { keepDays }: { readonly keepDays: number }): Promise<void> {
    const { store, keys, clock } = this.#context;
    const { session, policy, startedAt } = this.#start;
    const record: SessionRecord = { session, policy, startedAt: startedAt.toISOString(), endedAt: clock.now().toISOString(), ...end };
    this.#ending.abort();
    await this.#saving;
    try {
      await store.put(this.#name, await sealSessionRecord(keys, this.#name, record));
      await removeOld(this.#context, policy, this.#name, new Date(clock.now().getTime() - keepDays * dayMs));
    } finally {
      // also where the record could not be written: the next run closes it, and need not wait for the lease to lapse
      await this.#lease.end();
    }
  }

  /** Never rejects. Only over what this run put before: another process may have closed the record. */
  async #save(events: () => RunEnd["events"]): Promise<void> {
    const { store, logger } = this.#context;
    const { signal } = this.#ending;
    if (this.#ending.signal.aborted) return;
    try {
      this.#etag = (await store.put(this.#name, await this.#sealedSoFar(events()), { condition: { etag: this.#etag }, signal })).etag;
    } catch (error) {
      if (signal.aborted) return;
      // from now on it is another's, or a reply was lost: the record at the end is put in any case
      if (isConflict(error)) this.#ending.abort();
      else logger.warn("how far a run has come could not be written down", { session: this.#start.session, error: error instanceof Error ? error.message : String(error) });
    }
  }

  async #sealedSoFar(events: RunEnd["events"]): Promise<Buffer> {
    const { session, policy, startedAt } = this.#start;
    return await sealSessionRecord(this.#context.keys, this.#name, { session, policy, state: "running", startedAt: startedAt.toISOString(), events });
  }
}

const dayMs = 86_400_000;
/** A record that is saved at the very moment is read again. */
const maxClosings = 5;

function nameOf({ keys }: RepositoryContext, { policy, session, startedAt }: RunStart): string {
  return objectNames.run(keys.policyName(policy), pointTime(startedAt), session);
}

/** Asked under the lease: between a question before it and the lease another process may have run all of it. */
function refuseRepeated({ policy, dueAt }: RunStart, last: LastSession): void {
  if (dueAt === undefined || last === undefined || last.state === "crashed" || last.state === "running" || new Date(last.startedAt) < dueAt) return;
  throw new ConflictError(`Policy ${policy} was run for ${dueAt.toISOString()} already, in session ${last.session} of another process.`, { code: "AlreadyRan", context: { policy, session: last.session } });
}

/** The newest run's record; nothing where it is damaged: that hinders no backup. */
async function readableLast(context: RepositoryContext, policy: string, options: SignalOptions): Promise<LastSession> {
  try {
    return await lastSession(context, policy, options);
  } catch (error) {
    if (!isDamage(error)) throw error;
    context.logger.warn("the record of the policy's newest run is damaged and passed over", { policy, error: error.message });
    return undefined;
  }
}

type LastSession = Awaited<ReturnType<typeof lastSession>>;

/** Closes the record of a run whose process is gone; where it had been closed, or never begun, nothing is done. */
async function closeCrashed(context: RepositoryContext, policy: string, lapsed: LapsedRun, options: SignalOptions): Promise<void> {
  const name = nameOf(context, { policy, ...lapsed });
  for (let attempt = 1; ; attempt++) {
    try {
      const { body, etag } = await context.store.get(name, options);
      const record = await openSessionRecord(context.keys, name, body);
      if (record.state !== "running") return;
      const closed: SessionRecord = { ...record, state: "crashed", endedAt: context.clock.now().toISOString() };
      await context.store.put(name, await sealSessionRecord(context.keys, name, closed), { condition: { etag }, ...options });
      return;
    } catch (error) {
      if (!(HoldfastError.isInstance(error) && ["ObjectNotFound", "ConditionFailed", "DamagedObject"].includes(error.code))) throw error;
      // saved or closed this very moment by a process that was only late: what is there now tells
      if (error.code === "ConditionFailed" && attempt < maxClosings) continue;
      context.logger.warn("the record of a run that crashed could not be closed", { object: name, error: error.message });
      return;
    }
  }
}

async function removeOld({ store, keys }: RepositoryContext, policy: string, own: string, before: Date): Promise<void> {
  for await (const { name } of store.list(objectNames.policyRuns(keys.policyName(policy)))) {
    const timeMs = runTimeOf(name);
    if (timeMs === undefined || name === own) continue;
    // names sort by time: from here on all are younger
    if (timeMs >= before.getTime()) return;
    await store.delete(name);
  }
}
