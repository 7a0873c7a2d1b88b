import * as z from "zod";
import { ConflictError, IntegrityError } from "../../errors/index.js";
import { objectNames } from "../format/object-names.js";
import { seal, unseal, type SealContext } from "../keys/sealed-box.js";
import { lateAfterMs } from "../leases/lease.js";
import { isConflict, isGone } from "../store/store-answers.js";
import type { RepositoryContext, SignalOptions } from "../repository-context.js";

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
  readonly #name: string;
  readonly #ending = new AbortController();
  readonly #lost = new AbortController();
  #state: LeaseState;
  #etag: string;
  #timer: Promise<void>;
  #alongside: (() => Promise<void>) | undefined;

  private constructor(context: RepositoryContext, name: string, state: LeaseState, etag: string) {
    this.#context = context;
    this.#name = name;
    this.#state = state;
    this.#etag = etag;
    this.#timer = this.#keepAlive();
  }

  /** Aborts where another process took the lease. */
  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  /** Takes the lease; `ConflictError` (`PolicyRunning`) where another process has it. Gives who let it lapse, if anybody did. */
  static async take(context: RepositoryContext, run: { readonly policy: string; readonly session: string; readonly startedAt: Date; readonly ended?: string | undefined }, options: SignalOptions): Promise<{ readonly lease: RunLease; readonly lapsed: LapsedRun | undefined }> {
    const name = objectNames.runLease(context.keys.policyName(run.policy));
    for (;;) {
      const now = context.clock.now();
      const state: LeaseState = { version: 1, session: run.session, startedAt: run.startedAt.toISOString(), renewedAt: now.toISOString() };
      const found = await read(context, name, options);
      if (found?.state !== undefined && found.state.session !== run.session && found.state.session !== run.ended && now.getTime() - Date.parse(found.state.renewedAt) <= lateAfterMs) {
        throw new ConflictError(`Policy ${run.policy} is running already, in session ${found.state.session}, which another process began ${found.state.startedAt}. Wait for it; if that process is gone, its lease lapses 15 minutes after ${found.state.renewedAt}.`, {
          code: "PolicyRunning",
          retryable: true,
          context: { policy: run.policy, session: found.state.session },
        });
      }
      try {
        const { etag } = await context.store.put(name, sealState(context, name, state), { condition: found === undefined ? "absent" : { etag: found.etag }, signal: options.signal });
        const lapsed = found?.state === undefined || found.state.session === run.session ? undefined : { session: found.state.session, startedAt: new Date(found.state.startedAt) };
        return { lease: new RunLease(context, name, state, etag), lapsed };
      } catch (error) {
        // another process was faster, or this very reply was lost: what is there now tells
        if (!isConflict(error)) throw error;
      }
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
    // a renewal that was cut short may have taken effect: then the lease is ours by another tag
    if (!(await this.#remove()) && (await this.#isStillOurs())) await this.#remove();
  }

  async #remove(): Promise<boolean> {
    try {
      await this.#context.store.delete(this.#name, { etag: this.#etag });
      return true;
    } catch (error) {
      if (!isConflict(error)) throw error;
      return false;
    }
  }

  /** Never rejects: a loss aborts the run. */
  async #keepAlive(): Promise<void> {
    const { clock, logger, store } = this.#context;
    const { signal } = this.#ending;
    for (;;) {
      try {
        await clock.sleep(heartbeatMs, signal);
        const state = { ...this.#state, renewedAt: clock.now().toISOString() };
        this.#etag = (await store.put(this.#name, sealState(this.#context, this.#name, state), { condition: { etag: this.#etag }, signal })).etag;
        this.#state = state;
        await this.#alongside?.();
      } catch (error) {
        if (signal.aborted) return;
        if (isConflict(error) && !(await this.#isStillOurs())) {
          this.#lost.abort(new ConflictError("Another process took this run of the policy for dead and runs the policy now. This one stopped. See that the machine does not sleep, and that the repository answers within 15 minutes.", { code: "LeaseLost", retryable: true, context: { session: this.#state.session } }));
          return;
        }
        logger.warn("the lease of a policy's run could not be renewed", { session: this.#state.session, error: error instanceof Error ? error.message : String(error) });
      }
    }
  }

  /** After a conflict: whether a renewal of ours took effect though its reply was lost. Where that cannot be asked, it is taken to be so until the next renewal. */
  async #isStillOurs(): Promise<boolean> {
    try {
      const found = await read(this.#context, this.#name, {});
      if (found?.state?.session !== this.#state.session) return false;
      this.#etag = found.etag;
      return true;
    } catch (error) {
      this.#context.logger.warn("the lease of a policy's run could not be read", { session: this.#state.session, error: error instanceof Error ? error.message : String(error) });
      return true;
    }
  }
}

/** The lease as it is stored; without a state where it is damaged: it is overwritten. */
async function read(context: RepositoryContext, name: string, options: SignalOptions): Promise<{ readonly etag: string; readonly state: LeaseState | undefined } | undefined> {
  try {
    const { body, etag } = await context.store.get(name, options);
    return { etag, state: openState(context, name, body) };
  } catch (error) {
    if (isGone(error)) return undefined;
    throw error;
  }
}

function openState(context: RepositoryContext, name: string, bytes: Buffer): LeaseState | undefined {
  try {
    return leaseSchema.parse(JSON.parse(unseal(sealOf(context, name), bytes).toString("utf8")));
  } catch (error) {
    if (!(error instanceof IntegrityError || error instanceof z.ZodError || error instanceof SyntaxError)) throw error;
    context.logger.warn("the lease of a policy's run is damaged and counts as lapsed", { object: name });
    return undefined;
  }
}

function sealState(context: RepositoryContext, name: string, state: LeaseState): Buffer {
  return seal(sealOf(context, name), Buffer.from(JSON.stringify(state)));
}

function sealOf({ keys }: RepositoryContext, name: string): SealContext {
  return { key: keys.structure, repositoryId: keys.repositoryId, name, label: "run lease" };
}
