import type { RequestCount, RequestCounter } from "../ports/index.js";

/** Begins to measure what is asked of providers; the returned function says what was since. Undefined where nobody counts. */
export function measureRequests(counters: readonly (RequestCounter | undefined)[]): () => readonly RequestCount[] | undefined {
  const distinct = [...new Set(counters.filter((counter) => counter !== undefined))];
  const before = distinct.map((counter) => new Map(counter.counts().map((count) => [keyOf(count), count])));
  return () => {
    if (distinct.length === 0) return undefined;
    const sums = new Map<string, RequestCount>();
    for (const [index, counter] of distinct.entries()) {
      for (const count of counter.counts()) {
        const key = keyOf(count);
        const earlier = before[index]?.get(key);
        const sum = sums.get(key);
        const difference = (field: "requests" | "throttled" | "failed"): number => count[field] - (earlier?.[field] ?? 0) + (sum?.[field] ?? 0);
        sums.set(key, { service: count.service, operation: count.operation, region: count.region, requests: difference("requests"), throttled: difference("throttled"), failed: difference("failed") });
      }
    }
    return [...sums.values()].filter(({ requests }) => requests > 0);
  };
}

function keyOf({ service, operation, region }: RequestCount): string {
  return `${service}\n${operation}\n${region}`;
}
