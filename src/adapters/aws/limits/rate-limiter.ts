import type { Clock } from "../../../ports/index.js";
import { FairLine } from "./fair-line.js";

/** A throttled rate falls to this share of itself (as in CUBIC, RFC 9438), and not twice within the interval: one burst is one reason. */
const decreaseFactor = 0.7;
const decreaseIntervalMs = 250;
/** It rises each second by this share of what it was when it fell, and at least by so many calls a second: the old rate is tried again after some three seconds. */
const increaseShare = 0.1;
const minIncreasePerSecond = 1;
/** EC2 refills the budgets of its dearest calls with some five a second (Amazon EC2 API reference, "Request throttling"); what is scarcer is left to the waits between attempts. */
const defaultMinPerSecond = 5;
/** A rate that has risen this far above where it was throttled is no limit any more. */
const freeFactor = 8;
/** How much of a second's calls may go at once after a pause. */
const burstSeconds = 0.05;
/** Timers are no finer than this. */
const minSleepMs = 5;
/** Calls are counted over windows of this length to know the present rate. */
const windowMs = 1000;

export interface RateLimiterOptions {
  /** Below this, throttling lowers the rate no further (default 5). */
  readonly minPerSecond?: number | undefined;
  /** Above this nothing is let through (default: no cap). */
  readonly maxPerSecond?: number | undefined;
}

/** Who takes, and how much. */
export interface Share {
  /** Whose share it is: flows that wait have equal ones. */
  readonly flow?: string | undefined;
  /** How many units (default 1). More than a burst go as a whole, and those who come next wait for them. */
  readonly cost?: number | undefined;
}

interface Waiter {
  readonly cost: number;
  readonly release: () => void;
  readonly refuse: (reason: unknown) => void;
}

/**
 * The shared rate of one kind of call: free until AWS throttles, then additive increase and multiplicative decrease; or held
 * below a cap. Calls wait in a line that is fair to flows; a rate that changes while they wait counts for them too.
 */
export class RateLimiter {
  readonly #clock: Clock;
  readonly #minPerSecond: number;
  readonly #maxPerSecond: number;
  #foundPerSecond = Number.POSITIVE_INFINITY;
  #throttledAtRate = 0;
  #decreasedAtMs = Number.NEGATIVE_INFINITY;
  #tokens: number;
  #refilledAtMs: number;
  #windowStartMs = Number.NEGATIVE_INFINITY;
  #callsInWindow = 0;
  #callsInLastWindow = 0;
  readonly #line = new FairLine<Waiter>();
  #isPumping = false;

  constructor(clock: Clock, { minPerSecond = defaultMinPerSecond, maxPerSecond = Number.POSITIVE_INFINITY }: RateLimiterOptions = {}) {
    this.#clock = clock;
    this.#minPerSecond = minPerSecond;
    this.#maxPerSecond = maxPerSecond;
    this.#refilledAtMs = clock.monotonicMs();
    this.#tokens = this.#isFree ? 0 : this.#capacity;
  }

  /** Calls a second that are let through now; `Infinity` where AWS has not complained and no cap is set. */
  get ratePerSecond(): number {
    return Math.min(this.#foundPerSecond, this.#maxPerSecond);
  }

  /** How many wait. */
  get waiting(): number {
    return this.#line.length;
  }

  /** Resolves when the next call may go; rejects with the signal's reason. */
  async take(signal?: AbortSignal, { flow = "", cost = 1 }: Share = {}): Promise<void> {
    signal?.throwIfAborted();
    if (!this.#isFree) {
      await new Promise<void>((release, refuse) => {
        const waiter: Waiter = {
          cost,
          release: () => {
            signal?.removeEventListener("abort", giveUp);
            release();
          },
          refuse,
        };
        const giveUp = (): void => {
          this.#line.remove(flow, waiter);
          refuse(signal?.reason as Error);
        };
        signal?.addEventListener("abort", giveUp, { once: true });
        this.#line.push(flow, waiter);
        if (!this.#isPumping) void this.#pump();
      });
    }
    this.#count(cost);
  }

  /** Has those who come next wait for an amount that was used already, where a cap is set. */
  charge(cost: number): void {
    if (this.#isFree) return;
    this.#refill();
    this.#tokens -= cost;
  }

  /** Lowers the rate: once for all the calls that were under way when it was lowered last. */
  throttled(callStartedAtMs: number): void {
    const nowMs = this.#clock.monotonicMs();
    if (callStartedAtMs < this.#decreasedAtMs || nowMs - this.#decreasedAtMs < decreaseIntervalMs) return;
    const present = Math.min(this.ratePerSecond, Math.max(this.#observedRate(nowMs), this.#minPerSecond));
    this.#throttledAtRate = present;
    this.#foundPerSecond = Math.max(this.#minPerSecond, present * decreaseFactor);
    this.#decreasedAtMs = nowMs;
    this.#refilledAtMs = nowMs;
    this.#tokens = Math.min(0, this.#tokens);
  }

  get #isFree(): boolean {
    return this.ratePerSecond === Number.POSITIVE_INFINITY;
  }

  get #capacity(): number {
    return Math.max(1, this.ratePerSecond * burstSeconds);
  }

  async #pump(): Promise<void> {
    this.#isPumping = true;
    try {
      for (let next = this.#line.peek(); next !== undefined; next = this.#line.peek()) {
        this.#refill();
        const needed = this.#isFree ? Number.NEGATIVE_INFINITY : Math.min(next.cost, this.#capacity);
        if (this.#tokens >= needed) {
          this.#line.shift();
          if (!this.#isFree) this.#tokens -= next.cost;
          next.release();
          continue;
        }
        await this.#clock.sleep(Math.max(minSleepMs, ((needed - this.#tokens) / this.ratePerSecond) * 1000));
      }
    } catch (error) {
      // The clock is the caller's: where it fails, those who wait must know.
      for (const waiter of this.#line.clear()) waiter.refuse(error);
    } finally {
      this.#isPumping = false;
    }
  }

  #refill(): void {
    const nowMs = this.#clock.monotonicMs();
    const seconds = Math.max(0, nowMs - this.#refilledAtMs) / 1000;
    this.#refilledAtMs = nowMs;
    this.#foundPerSecond += Math.max(minIncreasePerSecond, this.#throttledAtRate * increaseShare) * seconds;
    if (this.#foundPerSecond > this.#throttledAtRate * freeFactor) this.#foundPerSecond = Number.POSITIVE_INFINITY;
    this.#tokens = this.#isFree ? 0 : Math.min(this.#capacity, this.#tokens + this.ratePerSecond * seconds);
  }

  #count(cost: number): void {
    this.#turnWindow(this.#clock.monotonicMs());
    this.#callsInWindow += cost;
  }

  #observedRate(nowMs: number): number {
    this.#turnWindow(nowMs);
    return Math.max(this.#callsInWindow, this.#callsInLastWindow);
  }

  #turnWindow(nowMs: number): void {
    if (nowMs - this.#windowStartMs < windowMs) return;
    this.#callsInLastWindow = nowMs - this.#windowStartMs < 2 * windowMs ? this.#callsInWindow : 0;
    this.#callsInWindow = 0;
    this.#windowStartMs = nowMs;
  }
}
