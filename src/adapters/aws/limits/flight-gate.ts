import { FairLine } from "./fair-line.js";

/** What is refused for being too many at once falls to this share of what was under way. */
const decreaseFactor = 0.7;
/** Fewer than so many at once are not asked for by AWS. */
const minInFlight = 8;

interface Waiter {
  readonly cost: number;
  readonly release: () => void;
}

/**
 * How many calls may be under way at the same time: a cap, and less where AWS says that it is too many
 * (`ConcurrentLimitExceededException`); one more is tried for each full round that went well. Fair to flows.
 */
export class FlightGate {
  readonly #max: number;
  readonly #line = new FairLine<Waiter>();
  #found = Number.POSITIVE_INFINITY;
  #inFlight = 0;
  /** Calls that ended well since the found limit moved. */
  #well = 0;
  /** How many were under way when they were too many, and when that was last said. */
  #refusedAt = 0;
  #decreasedAtMs = Number.NEGATIVE_INFINITY;

  constructor(max: number = Number.POSITIVE_INFINITY) {
    this.#max = max;
  }

  /** How many may be under way now; `Infinity` where nothing limits them. */
  get limit(): number {
    return Math.min(this.#max, this.#found);
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  /** Resolves when one more may go; rejects with the signal's reason. Who went must `leave`. */
  async enter(signal: AbortSignal | undefined, flow: string): Promise<void> {
    signal?.throwIfAborted();
    if (this.#inFlight < this.limit && this.#line.length === 0) {
      this.#inFlight += 1;
      return;
    }
    await new Promise<void>((release, refuse) => {
      const waiter: Waiter = {
        cost: 1,
        release: () => {
          signal?.removeEventListener("abort", giveUp);
          release();
        },
      };
      const giveUp = (): void => {
        this.#line.remove(flow, waiter);
        refuse(signal?.reason as Error);
      };
      signal?.addEventListener("abort", giveUp, { once: true });
      this.#line.push(flow, waiter);
    });
  }

  leave(wentWell: boolean): void {
    this.#inFlight -= 1;
    if (wentWell && this.#found !== Number.POSITIVE_INFINITY && ++this.#well >= this.#found) {
      this.#well = 0;
      this.#found += 1;
      if (this.#found > 8 * this.#refusedAt) this.#found = Number.POSITIVE_INFINITY;
    }
    while (this.#inFlight < this.limit) {
      const next = this.#line.shift();
      if (next === undefined) return;
      this.#inFlight += 1;
      next.release();
    }
  }

  /** AWS said that these were too many at once: lowers the limit, once for all calls that were under way when it was lowered last. */
  refused(callStartedAtMs: number, nowMs: number): void {
    if (callStartedAtMs < this.#decreasedAtMs) return;
    this.#decreasedAtMs = nowMs;
    this.#refusedAt = Math.max(minInFlight, Math.min(this.#inFlight, this.limit));
    this.#found = Math.max(minInFlight, Math.floor(this.#refusedAt * decreaseFactor));
    this.#well = 0;
  }
}
