import type { RequestCount } from "../../ports/index.js";

/** How often an operation was called in a region, each attempt counted. */
export type AwsCallCount = RequestCount;

/** One attempt that is over. */
export interface AwsCallFacts {
  readonly service: string;
  readonly operation: string;
  readonly region: string;
  /** What the call was about. */
  readonly resource?: string | undefined;
  /** 1 for the first. */
  readonly attempt: number;
  readonly durationMs: number;
  /** `ok`, or AWS's or the system's code. */
  readonly outcome: string;
  readonly isThrottled: boolean;
}

/** Exact counts of all attempts since the beginning. */
export class CallCounts {
  readonly #counts = new Map<string, { service: string; operation: string; region: string; requests: number; throttled: number; failed: number }>();

  add({ service, operation, region, outcome, isThrottled }: AwsCallFacts): void {
    const key = `${service}\n${operation}\n${region}`;
    let count = this.#counts.get(key);
    if (count === undefined) {
      count = { service, operation, region, requests: 0, throttled: 0, failed: 0 };
      this.#counts.set(key, count);
    }
    count.requests += 1;
    if (isThrottled) count.throttled += 1;
    else if (outcome !== "ok") count.failed += 1;
  }

  /** A copy, in the order of first calls. */
  list(): readonly AwsCallCount[] {
    return [...this.#counts.values()].map((count) => ({ ...count }));
  }
}
