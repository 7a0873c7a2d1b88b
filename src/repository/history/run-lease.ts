import * as z from "zod";
import { ConflictError } from "../../errors/index.js";
import { asError } from "../../session/index.js";
import { objectNames } from "../format/object-names.js";
import { HeldTurn, readTurn, type TurnPlace } from "../leases/held-turn.js";
import { lateAfterMs } from "../leases/lease.js";
import { isConflict } from "../store/store-answers.js";
import type { RepositoryContext, SignalOptions } from "../repository-context.js";
import { isFromTheFuture } from "./from-the-future.js";

/** How often whoever runs says so. */
export const heartbeatMs = 3 * 60_000;

const leaseSchema = z.strictObject({
  version: z.literal(1),
  session: z.string().regex(/^[0-9a-f]{32}$/),
  startedAt: z.iso.datetime(),
  /** By the clock of who holds it. */
  renewedAt: z.iso.datetime(),
});
type LeaseState = z.infer<typeof leaseSchema>;

/** Who held the lease before, and let it lapse: its session is to be closed. */
export interface LapsedRun {
  readonly session: string;
  readonly startedAt: Date;
}

/**
 * That a policy runs, for all processes: `runs/<policy>/lease`, put only if absent, renewed by compare-and-swap, removed at the end. It only
 * keeps two runs from doing the same work: a wrong clock, which takes a living lease for a lapsed one, costs work and never data, for what
 * the runs write is guarded by leases and commits of its own.
 */
export class RunLease {
  readonly #context: RepositoryContext;
  readonly #turn: HeldTurn<LeaseState>;
  readonly #ending = new AbortController();
  readonly #lost = new AbortController();
  #timer: Promise<void>;
  #alongside: (() => Promise<void>) | undefined;

  private constructor(context: RepositoryContext, turn: HeldTurn<LeaseState>) {
    this.#context = context;
    this.#turn = turn;
    this.#timer = this.#keepAlive();
  }

  /** Aborts where another process took the lease. */
  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  /** Takes the lease; `ConflictError` (`PolicyRunning`) where another process has it. Gives who let it lapse, if anybody did. */
  static async take(context: RepositoryContext, run: { readonly policy: string; readonly session: string; readonly startedAt: Date; readonly ended?: string | undefined }, options: SignalOptions): Promise<{ readonly lease: RunLease; readonly lapsed: LapsedRun | undefined }> {
    const place: TurnPlace<LeaseState> = { name: objectNames.runLease(context.keys.policyName(run.policy)), label: "run lease", what: "the lease of a policy's run", schema: leaseSchema };
    for (;;) {
      const now = context.clock.now();
      const state: LeaseState = { version: 1, session: run.session, startedAt: run.startedAt.toISOString(), renewedAt: now.toISOString() };
      const found = await readTurn(context, place, options);
      if (found?.state !== undefined && found.state.session !== run.session && found.state.session !== run.ended && !isLapsed(found.state, now)) {
        throw new ConflictError(`Policy ${run.policy} is running already, in session ${found.state.session}, which another process began ${found.state.startedAt}. Wait for it; if that process is gone, its lease lapses 15 minutes after ${found.state.renewedAt}.`, {
          code: "PolicyRunning",
          retryable: true,
          context: { policy: run.policy, session: found.state.session },
        });
      }
      const turn = await HeldTurn.take(context, place, state, found, options);
      if (turn === undefined) continue;
      const lapsed = found?.state === undefined || found.state.session === run.session ? undefined : { session: found.state.session, startedAt: new Date(found.state.startedAt) };
      return { lease: new RunLease(context, turn), lapsed };
    }
  }

  /** After each renewal `work` is done, which must not reject. */
  alongside(work: () => Promise<void>): void {
    this.#alongside = work;
  }

  /** Gives the lease back; one that another process has taken stays. */
  async end(): Promise<void> {
    this.#ending.abort();
    await this.#timer;
    await this.#turn.giveBack();
  }

  /** Never rejects: a loss aborts the run. */
  async #keepAlive(): Promise<void> {
    const { clock, logger } = this.#context;
    const { signal } = this.#ending;
    const { session } = this.#turn.state;
    for (;;) {
      try {
        await clock.sleep(heartbeatMs, signal);
        await this.#turn.renew({ ...this.#turn.state, renewedAt: clock.now().toISOString() }, { signal });
        await this.#alongside?.();
      } catch (error) {
        if (signal.aborted) return;
        if (isConflict(error) && !(await this.#turn.isStillOurs())) {
          this.#lost.abort(new ConflictError("Another process took this run of the policy for dead and runs the policy now. This one stopped. See that the machine does not sleep, and that the repository answers within 15 minutes.", { code: "LeaseLost", retryable: true, context: { session } }));
          return;
        }
        logger.warn("the lease of a policy's run could not be renewed", { session, error: asError(error).message });
      }
    }
  }
}

/** Not renewed for too long, or last by a clock that was far ahead: nobody waits until that time has come. */
function isLapsed({ renewedAt }: LeaseState, now: Date): boolean {
  return now.getTime() - Date.parse(renewedAt) > lateAfterMs || isFromTheFuture(renewedAt, now);
}
