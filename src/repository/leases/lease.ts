import { ConflictError } from "../../errors/index.js";
import { canonicalJson } from "../format/canonical-json.js";
import { openLease, sealLease, type LeaseState } from "../format/lease.js";
import { objectNames } from "../format/object-names.js";
import type { ObjectContent } from "../../ports/index.js";
import { isConflict, isGone } from "../store/store-answers.js";
import type { RepositoryContext, SignalOptions } from "../repository-context.js";
import { isDamage } from "../store/damage.js";

/** A lease is renewed this often; collection waits for a session that is late, or fences it. */
const heartbeatMs = 3 * 60_000;
/** A renewal that failed is tried again after this long. */
const retryMs = 30_000;
/** Who could not renew its lease for this long stops by itself. */
const maxSilenceMs = 10 * 60_000;
/** Who has not renewed its lease for this long, by the clock of who looks, is late: a wrong guess costs a run its work, never data. */
export const lateAfterMs = 15 * 60_000;

/**
 * A session's lease (docs/repository-format.md, section 10): put only if absent, renewed on a timer of its own whatever the
 * run waits for, replaced by compare-and-swap alone, removed at the end. Whoever puts one must `end` it.
 */
export class Lease<State extends LeaseState> {
  readonly id: string;
  readonly #context: RepositoryContext;
  readonly #name: string;
  readonly #ending = new AbortController();
  #state: State;
  /** The lease as last sent, where the answer is not known. */
  #unanswered: string | undefined;
  #etag: string;
  #lastHeartbeatMs: number;
  #loss: ConflictError | undefined;
  #turn: Promise<void> = Promise.resolve();
  #timer: Promise<void> = Promise.resolve();

  private constructor(context: RepositoryContext, id: string, state: State, lease: { readonly etag: string; readonly sentMs: number }) {
    this.#context = context;
    this.id = id;
    this.#name = objectNames.session(id);
    this.#state = state;
    this.#etag = lease.etag;
    this.#lastHeartbeatMs = lease.sentMs;
  }

  /** Puts a lease under a new random name. It is not renewed before `keepAlive`. */
  static async put<State extends LeaseState>(context: RepositoryContext, state: State, options: SignalOptions = {}): Promise<Lease<State>> {
    const id = context.random.bytes(16).toString("hex");
    const name = objectNames.session(id);
    const sentMs = context.clock.monotonicMs();
    const bytes = sealLease(context.keys, name, state);
    try {
      const { etag } = await context.store.put(name, bytes, { condition: "absent", signal: options.signal });
      return new Lease(context, id, state, { etag, sentMs });
    } catch (cause) {
      if (!isConflict(cause)) throw cause;
      // the name is random: what is there is this very lease, and the reply was lost
      const found = await readIfThere(context, name, options);
      if (found?.body.equals(bytes) === true) return new Lease(context, id, state, { etag: found.etag, sentMs });
      throw new ConflictError("A collection took this run for dead before it had begun. Run it again.", { code: "LeaseLost", retryable: true, context: { session: id }, cause });
    }
  }

  get state(): State {
    return this.#state;
  }

  /** Raises `ConflictError` (`LeaseLost`) where somebody ended the session, or its lease was not renewed for too long. */
  throwIfLost(): void {
    if (this.#loss !== undefined) throw this.#loss;
    if (this.#context.clock.monotonicMs() - this.#lastHeartbeatMs <= maxSilenceMs) return;
    this.#loss = this.#leaseLost("This run could not renew its lease on the repository for over 10 minutes and stopped.");
    throw this.#loss;
  }

  /** Ends the session with an error that whatever the run does next raises. */
  lose(error: ConflictError): void {
    this.#loss ??= error;
  }

  /** Replaces the lease, one replacement at a time. */
  async replace(next: (state: State) => State, options: SignalOptions = {}): Promise<void> {
    const turn = this.#turn.then(async () => await this.#swap(next(this.#state), options));
    this.#turn = turn.catch(() => undefined);
    await turn;
  }

  /** Renews the lease from now on until it ends or is lost; before each renewal `prepare` is done. */
  keepAlive(prepare: (options: SignalOptions) => Promise<void> = () => Promise.resolve()): void {
    this.#timer = this.#keepAlive(prepare);
  }

  /** Stops the timer and leaves the lease to whoever finds it late. */
  async abandon(): Promise<void> {
    this.#ending.abort();
    await this.#timer;
    await this.#turn;
  }

  /** Stops the timer and removes the lease. A session that is gone already was ended by somebody else: there is nothing left to do. */
  async end(): Promise<void> {
    await this.abandon();
    await this.#context.store.delete(this.#name);
  }

  /** Never rejects: a loss is raised by whatever the run does next. */
  async #keepAlive(prepare: (options: SignalOptions) => Promise<void>): Promise<void> {
    const { clock, logger } = this.#context;
    const { signal } = this.#ending;
    for (let waitMs = heartbeatMs; this.#loss === undefined; ) {
      try {
        await clock.sleep(waitMs, signal);
        this.throwIfLost();
        await prepare({ signal });
        await this.replace((state) => ({ ...state, heartbeat: state.heartbeat + 1 }), { signal });
        waitMs = heartbeatMs;
      } catch (error) {
        if (signal.aborted) return;
        waitMs = retryMs;
        logger.warn("a session's lease could not be renewed", { session: this.id, error: error instanceof Error ? error.message : String(error) });
      }
    }
  }

  async #swap(state: State, options: SignalOptions): Promise<void> {
    const { store, clock, keys } = this.#context;
    const sentMs = clock.monotonicMs();
    const unanswered = this.#unanswered;
    const text = canonicalJson(state);
    this.#unanswered = text;
    for (;;) {
      try {
        const { etag } = await store.put(this.#name, sealLease(keys, this.#name, state), { condition: { etag: this.#etag }, signal: options.signal });
        this.#etag = etag;
        break;
      } catch (cause) {
        if (!isConflict(cause)) throw cause;
        const found = await this.#read(options);
        if (found?.text === text) {
          // the reply was lost: the lease is what it should be
          this.#etag = found.etag;
          break;
        }
        if (found === undefined || found.text !== unanswered || found.etag === this.#etag) {
          this.#loss = this.#leaseLost("Another process ended this run's session in the repository.", cause);
          throw this.#loss;
        }
        this.#etag = found.etag;
      }
    }
    this.#unanswered = undefined;
    this.#state = state;
    this.#lastHeartbeatMs = sentMs;
  }

  /** The lease as it is stored, or nothing where it is gone. */
  async #read(options: SignalOptions): Promise<{ readonly text: string; readonly etag: string } | undefined> {
    const { store, keys } = this.#context;
    try {
      const { body, etag } = await store.get(this.#name, options);
      return { text: canonicalJson(openLease(keys, this.#name, body)), etag };
    } catch (error) {
      if (!isDamage(error)) throw error;
      return undefined;
    }
  }

  #leaseLost(what: string, cause?: unknown): ConflictError {
    return new ConflictError(`${what} Run it again: what it stored is not lost.`, { code: "LeaseLost", retryable: true, context: { session: this.id }, cause });
  }
}

async function readIfThere({ store }: RepositoryContext, name: string, options: SignalOptions): Promise<ObjectContent | undefined> {
  try {
    return await store.get(name, options);
  } catch (error) {
    if (!isGone(error)) throw error;
    return undefined;
  }
}
