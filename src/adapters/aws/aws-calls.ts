import pRetry from "p-retry";
import { HoldfastError, IntegrityError } from "../../errors/index.js";
import type { Clock, Logger, Random } from "../../ports/index.js";
import { runAttempt } from "./run-attempt.js";
import { awsError, type AwsCallSubject } from "./aws-error.js";
import { describeAwsFailure, isOutcomeUnknown, isTransient, type AwsFailure } from "./aws-failure.js";
import { CallCounts, type AwsCallCount, type AwsCallFacts } from "./call-counts.js";
import { DamagedAnswer } from "./damaged-answer.js";
import { CallsOfWork } from "./calls-of-work.js";
import type { LazyClient } from "./clients/lazy-client.js";
import type { ResolvedAwsLimits } from "./limits/aws-limits.js";
import { CallAdmission, type Admission } from "./limits/call-admission.js";
import type { AccountRates } from "./limits/account-rates.js";

/** A call to AWS: what it is, and how it is treated. */
export interface AwsCall extends AwsCallSubject {
  readonly signal?: AbortSignal | undefined;
  /** By whom it is sent: loaded beforehand, so that no attempt pays for it with its time. */
  readonly client?: Pick<LazyClient<unknown>, "load"> | undefined;
  /** Calls of one class in one region share a rate: by default those of one operation. */
  readonly rateClass?: string | undefined;
  /** Whose share of the limits it uses (default: what it is about). */
  readonly flow?: string | undefined;
  /** Bytes of the body, sent or received, where they are known beforehand. */
  readonly bodyBytes?: number | undefined;
  /** The caller's own verdict on a failure: whether to try again; `undefined` leaves it to the general rule. */
  readonly retry?: ((failure: AwsFailure, state: AwsAttempt) => boolean | undefined) | undefined;
  /** The error for a failure that the caller knows better; `undefined` for the general one. */
  readonly translate?: ((failure: AwsFailure, state: AwsAttempt) => HoldfastError | undefined) | undefined;
}

/** One attempt of a call. */
export interface AwsAttempt {
  /** 1 for the first. */
  readonly number: number;
  /** Aborted when the caller gives up or the attempt takes too long. */
  readonly signal: AbortSignal;
  /** How long the call has been going on, waits included. */
  readonly elapsedMs: number;
  /** An earlier attempt of this call ended without an answer that could be trusted: it may have done its work. */
  readonly isOutcomeUnknown: boolean;
}

export interface AwsCallsOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly limits: ResolvedAwsLimits;
  /** Gets newer credentials, unless those at hand were got after this moment of the clock. */
  readonly refreshCredentials: (obtainedBeforeMs: number) => Promise<void>;
}

interface CallState {
  failures: number;
  waits: number;
  attempts: number;
  isOutcomeUnknown: boolean;
  hasRefreshed: boolean;
  hasCorrectedClock: boolean;
}

/**
 * The one layer that tries calls to AWS again.
 *
 * Full jitter between attempts; throttling lowers a rate that all calls of a class share; refused and denied calls are
 * never repeated; expired credentials are renewed once; an abort rejects at once with the signal's reason. What is raised in
 * the end is a `HoldfastError`, or the mistake in the program as it is.
 */
export class AwsCalls {
  readonly #options: AwsCallsOptions;
  readonly #admission: CallAdmission;
  readonly #counts = new CallCounts();
  readonly #ofWork = new CallsOfWork();
  readonly #listeners = new Set<(facts: AwsCallFacts) => void>();

  constructor(options: AwsCallsOptions) {
    this.#options = options;
    this.#admission = new CallAdmission(options.clock, options.limits);
  }

  /** From now on rates that AWS sets are found together with all others who call the same account. */
  shareRates(rates: AccountRates): void {
    this.#admission.share(rates);
  }

  /** All attempts so far, by operation and region. */
  counts(): readonly AwsCallCount[] {
    return this.#counts.list();
  }

  /** Does work, and counts beside what calls are made in its course, whoever else calls meanwhile. */
  async during<Result>(work: (counts: () => readonly AwsCallCount[]) => Promise<Result>): Promise<Result> {
    return await this.#ofWork.during(work);
  }

  /** Tells `listener` of every attempt when it is over, until the returned function is called. */
  onCall(listener: (facts: AwsCallFacts) => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  /** The calls a second that a class may make now; `Infinity` where AWS has not throttled it. */
  ratePerSecond(call: Pick<AwsCall, "service" | "operation" | "region" | "rateClass">): number {
    return this.#admission.ratePerSecond(call);
  }

  /** How many calls like this one should be under way to reach the rate that AWS allows, at the latency there is. */
  window(call: Pick<AwsCall, "service" | "operation" | "region" | "rateClass" | "resource">): number {
    return this.#admission.window(call);
  }

  /** Counts bytes of a body against the cap that were not known beforehand. */
  charge(call: Pick<AwsCall, "service" | "region">, bytes: number): void {
    this.#admission.charge(call, bytes);
  }

  /** Makes a call: `attempt` sends it once, reads and checks the whole answer, and is repeated where that can help. */
  async run<T>(call: AwsCall, attempt: (attempt: AwsAttempt) => Promise<T>): Promise<T> {
    const { clock } = this.#options;
    if (call.client !== undefined) await call.client.load();
    const startedAtMs = clock.monotonicMs();
    const state: CallState = { failures: 0, waits: 0, attempts: 0, isOutcomeUnknown: false, hasRefreshed: false, hasCorrectedClock: false };
    const tryOnce = (): Promise<T> => this.#attempt(call, attempt, state, startedAtMs);
    const mayRetry = async ({ error }: { readonly error: Error }): Promise<boolean> => {
      if (!(error instanceof FailedAttempt)) return false;
      if (!(await this.#mayRetry(call, error.failure, state, error.attempt, { startedAtMs, attemptStartedAtMs: error.startedAtMs }))) {
        throw finalError(call, error.cause, error.failure, error.attempt);
      }
      if (isOutcomeUnknown(error.failure)) state.isOutcomeUnknown = true;
      return true;
    };
    try {
      // How often and how long is decided by kind of failure, and waited by the clock's port: of p-retry's own there is no limit and no delay.
      return await pRetry(tryOnce, { retries: Number.POSITIVE_INFINITY, minTimeout: 0, maxTimeout: 0, shouldRetry: mayRetry });
    } catch (error) {
      call.signal?.throwIfAborted();
      throw error;
    }
  }

  /** Sends a call once. What AWS answers or the network does comes as {@link FailedAttempt}; a mistake in the program as it is. */
  async #attempt<T>(call: AwsCall, attempt: (attempt: AwsAttempt) => Promise<T>, state: CallState, callStartedAtMs: number): Promise<T> {
    const { clock, limits } = this.#options;
    const admission: Admission = await this.#admission.admit(call);
    state.attempts += 1;
    const startedAtMs = clock.monotonicMs();
    const facts = { number: state.attempts, isOutcomeUnknown: state.isOutcomeUnknown, elapsedMs: startedAtMs - callStartedAtMs };
    try {
      const result = await runAttempt((signal) => attempt({ ...facts, signal }), { timeoutMs: limits.attemptTimeoutMs, signal: call.signal });
      admission.succeeded(clock.monotonicMs() - startedAtMs);
      this.#report(call, state, startedAtMs, "ok", false);
      return result;
    } catch (error) {
      const failure = failureOf(error);
      admission.failed(failure, startedAtMs);
      this.#report(call, state, startedAtMs, failure?.code ?? "failed", failure?.kind === "throttled");
      call.signal?.throwIfAborted();
      if (failure === undefined) throw error;
      throw new FailedAttempt(error, failure, { ...facts, signal: call.signal ?? new AbortController().signal }, startedAtMs);
    }
  }

  /** Decides, and waits, before another attempt. */
  async #mayRetry(call: AwsCall, failure: AwsFailure, state: CallState, attempt: AwsAttempt, times: { readonly startedAtMs: number; readonly attemptStartedAtMs: number }): Promise<boolean> {
    const { clock, limits, random, logger, refreshCredentials } = this.#options;
    const elapsedMs = clock.monotonicMs() - times.startedAtMs;
    if (failure.kind === "expired") {
      if (state.hasRefreshed) return false;
      state.hasRefreshed = true;
      await refreshCredentials(times.attemptStartedAtMs);
      return true;
    }
    if (failure.kind === "skewed") {
      if (state.hasCorrectedClock) return false;
      state.hasCorrectedClock = true;
      return true;
    }
    const verdict = call.retry?.(failure, { ...attempt, elapsedMs });
    if (verdict === false || (verdict === undefined && !isTransient(failure))) return false;
    if (failure.kind !== "throttled" && verdict === undefined) {
      state.failures += 1;
      if (state.failures >= limits.maxAttempts) return false;
    }
    const ceilingMs = Math.min(limits.maxDelayMs, limits.baseDelayMs * 2 ** Math.min(state.waits, 30));
    const delayMs = random.fraction() * ceilingMs;
    state.waits += 1;
    if (elapsedMs + delayMs > limits.totalTimeoutMs) return false;
    logger.debug("AWS call is tried again", { service: call.service, operation: call.operation, region: call.region, code: failure.code, attempt: state.attempts, delayMs: Math.round(delayMs) });
    await clock.sleep(delayMs, call.signal);
    return true;
  }

  #report(call: AwsCall, state: CallState, startedAtMs: number, outcome: string, isThrottled: boolean): void {
    const { service, operation, region, resource } = call;
    const facts: AwsCallFacts = { service, operation, region, ...(resource !== undefined && { resource }), attempt: state.attempts, durationMs: this.#options.clock.monotonicMs() - startedAtMs, outcome, isThrottled };
    this.#counts.add(facts);
    this.#ofWork.add(facts);
    for (const listener of this.#listeners) listener(facts);
  }
}

/** An attempt that failed, with what is needed to decide about another. Seen by nobody outside. */
class FailedAttempt extends Error {
  readonly failure: AwsFailure;
  readonly attempt: AwsAttempt;
  readonly startedAtMs: number;

  constructor(cause: unknown, failure: AwsFailure, attempt: AwsAttempt, startedAtMs: number) {
    super(failure.message, { cause });
    this.name = "FailedAttempt";
    this.failure = failure;
    this.attempt = attempt;
    this.startedAtMs = startedAtMs;
  }
}

function failureOf(error: unknown): AwsFailure | undefined {
  if (error instanceof DamagedAnswer) return { kind: "damaged", code: error.code, message: error.message };
  if (HoldfastError.isInstance(error)) return undefined;
  return describeAwsFailure(error);
}

function finalError(call: AwsCall, error: unknown, failure: AwsFailure, attempt: AwsAttempt): HoldfastError {
  const own = call.translate?.(failure, attempt);
  if (own !== undefined) return own;
  if (error instanceof DamagedAnswer) {
    // a listing's damage is the listing's own error
    const code = error.code === "InvalidListing" ? "TransferDamaged" : error.code;
    const message = `${call.service}:${call.operation}${call.resource === undefined ? "" : ` on ${call.resource}`} in ${call.region} gave damaged data (${attempt.number} attempts): ${error.message}. Check the network (proxies) and this machine's memory.`;
    return new IntegrityError(message, { code, context: { resource: call.resource, region: call.region, attempts: attempt.number } });
  }
  return awsError(call, failure, attempt.number);
}
