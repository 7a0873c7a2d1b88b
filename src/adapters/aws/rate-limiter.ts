import type { Clock } from "../../ports/index.js";

/** A throttled rate falls to this share of itself (as in CUBIC, RFC 9438), and not twice within the interval: one burst is one reason. */
const decreaseFactor = 0.7;
const decreaseIntervalMs = 250;
/** It rises each second by this share of what it was when it fell, and at least by so many calls a second: the old rate is tried again after some three seconds. */
const increaseShare = 0.1;
const minIncreasePerSecond = 1;
/** EC2 refills the budgets of its dearest calls with some five a second (Amazon EC2 API reference, "Request throttling"); what is scarcer is left to the waits between attempts. */
const minRatePerSecond = 5;
/** A rate that has risen this far above where it was throttled is no limit any more. */
const freeFactor = 8;
/** How much of a second's calls may go at once after a pause. */
const burstSeconds = 0.05;
/** Timers are no finer than this. */
const minSleepMs = 5;
/** Calls are counted over windows of this length to know the present rate. */
const windowMs = 1000;

interface Waiter {
  readonly release: () => void;
  readonly refuse: (reason: unknown) => void;
  readonly signal: AbortSignal | undefined;
}

/**
 * The shared rate of one kind of call: free until AWS throttles, then additive increase and multiplicative decrease.
 *
 * Calls wait in line; a rate that changes while they wait counts for them too.
 */
export class RateLimiter {
  readonly #clock: Clock;
  #ratePerSecond = Number.POSITIVE_INFINITY;
  #throttledAtRate = 0;
  #decreasedAtMs = Number.NEGATIVE_INFINITY;
  #tokens = 0;
  #refilledAtMs = 0;
  #windowStartMs = Number.NEGATIVE_INFINITY;
  #callsInWindow = 0;
  #callsInLastWindow = 0;
  readonly #queue: Waiter[] = [];
  #isPumping = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Calls a second that are let through now; `Infinity` where AWS has not complained. */
  get ratePerSecond(): number {
    return this.#ratePerSecond;
  }

  /** Resolves when the next call may go; rejects with the signal's reason. */
  async take(signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    if (this.#ratePerSecond !== Number.POSITIVE_INFINITY) {
      await new Promise<void>((release, refuse) => {
        const waiter: Waiter = {
          release: () => {
            signal?.removeEventListener("abort", giveUp);
            release();
          },
          refuse,
          signal,
        };
        const giveUp = (): void => {
          const at = this.#queue.indexOf(waiter);
          if (at !== -1) this.#queue.splice(at, 1);
          refuse(signal?.reason as Error);
        };
        signal?.addEventListener("abort", giveUp, { once: true });
        this.#queue.push(waiter);
        if (!this.#isPumping) void this.#pump();
      });
    }
    this.#count();
  }

  /** Lowers the rate: once for all the calls that were under way when it was lowered last. */
  throttled(callStartedAtMs: number): void {
    const nowMs = this.#clock.monotonicMs();
    if (callStartedAtMs < this.#decreasedAtMs || nowMs - this.#decreasedAtMs < decreaseIntervalMs) return;
    const present = Math.min(this.#ratePerSecond, Math.max(this.#observedRate(nowMs), minRatePerSecond));
    this.#throttledAtRate = present;
    this.#ratePerSecond = Math.max(minRatePerSecond, present * decreaseFactor);
    this.#decreasedAtMs = nowMs;
    this.#refilledAtMs = nowMs;
    this.#tokens = 0;
  }

  async #pump(): Promise<void> {
    this.#isPumping = true;
    try {
      while (this.#queue.length > 0) {
        this.#refill();
        while (this.#tokens >= 1) {
          const next = this.#queue.shift();
          if (next === undefined) break;
          this.#tokens -= 1;
          next.release();
        }
        if (this.#queue.length > 0) await this.#clock.sleep(Math.max(minSleepMs, ((1 - this.#tokens) / this.#ratePerSecond) * 1000));
      }
    } catch (error) {
      // The clock is the caller's: where it fails, those who wait must know.
      for (const waiter of this.#queue.splice(0)) waiter.refuse(error);
    } finally {
      this.#isPumping = false;
    }
  }

  #refill(): void {
    const nowMs = this.#clock.monotonicMs();
    const seconds = Math.max(0, nowMs - this.#refilledAtMs) / 1000;
    this.#refilledAtMs = nowMs;
    this.#ratePerSecond += Math.max(minIncreasePerSecond, this.#throttledAtRate * increaseShare) * seconds;
    if (this.#ratePerSecond > this.#throttledAtRate * freeFactor) this.#ratePerSecond = Number.POSITIVE_INFINITY;
    const capacity = Math.max(1, this.#ratePerSecond * burstSeconds);
    this.#tokens = this.#ratePerSecond === Number.POSITIVE_INFINITY ? capacity : Math.min(capacity, this.#tokens + this.#ratePerSecond * seconds);
  }

  #count(): void {
    this.#turnWindow(this.#clock.monotonicMs());
    this.#callsInWindow += 1;
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
