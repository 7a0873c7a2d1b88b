import type { RequestCount, RequestCounter } from "../ports/index.js";

/** Begins to measure what is asked of providers; the returned function says what was since. Undefined where nobody counts. */
export function measureRequests(counters: readonly (RequestCounter | undefined)[]): () => readonly RequestCount[] | undefined {
  const distinct = [...new Set(counters.filter((counter) => counter !== undefined))];
  const before = distinct.map((counter) => new Map(counter.counts().map((count) => [keyOf(count), count])));
  return () => {
    if (distinct.length === 0) return undefined;
    return sumRequests(distinct.flatMap((counter, index) => counter.counts().map((count) => since(count, before[index]?.get(keyOf(count))))));
  };
}

/** One count for each operation and region, of those that were asked for at all. */
export function sumRequests(counts: readonly RequestCount[]): RequestCount[] {
  const sums = new Map<string, RequestCount>();
  for (const count of counts) {
    const { requests = 0, throttled = 0, failed = 0 } = sums.get(keyOf(count)) ?? {};
    sums.set(keyOf(count), { ...count, requests: requests + count.requests, throttled: throttled + count.throttled, failed: failed + count.failed });
  }
  return [...sums.values()].filter(({ requests }) => requests > 0);
}

function since({ service, operation, region, requests, throttled, failed }: RequestCount, earlier: RequestCount | undefined): RequestCount {
  return { service, operation, region, requests: requests - (earlier?.requests ?? 0), throttled: throttled - (earlier?.throttled ?? 0), failed: failed - (earlier?.failed ?? 0) };
}

function keyOf({ service, operation, region }: RequestCount): string {
  return `${service}\n${operation}\n${region}`;
}
